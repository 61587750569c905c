"""Follow a job to its end."""

from __future__ import annotations

from command_line.api_client import path
from command_line.bars import a_watcher
from command_line.exits import JobFailed
from command_line.output import Answer
from command_line.printable import printable
from command_line.session import Session
from command_line.views import job_figures


def follow(session: Session, job_id: str) -> Answer:
    """Show a job until it has ended, and return it; JobFailed where it did not end well."""
    with a_watcher(session.output) as watcher:
        for event in session.api.events(path("jobs", job_id, "events")):
            watcher.show(event)
    job = session.api.get(path("jobs", job_id)).body
    session.output.event("job", job)
    if job["status"] != "completed":
        raise JobFailed(
            f"{job_id} {printable(job['status'])}: {_reason(job)}",
            hint=f"see `oracle-etl jobs show {job_id}`; `oracle-etl jobs retry {job_id}` does again"
            " what is missing",
            problem={"code": JobFailed.code, "message": _reason(job), "job": job},
        )
    session.output.note(f"{job_id} completed: {job_figures(job)}")
    return job


def _reason(job: Answer) -> str:
    error = job.get("error")
    if isinstance(error, dict):
        error = error.get("message")
    return printable(error or "no reason was given")
