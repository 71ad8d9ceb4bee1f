"""What the rivals' scripts have in common: the time of each step, and the AWS calls of a user who publishes by hand.

A script is called with the name of a layer; the bucket is `BENCH_BUCKET`, the endpoint and the keys are in boto3's own
variables, and `BENCH_REPORT` names the file for the result."""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import time

BUCKET = os.environ["BENCH_BUCKET"]
_seconds = {}


@contextlib.contextmanager
def step(name):
    started = time.perf_counter()
    yield
    _seconds[name] = time.perf_counter() - started


def run(*command, cwd=None):
    # Everything a tool prints goes to standard error, where a failure shows it.
    ended = subprocess.run([str(part) for part in command], cwd=cwd, stdout=sys.stderr)
    if ended.returncode != 0:
        name = pathlib.Path(command[0]).name
        raise SystemExit(f"{name} ended with exit code {ended.returncode}; what it printed is above.")


def upload(path, key):
    import boto3

    with step("upload"):
        boto3.client("s3").upload_file(str(path), BUCKET, key)


def publish(layer_name, key, runtime):
    import boto3

    with step("publish"):
        boto3.client("lambda").publish_layer_version(
            LayerName=layer_name,
            Content={"S3Bucket": BUCKET, "S3Key": key},
            CompatibleRuntimes=[runtime],
        )


def report(zip_path, outside=()):
    """Names the zip. The steps in `outside` were measured apart and are no part of the work."""
    result = {
        "steps": _seconds,
        "outsideSeconds": sum(_seconds[name] for name in outside),
        "zip": os.path.abspath(zip_path),
        "zipBytes": os.path.getsize(zip_path),
    }
    with open(os.environ["BENCH_REPORT"], "w", encoding="utf-8") as file:
        json.dump(result, file)
