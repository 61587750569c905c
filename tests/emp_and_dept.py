"""Two small tables that most tests of the flow carry."""

from __future__ import annotations

from collections.abc import Sequence

from fakes.memory_source import MemorySource, Row

EMP = tuple((number, f"name {number}") for number in range(25))
DEPT = ((1, None), (2, "sales"))


def a_source(emp: Sequence[Row] = EMP) -> MemorySource:
    source = MemorySource()
    source.put("EMP", emp)
    source.put("DEPT", DEPT)
    return source
