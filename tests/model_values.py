"""Hypothesis strategies for whole model values: every field drawn by its type."""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, TypeVar

from hypothesis import strategies as st

from oracle_etl.model.names import TableName

T = TypeVar("T")

_IDENTIFIERS = st.text(
    st.characters(exclude_categories=["C", "Z"], exclude_characters='"'), min_size=1, max_size=30
)
_ELSEWHERE = [timezone(timedelta(hours=hours)) for hours in (9, -5)]
_BY_TYPE: dict[Any, st.SearchStrategy[Any]] = {
    type(None): st.none(),
    bool: st.booleans(),
    int: st.integers(min_value=-(2**63), max_value=2**63 - 1),
    float: st.floats(allow_nan=False),
    str: st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    datetime: st.datetimes(
        timezones=st.sampled_from(
            [UTC, timezone(timedelta(hours=9)), timezone(-timedelta(hours=5))]
        )
    ),
    TableName: st.builds(TableName, owner=st.none() | _IDENTIFIERS, name=_IDENTIFIERS),
}


def values_of(kind: type[T]) -> st.SearchStrategy[T]:
    """Draw values of a model class."""
    return st.deferred(lambda: _drawn(kind))


def _drawn(kind: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401 - any annotation of the model
    if kind in _BY_TYPE:
        return _BY_TYPE[kind]
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return st.builds(
            kind, **{each.name: _drawn(hints[each.name]) for each in dataclasses.fields(kind)}
        )
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return st.sampled_from(kind)
    arguments = typing.get_args(kind)
    if isinstance(kind, types.UnionType):
        return st.one_of(*map(_drawn, arguments))
    if typing.get_origin(kind) is tuple:
        return st.lists(_drawn(arguments[0]), max_size=2).map(tuple)
    if typing.get_origin(kind) is dict:
        return st.dictionaries(_drawn(arguments[0]), _drawn(arguments[1]), max_size=3)
    raise TypeError(f"no way to draw {kind}")
