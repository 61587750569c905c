"""Follow a job to its end."""

from __future__ import annotations

from command_line.api_client import path
from command_line.bars import a_watcher
from command_line.exits import JobFailed, Unreachable
from command_line.load_commands import tell_how_to_load
from command_line.output import Document
from command_line.session import Session
from command_line.views import job_figures


def follow(session: Session, job_id: str) -> Document:
    """Show a job until it has ended, and return it; JobFailed where it did not end well."""
    try:
        with a_watcher(session.output) as watcher:
            for event in session.api.events(path("jobs", job_id, "events")):
                watcher.show(event)
    except Unreachable as error:
        goes_on = (
            f"the job needs nobody to watch it; `oracle-etl jobs watch {job_id}` goes on with that"
        )
        hint = "\n".join(part for part in (error.hint, goes_on) if part)
        problem = {**error.problem, "hint": hint, "job_id": job_id}
        raise Unreachable(error.message, hint=hint, problem=problem) from error
    job = session.api.get(path("jobs", job_id)).body
    session.output.event("job", job)
    if job["status"] != "completed":
        raise _ended_badly(job)
    session.output.note(f"{job_id} completed: {job_figures(job)}")
    tell_how_to_load(session, job)
    return job


def _ended_badly(job: Document) -> JobFailed:
    failure = job["failure"] or {}
    if job["status"] == "cancelled":
        message = f"{job['id']} was cancelled"
        hint = f"`oracle-etl jobs retry {job['id']}` does what it left undone"
    else:
        message = f"{job['id']} {job['status']}: {failure.get('message') or 'no reason was given'}"
        hint = failure.get("hint") or f"`oracle-etl jobs show {job['id']}` says more"
    problem = {"code": JobFailed.code, "message": message, "hint": hint, "job_id": job["id"]}
    return JobFailed(message, hint=hint, problem=problem)
