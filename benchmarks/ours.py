"""Our own path for one table or part: the worker's code, from the plan to the whole object."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.cases import Case
from benchmarks.replay_cells import PASSWORD, USER, declared_column
from benchmarks.replay_database import rowid_of
from oracle_etl.flow.claim_work import Claim
from oracle_etl.flow.encode import PartRole
from oracle_etl.flow.keep_lease import Lease
from oracle_etl.flow.move_table import move_table
from oracle_etl.flow.plan_columns import plan_columns
from oracle_etl.gateways.embedded.folder import FolderObjectStore
from oracle_etl.gateways.embedded.processes import NoWorkers
from oracle_etl.gateways.embedded.sqlite import (
    Database,
    SqliteJobBook,
    SqliteProgressBoard,
    SqliteTaskQueue,
)
from oracle_etl.gateways.oracle import OracleConnection, OracleTableSource
from oracle_etl.gateways.system_clock import SystemClock
from oracle_etl.model.columns import ObjectKind, TableShape
from oracle_etl.model.job import Job, JobRequest
from oracle_etl.model.names import TableName
from oracle_etl.model.objects import Extract
from oracle_etl.model.reading import Reading
from oracle_etl.model.table_task import RowidRange, TableTask
from oracle_etl.model.transport import Carriage, Format, TableChoice, Transport
from oracle_etl.outside import Limits, Outside

if TYPE_CHECKING:
    from benchmarks.measured import Request

_BUCKET = "lake"
_SCN = 1_000_000
_NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
_JOB = "JOB-20260101-120000-0000"
Run = Callable[[], tuple[int, int, int]]


@contextmanager
def carry(case: Case, request: Request) -> Iterator[Run]:
    """Give a function that carries a request's rows as a worker does.

    Its login and its state file are there before, as they are once in a worker's life.
    """
    connection = OracleConnection(dsn=request.dsn, user=USER, password=lambda: PASSWORD)
    with (
        closing(OracleTableSource(connection)) as source,
        closing(_home(Path(request.folder), source, request)) as outside,
    ):
        source.current_scn()
        outside.book.unfinished_jobs(limit=1)

        def run() -> tuple[int, int, int]:
            extracts = [
                _moved(case, request, number, outside)
                for number in range(request.first_table, request.first_table + request.tables)
            ]
            return (
                sum(each.rows for each in extracts),
                sum(each.plain_bytes for each in extracts),
                sum(each.object.size for each in extracts),
            )

        yield run


def planned(case: Case, request: Request, number: int) -> Reading:
    """Return what of a table a request reads, as a worker plans it."""
    name = TableName(owner=USER, name=f"{case.name.upper()}_{number}")
    shape = TableShape(
        table=name, kind=ObjectKind.HEAP, columns=tuple(map(declared_column, case.columns))
    )
    plan = plan_columns(shape, TableChoice(table=str(name)), _carriage(request))
    return Reading(table=name, plan=plan, scn=_SCN, rows_of=_range(case, request))


def _moved(case: Case, request: Request, number: int, outside: Outside) -> Extract:
    carriage, reading = _carriage(request), planned(case, request, number)
    is_member = reading.rows_of is not None and carriage.format is Format.JSONL_GZ
    return move_table(
        _claim(carriage, reading.table, f"t{request.first_row:07d}x{number:03d}"),
        reading,
        role=PartRole.MEMBER if is_member else PartRole.WHOLE,
        lease=Lease(threading.Event()),
        outside=outside,
    )


def _carriage(request: Request) -> Carriage:
    return Carriage(format=Format(request.format), compression_level=request.level)


def _range(case: Case, request: Request) -> RowidRange | None:
    if request.end_row is None:
        return None
    return RowidRange(
        low=rowid_of(request.first_row) if request.first_row else None,
        high=rowid_of(request.end_row) if request.end_row < case.rows else None,
    )


def _claim(carriage: Carriage, table: TableName, table_id: str) -> Claim:
    choice = TableChoice(table=str(table))
    transport = Transport(
        id="TRPID-benchmar",
        name="benchmark",
        tables=(choice,),
        target_bucket=_BUCKET,
        carriage=carriage,
        created_at=_NOON,
        updated_at=_NOON,
    )
    job = Job(id=_JOB, transport=transport, version=1, request=JobRequest(), created_at=_NOON)
    task = TableTask(
        job_id=_JOB, table_id=table_id, position=0, table=table, choice=choice, stem=table.name
    )
    return Claim(job=job, table=task, owner="benchmark")


def _home(folder: Path, source: OracleTableSource, request: Request) -> Outside:
    clock = SystemClock()
    database = Database(folder / f"state-{request.first_row}-{request.first_table}.db")
    return Outside(
        book=SqliteJobBook(database),
        queue=SqliteTaskQueue(database, clock=clock),
        board=SqliteProgressBoard(database, clock=clock, interval_seconds=1.0),
        launcher=NoWorkers(),
        store=FolderObjectStore(folder / "objects"),
        source=lambda _name: source,
        clock=clock,
        randomness=lambda: "0" * 16,
        limits=replace(Limits(), **request.settings),
        default_bucket=_BUCKET,
        close=database.close,
    )
