"""`oracle-etl jobs`: what ran, what runs, and how it ended."""

from __future__ import annotations

import click

from command_line.api_client import LARGEST_PAGE, path
from command_line.load_commands import LoadCommands
from command_line.printable import printable
from command_line.session import Session, calls_the_api, examples
from command_line.views import JOB, JOB_TABLE
from command_line.watching import follow

STATUSES = ("pending", "running", "completed", "failed", "cancelled")


@click.group("jobs")
def jobs() -> None:
    """See and steer the runs of transports."""


@jobs.command(
    "list", epilog=examples("oracle-etl jobs list --transport TRPID-1a2b3c4d --status failed")
)
@click.option("--transport", help="Only jobs of this transport.")
@click.option("--status", type=click.Choice(STATUSES), help="Only jobs in this state.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@calls_the_api
def list_jobs(session: Session, *, limit: int, **query: str | None) -> None:
    """List jobs, newest first."""
    wanted = {**query, "page_size": min(limit, LARGEST_PAGE)}
    session.show_list(JOB, session.api.pages(path("jobs"), "jobs", query=wanted, most=limit))


@jobs.command("show", epilog=examples("oracle-etl jobs show JOB-20260118-103000-1a2b"))
@click.argument("job")
@calls_the_api
def show(session: Session, *, job: str) -> None:
    """Show a job, its tables, and how they are loaded into BigQuery."""
    session.output.document(JOB, session.api.get(path("jobs", job)).body)
    commands = LoadCommands()
    tables = session.api.pages(path("jobs", job, "tables"), "tables", query={})
    session.output.rows(JOB_TABLE, commands.noting(tables))
    for line in commands.lines():
        session.output.note(printable(line))


@jobs.command("watch", epilog=examples("oracle-etl jobs watch JOB-20260118-103000-1a2b --json"))
@click.argument("job")
@calls_the_api
def watch(session: Session, *, job: str) -> None:
    """Watch a job to its end; exits with 1 if it does not end well.

    Interrupting ends the watching, not the job.
    """
    follow(session, job)


@jobs.command("cancel", epilog=examples("oracle-etl jobs cancel JOB-20260118-103000-1a2b"))
@click.argument("job")
@calls_the_api
def cancel(session: Session, *, job: str) -> None:
    """Stop a job; its workers stop within seconds, and nothing partial stays."""
    answer = session.api.post(path("jobs", job, "cancel")).body
    session.output.event("job", answer)
    session.output.note(f"{job} is being cancelled")


@jobs.command("retry", epilog=examples("oracle-etl jobs retry JOB-20260118-103000-1a2b --watch"))
@click.argument("job")
@click.option("--watch", "watched", is_flag=True, help="Watch the new job to its end.")
@calls_the_api
def retry(session: Session, *, job: str, watched: bool) -> None:
    """Run again what a failed or cancelled job left undone."""
    started(session, session.api.post(path("jobs", job, "retry")).body, watched=watched)


def started(session: Session, job: dict[str, object], *, watched: bool) -> None:
    """Say that a job was started, and watch it if that was asked for."""
    session.output.event("job", job)
    session.output.note(f"{job['id']} started")
    if watched:
        follow(session, str(job["id"]))
