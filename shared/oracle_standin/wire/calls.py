"""Requests to run and fetch statements, read from the stream."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from oracle_standin.wire.primitives import Incoming

SQL_SIGNATURES_SINCE = 8
CHUNK_IDS_SINCE = 9
VECTOR_LENGTH = 13
EXECUTIONS_AT, IS_QUERY_AT, FLAGS_AT = 1, 7, 9


class Option(enum.IntFlag):
    """What an execute call is to do."""

    PARSE = 0x01
    BIND = 0x08
    DEFINE = 0x10
    EXECUTE = 0x20
    FETCH = 0x40
    COMMIT = 0x100
    DESCRIBE = 0x20000
    BATCH_ERRORS = 0x80000


SCROLLABLE = 0x02
"""Flag of an execute call whose cursor is to go back and forth."""
COUNT_ROWS_OF_EACH = 0x4000
"""Flag of an execute call that wants the row count of every execution."""

COMMIT_ON_RE_EXECUTE = 0x01


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecuteCall:
    """The fixed part of an execute call; binds or defines follow it."""

    options: Option
    cursor: int
    statement: str | None
    rows_wanted: int
    binds: int
    defines: int
    executions: int
    is_query: bool
    counts_wanted: bool
    scrollable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReExecuteCall:
    """The fixed part of a re-execute call; rows of binds follow it."""

    cursor: int
    iterations: int
    commit: bool


def read_execute(incoming: Incoming, *, field_version: int) -> ExecuteCall:
    """Read the fixed part of an execute call."""
    options, cursor = incoming.integer(), incoming.integer()
    has_statement, size = incoming.byte(), incoming.integer()
    incoming.byte()
    incoming.integer()
    incoming.raw(2)
    incoming.integer()
    rows_wanted = incoming.integer()
    incoming.integer()
    incoming.byte()
    binds = incoming.integer()
    incoming.raw(6)
    defines = incoming.integer()
    _skip_registration(incoming, field_version)
    statement = incoming.sized_text() if has_statement and size else None
    vector = [incoming.integer() for _ in range(VECTOR_LENGTH)]
    return ExecuteCall(
        options=Option(options),
        cursor=cursor,
        statement=statement,
        rows_wanted=rows_wanted,
        binds=binds,
        defines=defines,
        executions=vector[EXECUTIONS_AT],
        is_query=bool(vector[IS_QUERY_AT]),
        counts_wanted=bool(vector[FLAGS_AT] & COUNT_ROWS_OF_EACH),
        scrollable=bool(vector[FLAGS_AT] & SCROLLABLE),
    )


def read_re_execute(incoming: Incoming) -> ReExecuteCall:
    """Read the fixed part of a re-execute call."""
    cursor, iterations = incoming.integer(), incoming.integer()
    incoming.integer()
    options = incoming.integer()
    return ReExecuteCall(
        cursor=cursor, iterations=iterations, commit=bool(options & COMMIT_ON_RE_EXECUTE)
    )


def _skip_registration(incoming: Incoming, field_version: int) -> None:
    """Read past what is for change notification, objects and SQL ids."""
    incoming.integer()
    incoming.raw(3)
    incoming.integer()
    incoming.byte()
    incoming.skip_integers(2)
    incoming.byte()
    incoming.integer()
    incoming.byte()
    if field_version >= SQL_SIGNATURES_SINCE:
        for _ in range(2):
            incoming.byte()
            incoming.integer()
        incoming.byte()
    if field_version >= CHUNK_IDS_SINCE:
        incoming.byte()
        incoming.integer()
