"""What people write by hand: `uv pip install --target`, `zip -r -9`, and two AWS calls.
uv_zip.py LAYER UV RUNTIME PLATFORM"""

import pathlib
import shutil
import sys

from steps import publish, report, run, step, upload

layer_name, uv, runtime, platform = sys.argv[1:]
build = pathlib.Path("build")
shutil.rmtree(build, ignore_errors=True)
build.mkdir()
with step("build"):
    target = ["--python-version", runtime.removeprefix("python"), "--python-platform", platform]
    install = ["pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", "--target", build / "python"]
    run(uv, *install, *target, "-r", "requirements.txt")
with step("package"):
    run("zip", "-q", "-r", "-9", "layer.zip", "python", cwd=build)
upload(build / "layer.zip", f"{layer_name}.zip")
publish(layer_name, f"{layer_name}.zip", runtime)
report(build / "layer.zip")
