"""What a server answers to the commands: documents of the API's own types."""

from __future__ import annotations

from typing import Any

from answering_server import AnsweringServer, Given
from builders import a_job, a_table, a_transport, later
from oracle_etl.flow.load_into_bigquery import BigqueryLoad
from oracle_etl.model.job import Counts, Job, JobStatus
from oracle_etl.model.transport import Transport
from transport_api.answers_of_job_tables import TableOfJobAnswer
from transport_api.job_answers import JobAnswer
from transport_api.transport_answers import TransportAnswer

T = "TRPID-00000001"
J = "JOB-20260301-120000-0001"
COMPLETE = Given.events('event: complete\nid: x\ndata: {"status": "completed"}\n\n')


def transport(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a transport
    made: Transport = a_transport(T, **changes)
    return TransportAnswer.of(made).model_dump(mode="json")


def job(status: JobStatus = JobStatus.COMPLETED, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a job
    made: Job = a_job(
        J,
        status=status,
        started_at=later(1),
        completed_at=later(3.5),
        counts=Counts(rows=1234, bytes=5600),
        **changes,
    )
    answer = JobAnswer.of(
        made, now=later(9), location="/data/x", manifest="/data/x/m.json", queue_position=None
    )
    return answer.model_dump(mode="json")


def transports_held(server: AnsweringServer, *held: dict[str, Any]) -> None:
    """Let the server hold transports."""
    page = {"transports": list(held), "next_page_token": None}
    server.will_answer("GET /api/transports?page_size=500", Given.document(page))
    for each in held:
        answer = Given.document(each, ETag='"1"')
        server.will_answer(f"GET /api/transports/{each['id']}", answer)


def tables_to_load(command: str | None, hint: str) -> Given:
    """Return a page of two tables, the first of which is to be loaded so."""
    load = BigqueryLoad(command=command, hint=hint)
    tables = [
        TableOfJobAnswer.of(a_table(name="EMP"), objects=[], load=load),
        TableOfJobAnswer.of(a_table(name="DEPT"), objects=[], load=None),
    ]
    shown = [each.model_dump(mode="json") for each in tables]
    return Given.document({"tables": shown, "next_page_token": None})
