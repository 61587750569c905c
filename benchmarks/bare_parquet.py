"""Parquet with nothing of ours: the driver's batches, and what arro3 makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from io import BytesIO
from typing import TYPE_CHECKING

from arro3.core import RecordBatch, Table
from arro3.io import write_parquet

from benchmarks.cases import Case
from benchmarks.ours import Run, planned
from benchmarks.replay_cells import PASSWORD, USER
from oracle_etl.flow.encode.parquet import ROW_GROUP_BYTES
from oracle_etl.gateways.oracle import OracleConnection, OracleTableSource
from oracle_etl.model.reading import Reading
from oracle_etl.outside import Limits

if TYPE_CHECKING:
    from benchmarks.measured import Request


@contextmanager
def bare_parquet(case: Case, request: Request) -> Iterator[Run]:
    """Give a function that fetches what the plan asks for, and writes it if that is asked for.

    Row groups are as large as ours, and written to memory.
    """
    connection = OracleConnection(dsn=request.dsn, user=USER, password=lambda: PASSWORD)
    with closing(OracleTableSource(connection)) as source:
        source.current_scn()
        reading = planned(case, request, 0)
        yield lambda: _carried(source, reading, request.compression)


def _carried(source: OracleTableSource, reading: Reading, compression: str) -> tuple[int, int, int]:
    rows = plain = written = 0
    waiting: list[RecordBatch] = []
    with source.read(reading, batch_bytes=Limits().batch_bytes) as batches:
        for batch in batches:
            rows += batch.num_rows
            plain += batch.nbytes
            waiting.append(batch)
            if sum(each.nbytes for each in waiting) >= ROW_GROUP_BYTES:
                written += _written(waiting, compression)
    return rows, plain, written + _written(waiting, compression)


def _written(waiting: list[RecordBatch], compression: str) -> int:
    table = Table.from_batches(waiting) if waiting else None
    waiting.clear()
    if table is None or not compression:
        return 0
    target = BytesIO()
    write_parquet(
        table,
        target,
        compression=compression,
        dictionary_enabled=False,
        max_row_group_size=table.num_rows,
        skip_arrow_metadata=True,
    )
    return target.tell()
