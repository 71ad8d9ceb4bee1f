"""serverless-python-requirements without Docker: `serverless package` (which installs and zips) and two AWS calls.
serverless.py LAYER MODULES_FOLDER RUNTIME ARCHITECTURE CACHE_FOLDER

What packing alone costs is measured afterwards, with the function that the plugin calls."""

import json
import os
import pathlib
import shutil
import sys

from steps import publish, report, run, step, upload

layer_name, modules, runtime, architecture, cache = sys.argv[1:]
service = {
    "service": "bench",
    "frameworkVersion": "3",
    "provider": {"name": "aws", "runtime": runtime, "architecture": architecture},
    # The plugin installs for functions alone.
    "functions": {"handler": {"handler": "handler.main"}},
    "plugins": [f"{modules}/node_modules/serverless-python-requirements"],
    "custom": {
        "pythonRequirements": {
            "layer": True,
            "dockerizePip": False,
            "useDownloadCache": True,
            "useStaticCache": False,
            "cacheLocation": cache,
        }
    },
}
os.environ["BENCH_SERVERLESS"] = modules
shutil.rmtree(".serverless", ignore_errors=True)
pathlib.Path("serverless.json").write_text(json.dumps(service))
pathlib.Path("handler.py").write_text("def main(event, context):\n    return event\n")
with step("buildAndPackage"):
    endpoint = pathlib.Path(__file__).with_name("endpoint.cjs")
    run("node", "--require", endpoint, f"{modules}/node_modules/serverless/bin/serverless.js", "package")
zip_path = pathlib.Path(".serverless/pythonRequirements.zip")
upload(zip_path, f"{layer_name}.zip")
publish(layer_name, f"{layer_name}.zip", runtime)
program = (
    "const { addTree, writeZip } = require(process.argv[1]); const JSZip = require(process.argv[2]);"
    "const zip = new JSZip();"
    "addTree(zip.folder('python'), process.argv[3]).then(() => writeZip(zip, process.argv[4]));"
)
installed = f"{modules}/node_modules"
tree = f"{installed}/serverless-python-requirements/lib/zipTree.js"
with step("package"):
    run("node", "-e", program, tree, f"{installed}/jszip", ".serverless/requirements", "packed.zip")
report(zip_path, outside=["package"])
