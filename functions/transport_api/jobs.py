"""The operations on jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from itertools import chain

from oracle_etl.flow.cancel_job import cancel_job
from oracle_etl.flow.load_into_bigquery import load_into_bigquery
from oracle_etl.flow.read_manifest import read_manifest
from oracle_etl.flow.retry_job import retry_job
from oracle_etl.flow.start_job import Started
from oracle_etl.model.job import Job, JobStatus
from oracle_etl.model.table_task import TableTask
from oracle_etl.outside import Outside
from oracle_etl.ports import PageRequest
from transport_api.answers_of_job_tables import ObjectAnswer, TableOfJobAnswer, TablesOfJobAnswer
from transport_api.call import Call, Reply, Streamed
from transport_api.job_answers import JobAnswer, JobsAnswer
from transport_api.reading import naming_the_page
from transport_api.requests import JobsAsked, Nothing, NothingAsked, PageAsked, Sent

_WAITING_COUNTED = 100
"""Further back in the line nobody is told a place: it would take too long to find."""


def list_(call: Call[JobsAsked, None]) -> Reply:
    """List jobs."""
    with naming_the_page(call.query.page_token):
        page = call.outside.book.jobs(
            PageRequest(size=call.query.page_size, token=call.query.page_token),
            transport_id=call.query.transport,
            status=call.query.status,
        )
    return Reply(
        content=JobsAnswer(
            jobs=job_answers(page.items, outside=call.outside), next_page_token=page.next_token
        )
    )


def show(call: Call[NothingAsked, None]) -> Reply:
    """Show a job."""
    job = call.outside.book.job(call.path["job_id"])
    return Reply(content=job_answer(job, outside=call.outside))


def list_tables(call: Call[PageAsked, None]) -> Reply:
    """List a job's tables."""
    job = call.outside.book.job(call.path["job_id"])
    with naming_the_page(call.query.page_token):
        page = call.outside.book.tables(
            job.id, PageRequest(size=call.query.page_size, token=call.query.page_token)
        )
    return Reply(
        content=TablesOfJobAnswer(
            tables=[
                TableOfJobAnswer.of(
                    each,
                    objects=_objects(each, outside=call.outside),
                    load=load_into_bigquery(each, job, outside=call.outside),
                )
                for each in page.items
            ],
            next_page_token=page.next_token,
        )
    )


def cancel(call: Call[NothingAsked, Nothing]) -> Reply:
    """Cancel a job."""
    job = cancel_job(call.path["job_id"], outside=call.outside)
    return Reply(content=job_answer(job, outside=call.outside), status=HTTPStatus.ACCEPTED)


def retry(call: Call[NothingAsked, Nothing]) -> Reply:
    """Retry a job."""
    return started_reply(retry_job(call.path["job_id"], outside=call.outside), call)


def started_reply(started: Started, call: Call[NothingAsked, Sent]) -> Reply:
    """Return the answer to a job that starts, or that an earlier request had started."""
    headers = {"Location": f"{call.base}/jobs/{started.job.id}"}
    if started.repeated:
        headers["Idempotent-Replayed"] = "true"
    return Reply(
        content=job_answer(started.job, outside=call.outside),
        status=HTTPStatus.ACCEPTED,
        headers=headers,
    )


def show_manifest(call: Call[NothingAsked, None]) -> Reply:
    """Show a job's manifest."""
    manifest = read_manifest(call.path["job_id"], outside=call.outside)
    # Read from before the answer begins: what keeps it from being read can still be said.
    first = next(manifest.chunks, b"")
    return Reply(
        content=Streamed(chunks=chain([first], manifest.chunks), close=manifest.chunks.close),
        headers={"Content-Length": f"{manifest.size}"},
    )


def job_answer(job: Job, *, outside: Outside) -> JobAnswer:
    """Describe a job."""
    [answer] = job_answers([job], outside=outside)
    return answer


def job_answers(jobs: Sequence[Job], *, outside: Outside) -> list[JobAnswer]:
    """Describe jobs; the line of those that wait is looked at only if one of them does."""
    waits = any(each.status is JobStatus.PENDING for each in jobs)
    positions = _positions(outside) if waits else {}
    now = outside.clock.now()
    return [
        JobAnswer.of(
            each,
            now=now,
            location=_location(each, each.folder, outside=outside),
            manifest=each.manifest and _location(each, each.manifest, outside=outside),
            queue_position=positions.get(each.id),
        )
        for each in jobs
    ]


def _positions(outside: Outside) -> Mapping[str, int]:
    """Return the places of the first waiting jobs, from 1, in the order in which they will run."""
    waiting = outside.book.waiting_jobs(limit=_WAITING_COUNTED)
    return {job_id: place for place, job_id in enumerate(waiting, start=1)}


def _location(job: Job, name: str, *, outside: Outside) -> str:
    return outside.store.location(job.bucket, name)


def _objects(table: TableTask, *, outside: Outside) -> list[ObjectAnswer]:
    return [
        ObjectAnswer(
            path=outside.store.location(each.object.bucket, each.object.name),
            bytes=each.object.size,
            rows=each.rows,
            crc32c=f"{each.object.crc32c:08x}",
            generation=each.object.generation,
        )
        for each in table.objects
    ]
