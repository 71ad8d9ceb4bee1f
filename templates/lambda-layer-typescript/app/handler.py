"""What the function runs; what it imports is in the layer."""

import requests


def handler(event, context):
    return {"requests": requests.__version__}
