"""Arrow's types by the words that a column plan has for them."""

from __future__ import annotations

from arro3.core import DataType


def arrow_type(text: str) -> DataType:
    """Return the Arrow type of a plan's words for it."""
    if text.startswith("decimal128"):
        precision, scale = text[len("decimal128(") : -1].split(",")
        return DataType.decimal128(int(precision), int(scale))
    named = {
        "int64": DataType.int64,
        "float": DataType.float32,
        "double": DataType.float64,
        "bool": DataType.bool,
        "string": DataType.utf8,
        "large_string": DataType.large_utf8,
        "large_binary": DataType.large_binary,
    }
    if text == "timestamp[us]":
        return DataType.timestamp("us")
    return named[text]()
