"""Job events as Server-Sent Events, with the seed's fields."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from http import HTTPStatus

from oracle_etl.flow.watch_job import EventName, JobEvent, Pace, WatchPoint, watch_job
from oracle_etl.model.errors import NoSuchJob, TransportError
from oracle_etl.model.job import Job
from oracle_etl.model.progress import Stage, StageName
from oracle_etl.model.table_task import TableTask
from transport_api.answers import Answer, duration_seconds, rounded, version_of
from transport_api.answers_of_job_tables import bytes_so_far, rows_so_far
from transport_api.call import EVENT_STREAM, Call, Reply, Streamed
from transport_api.reading import naming
from transport_api.requests import NothingAsked

LOGGER = logging.getLogger(__name__)

_HEARTBEAT = b": still here\n\n"
_GOES_ON = "another worker goes on with it"
_RECONNECT_AFTER = b"retry: 1000\n\n"


class TableStartEvent(Answer):
    """A worker has begun a table; again after one that stumbled."""

    job_id: str
    table: str
    attempt: int
    position: int
    tables_total: int


class ProgressEvent(Answer):
    """How far a table is; the job's own progress stands beside it."""

    job_id: str
    table: str
    stage: str
    rows_processed: int
    rows_per_second: float
    bytes_transferred: int
    rows_total: int | None
    rows_total_is_estimate: bool
    progress_percent: float | None
    eta_seconds: float | None
    current_part: int | None
    parts_total: int
    parts_completed: int
    job_progress_percent: float
    warning: str | None
    """What to know about the table while it runs, such as that undo will not last."""


class TableCompleteEvent(Answer):
    """A table is whole at its final name."""

    job_id: str
    table: str
    total_rows: int
    bytes_transferred: int
    duration_seconds: float | None


class ErrorEvent(Answer):
    """A table, or the whole job where `table` is null, has failed, or will be tried again."""

    job_id: str
    table: str | None
    code: str
    message: str
    hint: str
    will_retry: bool


class CompleteEvent(Answer):
    """The job has ended; `status` says how."""

    transport_id: str
    job_id: str
    job_version: str | None
    status: str
    total_rows: int
    bytes_transferred: int
    total_duration_seconds: float | None
    tables_completed: int
    tables_failed: int
    tables_cancelled: int
    error: str | None


def watch_transport(call: Call[NothingAsked, None]) -> Reply:
    """Follow a transport's running job, or the last one where none runs."""
    transport = call.outside.book.transport(call.path["transport_id"])
    current = transport.running_job or transport.last_job
    if current is None:
        raise NoSuchJob(
            f"{transport.id} has not run yet",
            hint=f"POST {call.base}/transports/{transport.id}/execute starts it",
        )
    point = _last_point(call)
    if point is None or not _goes_on(point, transport.id, current, call):
        point = WatchPoint.start(current)
    return _stream(point, call)


def watch_one_job(call: Call[NothingAsked, None]) -> Reply:
    """Follow a job."""
    job = call.outside.book.job(call.path["job_id"])
    point = _last_point(call)
    if point is None or point.job_id != job.id:
        point = WatchPoint.start(job.id)
    return _stream(point, call)


def _last_point(call: Call[NothingAsked, None]) -> WatchPoint | None:
    return WatchPoint.parse(call.headers.get("last-event-id", ""))


def _goes_on(
    point: WatchPoint, transport_id: str, current: str, call: Call[NothingAsked, None]
) -> bool:
    """Tell whether a returning watcher still has to see the end of the job it followed."""
    if point.job_id == current:
        return True
    try:
        job = call.outside.book.job(point.job_id)
    except NoSuchJob:
        return False
    return job.transport_id == transport_id and not point.has_ended


def _stream(point: WatchPoint, call: Call[NothingAsked, None]) -> Reply:
    if point.has_ended:
        # This answer tells a browser to stop reconnecting.
        return Reply(content=None, status=HTTPStatus.NO_CONTENT)
    service = call.service
    if point.cursor is not None:
        # Looked at once before the answer begins: a refusal can still be said.
        with naming("Last-Event-ID", "must be the id of an event, or be left out"):
            service.outside.book.table_changes(point.job_id, after=point.cursor, limit=1)
    pace = Pace(
        interval=service.outside.limits.progress_interval,
        longest=float(service.settings.server.stream_seconds),
    )
    events = watch_job(point, book=service.outside.book, clock=service.outside.clock, pace=pace)
    service.seats.take()
    return Reply(
        content=Streamed(chunks=_sent(events, point.job_id), close=service.seats.give_back),
        content_type=EVENT_STREAM,
        headers={"X-Accel-Buffering": "no"},
    )


def _sent(events: Iterator[JobEvent | None], job_id: str) -> Iterator[bytes]:
    yield _RECONNECT_AFTER
    try:
        for event in events:
            yield _written(event)
    except TransportError as error:
        # The state went away; the client comes back with the last event's id.
        # What a request's lines are about is forgotten once its answer has begun.
        LOGGER.warning("an event stream broke off: %s", error.message, extra={"job_id": job_id})


def _written(event: JobEvent | None) -> bytes:
    if event is None:
        return _HEARTBEAT
    data = event_data(event).model_dump_json()
    return f"event: {event.name}\nid: {event.point}\ndata: {data}\n\n".encode()


def event_data(event: JobEvent) -> Answer:
    """Return what an event says."""
    table = event.table
    if event.name is EventName.COMPLETE:
        return _complete(event.job)
    if event.name is EventName.ERROR:
        return _error(event)
    if table is None:
        raise TypeError(f"{event.name} tells of a table")
    match event.name:
        case EventName.TABLE_START:
            return _table_start(event.job, table, event)
        case EventName.TABLE_COMPLETE:
            return _table_complete(event.job, table)
        case _:
            return _progress(event.job, table, event)


def _table_start(job: Job, table: TableTask, event: JobEvent) -> TableStartEvent:
    begun = [each for each in table.stages if each.name is StageName.PLANNING]
    attempt = begun.index(event.stage) + 1 if event.stage in begun else len(begun)
    return TableStartEvent(
        job_id=job.id,
        table=f"{table.table}",
        attempt=attempt,
        position=table.position + 1,
        tables_total=job.tables_total,
    )


def _progress(job: Job, table: TableTask, event: JobEvent) -> ProgressEvent:
    progress = table.progress
    return ProgressEvent(
        job_id=job.id,
        table=f"{table.table}",
        stage=event.stage.name if event.stage else StageName.EXTRACTING,
        rows_processed=rows_so_far(table),
        rows_per_second=round(progress.rows_per_second, 1),
        bytes_transferred=bytes_so_far(table),
        rows_total=progress.rows_total,
        rows_total_is_estimate=progress.is_estimate,
        progress_percent=rounded(progress.percent),
        eta_seconds=rounded(progress.eta_seconds),
        current_part=progress.current_part,
        parts_total=max(table.parts_total, 1),
        parts_completed=table.parts_completed,
        job_progress_percent=round(job.totals.percent, 1),
        warning=(event.stage.note or None) if event.stage else None,
    )


def _table_complete(job: Job, table: TableTask) -> TableCompleteEvent:
    return TableCompleteEvent(
        job_id=job.id,
        table=f"{table.table}",
        total_rows=table.rows,
        bytes_transferred=table.bytes,
        duration_seconds=duration_seconds(table.started_at, table.completed_at),
    )


def _error(event: JobEvent) -> ErrorEvent:
    table, stage = event.table, event.stage
    failure = event.job.failure if table is None else table.failure
    will_retry = stage is not None and stage.name is StageName.RETURNED
    if failure is None or will_retry:
        note, hint = (stage.note, stage.hint) if stage else ("", "")
        return ErrorEvent(
            job_id=event.job.id,
            table=None if table is None else f"{table.table}",
            code="TRY_AGAIN",
            message=note or "the worker gave the table back",
            hint="; ".join(filter(None, (hint, _rest(table, stage)))) or _GOES_ON,
            will_retry=will_retry,
        )
    return ErrorEvent(
        job_id=event.job.id,
        table=None if table is None else f"{table.table}",
        code=failure.code,
        message=failure.message,
        hint=failure.hint,
        will_retry=False,
    )


def _rest(table: TableTask | None, stage: Stage | None) -> str:
    """Say until when a table rests; nothing where somebody has gone on with it since."""
    if table is None or table.hold.owner is not None or table.hold.expires_at is None:
        return ""
    is_last = table.stages[-1:] == (stage,)
    return f"it is tried again at {table.hold.expires_at:%H:%M:%S} UTC" if is_last else ""


def _complete(job: Job) -> CompleteEvent:
    return CompleteEvent(
        transport_id=job.transport_id,
        job_id=job.id,
        job_version=version_of(job.version),
        status=job.status,
        total_rows=job.counts.rows,
        bytes_transferred=job.counts.bytes,
        total_duration_seconds=duration_seconds(job.started_at or job.created_at, job.completed_at),
        tables_completed=job.counts.tables_completed,
        tables_failed=job.counts.tables_failed,
        tables_cancelled=job.counts.tables_cancelled,
        error=job.failure.message if job.failure else None,
    )
