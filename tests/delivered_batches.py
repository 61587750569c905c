"""Batches as the driver delivers them for a plan, and readers that share no code with ours."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from oracle_etl.flow.encode import Encoder
from oracle_etl.model.columns import CarriedColumn, ColumnPlan

_ARROW = {
    "int64": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "bool": pa.bool_(),
    "string": pa.string(),
    "large_string": pa.large_string(),
    "large_binary": pa.large_binary(),
    "timestamp[us]": pa.timestamp("us"),
}


def delivered_type(column: CarriedColumn) -> pa.DataType:
    """Return the Arrow type that the driver is asked for."""
    if column.arrow_type.startswith("decimal128"):
        digits, scale = column.arrow_type[len("decimal128(") : -1].split(",")
        return pa.decimal128(int(digits), int(scale))
    return _ARROW[column.arrow_type]


def delivered(plan: ColumnPlan, rows: Sequence[Sequence[Any]]) -> pa.RecordBatch:
    """Return rows as a batch; a column with a continuation takes two values of a row."""
    types: list[pa.DataType] = []
    for column in plan.columns:
        count = 1 if column.continuation is None else 2
        types += [delivered_type(column)] * count
    columns = list(zip(*rows, strict=True)) or [()] * len(types)
    arrays = [pa.array(list(each), type_) for each, type_ in zip(columns, types, strict=True)]
    return pa.record_batch(arrays, names=[f"c{number}" for number in range(len(arrays))])


def broken_text(values: Sequence[bytes]) -> pa.LargeStringArray:
    """Return a text array of bytes that nobody checked, as a driver hands them on."""
    return pa.array(list(values), pa.large_binary()).view(pa.large_string())


def written_by(encoder: Encoder, *batches: object) -> bytes:
    """Return the bytes that an encoder hands out for batches, without its last ones."""
    pieces: list[bytes] = []
    for batch in batches:
        encoder.encode(batch, pieces.append)
    return b"".join(pieces)


def read_lines(data: bytes) -> list[dict[str, Any]]:
    """Read gzip JSON Lines with exact numbers."""
    return [_exact(line) for line in gzip.decompress(data).splitlines()]


def _exact(line: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        line, parse_float=Decimal, parse_int=Decimal, parse_constant=_refuse
    )
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
