"""Model values for tests: each builder fills in what a test does not care about."""

# ruff: noqa: ANN401 - a builder takes any field of its model

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from oracle_etl.model.columns import CarriedColumn, ColumnPlan, WireForm
from oracle_etl.model.job import Dispatch, Job, JobRequest
from oracle_etl.model.names import TableName
from oracle_etl.model.objects import Extract, FinalObject, StoredObject
from oracle_etl.model.table_task import PartTask, RowidRange, TableTask
from oracle_etl.model.transport import TableChoice, Transport
from oracle_etl.ports import Receipt, SessionSlot

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
"""The moment at which tests begin."""


def later(seconds: float) -> datetime:
    """Return so many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def a_transport(transport_id: str = "TRPID-00000001", **changes: Any) -> Transport:
    """Return an idle transport of two tables."""
    transport = Transport(
        id=transport_id,
        name="nightly",
        tables=(TableChoice(table="EMP"), TableChoice(table="DEPT")),
        target_bucket="lake",
        created_at=NOON,
        updated_at=NOON,
    )
    return replace(transport, **changes)


def a_job(
    job_id: str = "JOB-20260301-120000-0001", *, transport: Transport | None = None, **changes: Any
) -> Job:
    """Return a pending job whose tables are written down."""
    job = Job(
        id=job_id,
        transport=transport or a_transport(),
        version=1,
        request=JobRequest(),
        dispatch=Dispatch.READY,
        tables_total=2,
        created_at=NOON,
    )
    return replace(job, **changes)


def a_table(
    table_id: str = "t00000",
    *,
    job_id: str = "JOB-20260301-120000-0001",
    position: int = 0,
    name: str = "EMP",
    **changes: Any,
) -> TableTask:
    """Return a pending table."""
    table = TableTask(
        job_id=job_id,
        table_id=table_id,
        position=position,
        table=TableName(owner="HR", name=name),
        choice=TableChoice(table=name),
        stem=name,
    )
    return replace(table, **changes)


def a_part(
    number: int = 1,
    *,
    table_id: str = "t00000",
    job_id: str = "JOB-20260301-120000-0001",
    **changes: Any,
) -> PartTask:
    """Return a pending part."""
    part = PartTask(
        job_id=job_id,
        table_id=table_id,
        number=number,
        rows_of=RowidRange(low="AAAR3sAAEAAAACXAAA", high=None),
    )
    return replace(part, **changes)


def a_plan(*names: str) -> ColumnPlan:
    """Return a plan that carries number columns of these names."""
    return ColumnPlan(
        columns=tuple(
            CarriedColumn(
                name=name,
                oracle_type="NUMBER(10)",
                expression=f'"{name}"',
                form=WireForm.INTEGER,
                arrow_type="int64",
                json_type="integer",
                bigquery_type="INT64",
                parquet_type="INT64",
                duckdb_type="BIGINT",
            )
            for name in names or ("ID",)
        )
    )


def a_receipt(key: str = "key-1", **changes: Any) -> Receipt:
    """Return what an idempotency key stands for."""
    receipt = Receipt(
        key=key,
        request_digest="0" * 64,
        job_id="JOB-20260301-120000-0001",
        expire_at=later(86_400),
    )
    return replace(receipt, **changes)


def a_slot(number: int = 0, **changes: Any) -> SessionSlot:
    """Return a free session slot of the default source."""
    return replace(SessionSlot(source="default", number=number), **changes)


def a_stored_object(name: str = "EMP.jsonl.gz", **changes: Any) -> StoredObject:
    """Return an object that stands in no store."""
    stored = StoredObject(bucket="lake", name=name, generation="1", size=100, crc32c=0x12345678)
    return replace(stored, **changes)


def an_extract(**changes: Any) -> Extract:
    """Return what an attempt wrote."""
    return replace(
        Extract(object=a_stored_object(), rows=14, sha256="ab" * 32, plain_bytes=400), **changes
    )


def a_final_object(**changes: Any) -> FinalObject:
    """Return an object that consumers read."""
    return replace(FinalObject(object=a_stored_object(), rows=14, sha256="ab" * 32), **changes)
