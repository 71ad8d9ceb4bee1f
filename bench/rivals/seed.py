"""aws-lambda-artifact-builder's own four steps: seed.py LAYER (uv|pip) TOOL_PATH

Its all-in-one workflow builds in a container; its local builders do the same work without one, so they are the faster
choice. Its default list of excluded packages is emptied, so that the layer has the packages that the manifest names."""

import pathlib
import sys

import boto3
from aws_lambda_artifact_builder import api
from s3pathlib import S3Path
from steps import BUCKET, report, step

layer_name, tool, tool_path = sys.argv[1:]
kind = api.LayerBuildToolEnum(tool)
pyproject = pathlib.Path.cwd() / "pyproject.toml"
quiet = {"verbose": False, "printer": lambda line: None}
builders = {"uv": api.UVBasedLambdaLayerLocalBuilder, "pip": api.PipBasedLambdaLayerLocalBuilder}

with step("build"):
    builders[tool](
        path_pyproject_toml=pyproject,
        skip_prompt=True,
        **{f"path_bin_{tool}": pathlib.Path(tool_path)},
        **quiet,
    ).run()
with step("package"):
    api.LambdaLayerZipper(
        path_pyproject_toml=pyproject, layer_build_tool=kind, ignore_package_list=[], verbose=False
    ).run()
place = {
    "s3_client": boto3.client("s3"),
    "path_pyproject_toml": pyproject,
    "s3dir_lambda": S3Path(f"s3://{BUCKET}/lambda/").to_dir(),
    "layer_build_tool": kind,
}
with step("upload"):
    api.upload_layer_zip_to_s3(**place, **quiet)
with step("publish"):
    api.LambdaLayerVersionPublisher(
        **place, layer_name=layer_name, lambda_client=boto3.client("lambda"), **quiet
    ).run()
report(api.LayerPathLayout(path_pyproject_toml=pyproject).path_build_lambda_layer_zip)
