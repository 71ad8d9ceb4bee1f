"""AWS SAM CLI without containers: `sam build`, `sam package` (which zips and uploads), and one AWS call.
sam.py LAYER SAM RUNTIME ARCHITECTURE

What packing alone costs is measured afterwards, with the function that `sam package` calls."""

import json
import pathlib
import re
import shutil
import sys

from samcli.lib.package.utils import make_zip
from steps import BUCKET, publish, report, run, step

layer_name, sam, runtime, architecture = sys.argv[1:]
template = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Transform": "AWS::Serverless-2016-10-31",
    "Resources": {
        "Deps": {
            "Type": "AWS::Serverless::LayerVersion",
            "Properties": {"ContentUri": "layer", "CompatibleRuntimes": [runtime]},
            "Metadata": {"BuildMethod": runtime, "BuildArchitecture": architecture},
        }
    },
}
shutil.rmtree(".aws-sam", ignore_errors=True)
layer = pathlib.Path("layer")
layer.mkdir(exist_ok=True)
shutil.copy("requirements.txt", layer / "requirements.txt")
pathlib.Path("template.json").write_text(json.dumps(template))
with step("build"):
    run(sam, "build", "--template", "template.json")
with step("packageAndUpload"):
    arguments = ["--template-file", ".aws-sam/build/template.yaml", "--s3-bucket", BUCKET]
    run(sam, "package", *arguments, "--output-template-file", ".aws-sam/packaged.yaml")
packaged = pathlib.Path(".aws-sam/packaged.yaml").read_text()
key = re.search(rf"s3://{re.escape(BUCKET)}/(\S+)", packaged).group(1)
publish(layer_name, key, runtime)
with step("package"):
    zip_path = make_zip(".aws-sam/layer", ".aws-sam/build/Deps")
report(zip_path, outside=["package"])
