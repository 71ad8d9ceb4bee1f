"""Publishes the project in the working folder with aws-lambda-artifact-builder: artifactBuilder.py LAYER BUCKET UV.

Its four steps as its users call them, with its local builder for uv; boto3's own variables say where AWS is."""

import pathlib
import sys

import boto3
from aws_lambda_artifact_builder import api
from s3pathlib import S3Path

layer_name, bucket, uv = sys.argv[1:]
pyproject = pathlib.Path.cwd() / "pyproject.toml"
uv_tool = api.LayerBuildToolEnum.uv
quiet = {"verbose": False, "printer": lambda line: None}
place = {
    "s3_client": boto3.client("s3"),
    "path_pyproject_toml": pyproject,
    "s3dir_lambda": S3Path(f"s3://{bucket}/lambda/").to_dir(),
    "layer_build_tool": uv_tool,
}

api.UVBasedLambdaLayerLocalBuilder(
    path_pyproject_toml=pyproject, skip_prompt=True, path_bin_uv=pathlib.Path(uv), **quiet
).run()
api.LambdaLayerZipper(path_pyproject_toml=pyproject, layer_build_tool=uv_tool, verbose=False).run()
api.upload_layer_zip_to_s3(**place, **quiet)
deployment = api.LambdaLayerVersionPublisher(
    **place, layer_name=layer_name, lambda_client=boto3.client("lambda"), **quiet
).run()
print(deployment.layer_version_arn)
