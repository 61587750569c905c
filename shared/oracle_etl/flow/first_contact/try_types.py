"""Put values of a type into a table of ours, and read them back as a job would."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from oracle_etl.flow.encode import PartRole, open_encoder
from oracle_etl.flow.first_contact.draw_values import drawn_values
from oracle_etl.flow.first_contact.tried_types import TriedType, Value, text_held_by
from oracle_etl.flow.first_contact.verdicts import Outcome, TypeVerdict
from oracle_etl.flow.plan_columns import plan_columns, with_moments_as_text
from oracle_etl.model.columns import ColumnPlan
from oracle_etl.model.errors import TableLeft, TransportError, TryAgain, UnreadableMoment
from oracle_etl.model.names import TableName
from oracle_etl.model.oracle_codes import code_of
from oracle_etl.model.reading import Reading
from oracle_etl.model.transport import Carriage, TableChoice
from oracle_etl.ports import ScratchSchema, ServerFacts, TableSource

_BATCH_BYTES = 1024 * 1024
_CARRIAGE = Carriage()
_LONGEST_TOLD = 80
_NULL = Value(sql="NULL", expected=None)


def release_of(server: ServerFacts) -> int:
    """Return the server's major release."""
    return int(server.release.partition(".")[0])


def try_type(
    tried: TriedType,
    *,
    table: str,
    server: ServerFacts,
    source: TableSource,
    scratch: ScratchSchema,
    seed: int,
) -> TypeVerdict:
    """Return what became of a type; SourceAway where the server is gone for good.

    TableLeft where its table stays: another one must not be made.
    """
    if release_of(server) < tried.since:
        return TypeVerdict(
            type=tried.name, outcome=Outcome.SKIPPED, told=f"it came with release {tried.since}"
        )
    offered = (*tried.values, *drawn_values(tried, seed=seed))
    values = (*_held(offered, tried, server), _NULL)
    left_out = len(offered) + 1 - len(values)
    try:
        found = _through(tried, values, table=table, source=source, scratch=scratch)
    except TableLeft:
        raise
    except TransportError as error:
        if isinstance(error, TryAgain):
            scratch.facts()  # the type may have ended its session alone
        return TypeVerdict(
            type=tried.name, outcome=Outcome.FAILED, left_out=left_out, told=code_of(error)
        )
    return _compared(tried, values, found, left_out=left_out)


def _held(values: Sequence[Value], tried: TriedType, server: ServerFacts) -> tuple[Value, ...]:
    """Return the values that the server's character set holds."""
    set_ = server.national_character_set if tried.is_national else server.character_set
    held = text_held_by(set_)
    return tuple(each for each in values if each.needs <= held)


def _through(
    tried: TriedType,
    values: Sequence[Value],
    *,
    table: str,
    source: TableSource,
    scratch: ScratchSchema,
) -> dict[int, Any]:
    """Return what the lines hold for each value, by its number."""
    with scratch.table(table, f'"N" NUMBER(9), "V" {tried.declaration}') as made:
        for number, value in enumerate(values):
            scratch.insert(made, (str(number), value.sql))
        lines = _carried(made, source)
    return {int(each["N"]): each["V"] for each in map(_read_line, lines)}


def _carried(table: TableName, source: TableSource) -> list[bytes]:
    """Return the lines that a job would write."""
    shape = source.shape(table)
    plan = plan_columns(shape, TableChoice(table=str(table)), _CARRIAGE)
    try:
        return _lines(table, plan, source)
    except UnreadableMoment:
        return _lines(table, with_moments_as_text(plan, shape, _CARRIAGE), source)


def _lines(table: TableName, plan: ColumnPlan, source: TableSource) -> list[bytes]:
    encoder = open_encoder(plan, _CARRIAGE, role=PartRole.WHOLE)
    written: list[bytes] = []
    with source.read(Reading(table=table, plan=plan), batch_bytes=_BATCH_BYTES) as batches:
        for batch in batches:
            encoder.encode(batch, written.append)
    return gzip.decompress(b"".join((*written, encoder.finish()))).splitlines()


def _read_line(line: bytes) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(line, parse_float=Decimal, parse_int=Decimal)
    return read


def _compared(
    tried: TriedType, values: Sequence[Value], found: dict[int, Any], *, left_out: int
) -> TypeVerdict:
    if len(found) != len(values):
        told = f"{len(values)} rows were put in, and {len(found)} came back"
        return TypeVerdict(type=tried.name, outcome=Outcome.DIFFERS, left_out=left_out, told=told)
    for number, value in enumerate(values):
        if not _is_same(tried, value, found.get(number)):
            told = f"{value.sql} came back as {found.get(number)!r}"[:_LONGEST_TOLD]
            return TypeVerdict(
                type=tried.name,
                outcome=Outcome.DIFFERS,
                values=len(values),
                left_out=left_out,
                told=told,
            )
    return TypeVerdict(type=tried.name, outcome=Outcome.SAME, values=len(values), left_out=left_out)


def _is_same(tried: TriedType, value: Value, found: Any) -> bool:  # noqa: ANN401 - a value of JSON
    if value.expected is None or found is None:
        return found is value.expected
    try:
        return bool(tried.read(found) == value.expected)
    except (ArithmeticError, ValueError):
        return False  # not even of the form that the type has
