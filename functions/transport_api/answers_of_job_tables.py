"""What callers get of the tables of a job."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from oracle_etl.flow.load_into_bigquery import BigqueryLoad
from oracle_etl.model.table_task import TableTask
from oracle_etl.model.work import WorkStatus
from transport_api.answers import Answer, rounded
from transport_api.job_answers import FailureAnswer


class StageAnswer(Answer):
    """One stage that a table went through."""

    name: str
    at: datetime
    note: str


class ObjectAnswer(Answer):
    """One object that a table was written to."""

    path: str
    bytes: int
    rows: int
    crc32c: str = Field(description="Castagnoli checksum, eight hexadecimal digits")
    generation: str


class BigqueryLoadAnswer(Answer):
    """How a table gets into BigQuery."""

    command: str | None = Field(
        description="For a shell; null where BigQuery cannot read the objects where they are"
    )
    hint: str

    @classmethod
    def of(cls, load: BigqueryLoad) -> BigqueryLoadAnswer:
        """Describe how."""
        return cls(command=load.command, hint=load.hint)


class TableOfJobAnswer(Answer):
    """One table of a job."""

    id: str
    job_id: str
    table_name: str
    status: WorkStatus
    row_count: int
    bytes_transferred: int
    rows_total: int | None
    rows_total_is_estimate: bool
    rows_per_second: float
    progress_percent: float | None
    eta_seconds: float | None
    parts_total: int
    parts_completed: int
    attempts_failed: int
    started_at: datetime | None
    completed_at: datetime | None
    gcs_path: str | None = Field(description="The first object's address; null before it is whole")
    objects: list[ObjectAnswer]
    stages: list[StageAnswer]
    error: str | None
    failure: FailureAnswer | None
    warnings: list[str]
    carried_from: str | None
    bq_load: BigqueryLoadAnswer | None = Field(
        description="Null until the job is complete, and for test runs"
    )

    @classmethod
    def of(
        cls, table: TableTask, *, objects: list[ObjectAnswer], load: BigqueryLoad | None
    ) -> TableOfJobAnswer:
        """Describe a table of a job."""
        progress = table.progress
        return cls(
            id=table.table_id,
            job_id=table.job_id,
            table_name=f"{table.table}",
            status=table.status,
            row_count=rows_so_far(table),
            bytes_transferred=bytes_so_far(table),
            rows_total=progress.rows_total,
            rows_total_is_estimate=progress.is_estimate,
            rows_per_second=round(progress.rows_per_second, 1),
            progress_percent=rounded(progress.percent),
            eta_seconds=None if table.status.ended else rounded(progress.eta_seconds),
            parts_total=table.parts_total,
            parts_completed=table.parts_completed,
            attempts_failed=table.hold.failures,
            started_at=table.started_at,
            completed_at=table.completed_at,
            gcs_path=objects[0].path if objects else None,
            objects=objects,
            stages=[
                StageAnswer(name=each.name, at=each.at, note=each.note) for each in table.stages
            ],
            error=table.failure.message if table.failure else None,
            failure=FailureAnswer.of(table.failure) if table.failure else None,
            warnings=list(table.warnings),
            carried_from=table.carried_from,
            bq_load=None if load is None else BigqueryLoadAnswer.of(load),
        )


class TablesOfJobAnswer(Answer):
    """A page of a job's tables, in the transport's order."""

    tables: list[TableOfJobAnswer]
    next_page_token: str | None


def rows_so_far(table: TableTask) -> int:
    """Return the rows that a table has carried: by its end, by its ended parts, or live."""
    if table.status.ended:
        return table.rows
    return max(table.progress.rows, table.parts_rows)


def bytes_so_far(table: TableTask) -> int:
    """Return the bytes that a table has carried, as above."""
    if table.status.ended:
        return table.bytes
    return max(table.progress.bytes, table.parts_bytes)
