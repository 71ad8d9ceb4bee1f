"""Fills a folder with the wheels of pinned requirements and what a package index serves of them (PEP 503, PEP 658):
fill.py FOLDER REQUIREMENTS PYTHON_VERSION MACHINE"""

import hashlib
import html
import pathlib
import re
import subprocess
import sys
import zipfile

folder, requirements, python_version, machine = sys.argv[1:]
files = pathlib.Path(folder) / "files"
glibc = ["2_34", "2_28", "2_27", "2_26", "2_24", "2_17"]
platforms = [f"manylinux_{version}_{machine}" for version in glibc] + [f"manylinux2014_{machine}"]
subprocess.run(
    [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    + ["--only-binary", ":all:", "--python-version", python_version, "--dest", str(files), "-r", requirements]
    + [argument for platform in platforms for argument in ("--platform", platform)],
    check=True,
)
projects: dict[str, list[str]] = {}
for wheel in sorted(files.glob("*.whl")):
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name))
        metadata = archive.read(name)
    (files / f"{wheel.name}.metadata").write_bytes(metadata)
    project = re.sub(r"[-_.]+", "-", wheel.name.split("-")[0]).lower()
    digest, of_metadata = (hashlib.sha256(content).hexdigest() for content in (wheel.read_bytes(), metadata))
    projects.setdefault(project, []).append(
        f'<a href="/files/{html.escape(wheel.name)}#sha256={digest}" '
        f'data-core-metadata="sha256={of_metadata}" data-dist-info-metadata="sha256={of_metadata}">'
        f"{html.escape(wheel.name)}</a>"
    )
for project, links in projects.items():
    page = pathlib.Path(folder) / "simple" / project
    page.mkdir(parents=True, exist_ok=True)
    (page / "index.html").write_text("<!DOCTYPE html>\n" + "<br>\n".join(links) + "\n")
