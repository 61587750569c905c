"""Text of a database whose character set is not what its text is written in.

Oracle converts by the set's name. What the set has no character for becomes U+FFFD on the way, or,
out of US7ASCII, comes as it is and may look like UTF-8 by chance. Neither is what was stored.
"""

from __future__ import annotations

import re

import numpy as np
from arro3.core import Array

from oracle_etl.flow.encode.arrow_text import TextBuffers
from oracle_etl.model.columns import CarriedColumn
from oracle_etl.model.errors import UnreadableValue

_ASCII = "US7ASCII"
_BEYOND_ASCII = 0x80
_REPLACED = re.compile("\ufffd".encode())


def check_named(text: memoryview, *, column: CarriedColumn) -> None:
    """Refuse text with characters that the column's character set cannot have held."""
    if column.character_set == _ASCII:
        is_misnamed = len(text) > 0 and np.frombuffer(text, np.uint8).max() >= _BEYOND_ASCII
    else:
        is_misnamed = _REPLACED.search(text) is not None
    if is_misnamed:
        raise UnreadableValue(
            f"column {column.name} holds characters that the database's character set"
            f" {column.character_set} has not",
            hint="name the encoding that its text really has in source_encoding, or exclude the"
            " column",
        )


def checked(array: Array, *, column: CarriedColumn) -> Array:
    """Return an array of texts as it is, each of them checked."""
    check_named(TextBuffers.of(array).data.data, column=column)
    return array
