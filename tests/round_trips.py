"""Random tables in an Oracle at hand, and what our reader and encoder make of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from carried_kinds import KINDS, CarriedKind
from column_shapes import declared, shape_of
from delivered_batches import written_by
from oracle_at_hand import OracleAtHand
from oracle_etl.flow.encode import PartRole, open_encoder
from oracle_etl.flow.plan_columns import plan_columns
from oracle_etl.gateways.oracle import OracleTableSource
from oracle_etl.model.columns import TableShape
from oracle_etl.model.names import TableName
from oracle_etl.model.reading import Reading
from oracle_etl.model.transport import Carriage, TableChoice

TABLE = "ROUND_TRIP"
BATCH_BYTES = 4096
Row = tuple[Any, ...]


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[CarriedKind], list[Row]]:
    """Draw the columns of a table and its rows."""
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=6))
    row = st.tuples(*(st.none() | kind.values for kind in kinds))
    rows = draw(st.lists(row, max_size=8))
    # Repeats are what servers leave out of the wire.
    repeats = draw(st.integers(1, 3))
    return kinds, [row for row in rows for _ in range(repeats)]


@contextmanager
def stored(oracle: OracleAtHand, kinds: list[CarriedKind], rows: list[Row]) -> Iterator[None]:
    """Keep rows in a table, each beside its number, while the block runs."""
    columns = ", ".join(f'"c{n}" {kind.declaration}' for n, kind in enumerate(kinds))
    values = ", ".join(kind.insert.format(n=n + 1) for n, kind in enumerate(kinds))
    with oracle.session() as connection, connection.cursor() as cursor:
        cursor.execute(f'CREATE TABLE "{TABLE}" ("row" NUMBER(9), {columns})')
        try:
            for number, row in enumerate(rows):
                cursor.setinputsizes(*(kind.bind_type for kind in kinds))
                binds = [
                    None if value is None else kind.bind(value)
                    for kind, value in zip(kinds, row, strict=True)
                ]
                cursor.execute(f'INSERT INTO "{TABLE}" VALUES ({number}, {values})', binds)
            connection.commit()
            yield
        finally:
            cursor.execute(f'DROP TABLE "{TABLE}"')


def shape(oracle: OracleAtHand, kinds: list[CarriedKind]) -> TableShape:
    """Return what the dictionary would say of that table."""
    columns = [declared(f"c{n}", kind.declaration) for n, kind in enumerate(kinds)]
    found = shape_of(declared("row", "NUMBER(9)"), *columns)
    return replace(found, table=TableName(owner=oracle.user.upper(), name=TABLE))


def carried(source: OracleTableSource, found: TableShape, carriage: Carriage) -> bytes:
    """Read that table and encode it."""
    plan = plan_columns(found, TableChoice(table=TABLE), carriage)
    encoder = open_encoder(plan, carriage, role=PartRole.WHOLE)
    reading = Reading(table=found.table, plan=plan, scn=source.current_scn())
    with source.read(reading, batch_bytes=BATCH_BYTES) as batches:
        data = written_by(encoder, *batches)
    return data + encoder.finish()


def in_order(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows by their numbers."""
    return sorted(found, key=lambda row: int(row["row"]))
