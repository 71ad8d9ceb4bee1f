"""What was published, read with boto3 and the standard library only, as one JSON document on standard output.

    readBack.py layer <endpoint> <region> <layer version ARN> <artifact's s3:// URI>
    readBack.py folder <path>
"""

import base64
import hashlib
import io
import json
import os
import struct
import sys
import urllib.request
import zipfile

machines = {0x3E: "x86_64", 0xB7: "aarch64"}


def describe(content, executable):
    described = {"sha256": hashlib.sha256(content).hexdigest(), "executable": executable}
    if content[:4] == b"\x7fELF":
        machine = struct.unpack_from("<H", content, 18)[0]
        described["machine"] = machines.get(machine, hex(machine))
    return described


def describe_zip(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        files = [entry for entry in archive.infolist() if not entry.is_dir()]
        return {
            "names": [entry.filename for entry in files],
            "uncompressedSize": sum(entry.file_size for entry in files),
            "files": {
                entry.filename: describe(archive.read(entry), bool(entry.external_attr >> 16 & 0o100))
                for entry in files
            },
            # PEP 427: what a wheel says it can run on.
            "tags": {
                entry.filename.split("/")[-2]: [
                    line.partition(":")[2].strip()
                    for line in archive.read(entry).decode().splitlines()
                    if line.startswith("Tag:")
                ]
                for entry in files
                if entry.filename.endswith(".dist-info/WHEEL")
            },
        }


def read_layer(endpoint, region, arn, artifact_uri):
    import boto3
    from botocore.config import Config

    def client(service):
        return boto3.client(
            service,
            endpoint_url=endpoint,
            region_name=region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(s3={"addressing_style": "path"}),
        )

    layer, version = arn.split(":")[-2:]
    published = client("lambda").get_layer_version(LayerName=layer, VersionNumber=int(version))
    bucket, _, key = artifact_uri.removeprefix("s3://").partition("/")
    stored = client("s3").get_object(Bucket=bucket, Key=key)
    archive = stored["Body"].read()
    # moto gives an s3:// address, which nobody can download.
    location = published["Content"].get("Location", "")
    downloaded = urllib.request.urlopen(location).read() if location.startswith("http") else None
    return {
        "codeSha256": published["Content"]["CodeSha256"],
        "codeSize": published["Content"]["CodeSize"],
        "description": published.get("Description", ""),
        "licenseInfo": published.get("LicenseInfo", ""),
        "runtimes": published.get("CompatibleRuntimes", []),
        "architectures": published.get("CompatibleArchitectures", []),
        "artifact": {
            "sha256": base64.b64encode(hashlib.sha256(archive).digest()).decode(),
            "size": len(archive),
            "metadata": stored["Metadata"],
        },
        "downloadedIsArtifact": downloaded is None or downloaded == archive,
        **describe_zip(archive),
    }


def read_folder(path):
    files = {}
    for folder, _, names in os.walk(path):
        for name in names:
            file = os.path.join(folder, name)
            with open(file, "rb") as opened:
                content = opened.read()
            executable = bool(os.stat(file).st_mode & 0o100)
            files[os.path.relpath(file, path).replace(os.sep, "/")] = describe(content, executable)
    return {"files": files}


commands = {"layer": read_layer, "folder": read_folder}
json.dump(commands[sys.argv[1]](*sys.argv[2:]), sys.stdout)
