"""What the function runs; what it imports is in the layer."""

import idna
import markupsafe


def handler(event, context):
    name = event.get("name", "bücher.example")
    return {
        "host": idna.encode(name).decode("ascii"),
        "link": markupsafe.Markup("<a>{}</a>").format(name),
    }
