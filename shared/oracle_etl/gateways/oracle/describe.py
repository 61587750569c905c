"""The columns of a statement, from what the driver says of its result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import oracledb

from oracle_etl.model.columns import DeclaredColumn

_TYPE_NAMES = {
    oracledb.DB_TYPE_VARCHAR: "VARCHAR2",
    oracledb.DB_TYPE_NVARCHAR: "NVARCHAR2",
    oracledb.DB_TYPE_LONG_RAW: "LONG RAW",
    oracledb.DB_TYPE_TIMESTAMP_TZ: "TIMESTAMP WITH TIME ZONE",
    oracledb.DB_TYPE_TIMESTAMP_LTZ: "TIMESTAMP WITH LOCAL TIME ZONE",
    oracledb.DB_TYPE_INTERVAL_DS: "INTERVAL DAY TO SECOND",
    oracledb.DB_TYPE_INTERVAL_YM: "INTERVAL YEAR TO MONTH",
    oracledb.DB_TYPE_OBJECT: "OBJECT",
}
_NO_PRECISION = -127
_SCALED = ("NUMBER", "TIMESTAMP", "INTERVAL")


def query_columns(description: Sequence[Any]) -> tuple[DeclaredColumn, ...]:
    """Return the columns of a statement as the driver describes them."""
    return tuple(_described(info, position) for position, info in enumerate(description, start=1))


def _described(info: Any, position: int) -> DeclaredColumn:  # noqa: ANN401  the driver's FetchInfo
    name = _TYPE_NAMES.get(info.type_code, info.type_code.name.removeprefix("DB_TYPE_"))
    # FLOAT has a binary precision and no scale; it is carried like a free NUMBER. So is what was
    # computed: without a precision the scale says nothing, and ROUND(X,2) comes with 0 for both.
    is_free = name == "NUMBER" and (info.scale == _NO_PRECISION or not info.precision)
    scale = None if is_free or not name.startswith(_SCALED) else info.scale
    return DeclaredColumn(
        name=info.name,
        data_type=name,
        precision=None if scale is None else info.precision or None,
        scale=scale,
        length=info.internal_size or 0,
        nullable=bool(info.null_ok),
        position=position,
    )
