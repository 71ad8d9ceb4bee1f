"""The function of the demo: it answers with what it finds in the layer."""

import pydantic
import pydantic_core


class Item(pydantic.BaseModel):
    price: float


def handler(event, context):
    return {
        "pydantic": pydantic.VERSION,
        "pydantic_core": pydantic_core.__version__,
        "validated": Item(price=event.get("price", "9.90")).price,
    }
