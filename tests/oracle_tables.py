"""Tables of an Oracle at hand, and their rows as our own reader and encoder make lines of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from delivered_batches import read_lines, written_by
from oracle_at_hand import OracleAtHand
from oracle_etl.flow.encode import PartRole, open_encoder
from oracle_etl.flow.plan_columns import plan_columns
from oracle_etl.gateways.oracle import OracleTableSource
from oracle_etl.model.names import TableName
from oracle_etl.model.reading import Reading
from oracle_etl.model.transport import Carriage, TableChoice

BATCH_BYTES = 64 * 1024


@contextmanager
def a_table(oracle: OracleAtHand, name: str, columns: str, *rows: str) -> Iterator[TableName]:
    """Give a table with rows, each as the values of an INSERT."""
    inserts = [f"INSERT INTO {name} VALUES ({row})" for row in rows]
    oracle.execute(f"CREATE TABLE {name} ({columns})", *inserts)
    try:
        yield TableName(owner=oracle.user.upper(), name=name.strip('"'))
    finally:
        oracle.execute(f"DROP TABLE {name}")


def reading_of(
    source: OracleTableSource,
    table: TableName,
    *,
    choice: TableChoice | None = None,
    **more: Any,  # noqa: ANN401  any field of a reading
) -> Reading:
    """Plan the reading of a table."""
    shape = source.shape(table)
    plan = plan_columns(shape, choice or TableChoice(table=str(table)), Carriage())
    return replace(Reading(table=shape.table, plan=plan), **more)


def rows_of(source: OracleTableSource, reading: Reading) -> list[dict[str, Any]]:
    """Read rows as gzip JSON Lines, and those with exact numbers."""
    encoder = open_encoder(reading.plan, Carriage(), role=PartRole.WHOLE, mask_key=reading.mask_key)
    with source.read(reading, batch_bytes=BATCH_BYTES) as batches:
        data = written_by(encoder, *batches)
    return read_lines(data + encoder.finish())
