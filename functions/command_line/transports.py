"""`oracle-etl transports`: named groups of tables, one by one or from files."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from command_line.api_client import LARGEST_PAGE, Answer, path
from command_line.applied_files import (
    all_transports,
    changes_in,
    check_all,
    make_all,
    summary,
    told,
)
from command_line.exits import BadUsage
from command_line.jobs import started
from command_line.printable import printable
from command_line.session import Command, Session, calls_the_api, examples
from command_line.transport_files import write_yaml
from command_line.transport_form import short
from command_line.views import TRANSPORT


def _field_options(command: Command) -> Command:
    """Give `create` and `update` one option for each field that fits on a command line."""
    options = (
        click.option("--description"),
        click.option(
            "--table",
            "tables",
            multiple=True,
            help="A table or a pattern, such as EMP, HR.EMP or 'SALES.*'; repeat it for more.",
        ),
        click.option("--source", help="A configured source other than the default."),
        click.option("--bucket", "target_bucket", help="Bucket that the objects go to."),
        click.option("--prefix", help="Folder in the bucket."),
        click.option("--format", type=click.Choice(["jsonl.gz", "jsonl.zst", "parquet"])),
        click.option("--parallel-tables", type=click.IntRange(1), help="Tables at once."),
        click.option("--schedule", "cron", help="A cron expression, such as '0 3 * * *'."),
        click.option("--time-zone", help="Time zone of the schedule, such as Asia/Seoul."),
        click.option("--enabled/--disabled", default=None, help="Whether it may run."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group("transports")
def transports() -> None:
    """Make, change and run transports: named groups of tables."""


@transports.command(
    "create",
    epilog=examples(
        "oracle-etl transports create --name Sales --table SALES.ORDERS --table 'SALES.LINE_*'"
    ),
)
@click.option("--name", required=True)
@_field_options
@calls_the_api
def create(session: Session, **given: Any) -> None:  # noqa: ANN401 - what click parsed
    """Make a transport from options; `apply` makes it from a file and knows every field."""
    body = _fields(given)
    if "tables" not in body:
        raise BadUsage("a transport needs tables", hint="name each with --table")
    transport = session.api.post(path("transports"), body).body
    session.output.event("transport", transport)
    session.output.note(f"{transport['id']} created")


@transports.command("list", epilog=examples("oracle-etl transports list --json"))
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@calls_the_api
def list_transports(session: Session, *, limit: int) -> None:
    """List transports, newest first."""
    query = {"page_size": min(limit, LARGEST_PAGE)}
    found = session.api.pages(path("transports"), "transports", query=query, most=limit)
    session.show_list(TRANSPORT, found)


@transports.command("show", epilog=examples("oracle-etl transports show TRPID-1a2b3c4d"))
@click.argument("transport")
@calls_the_api
def show(session: Session, *, transport: str) -> None:
    """Show one transport whole."""
    session.output.document(TRANSPORT, session.api.get(path("transports", transport)).body)


@transports.command(
    "update",
    epilog=examples(
        "oracle-etl transports update TRPID-1a2b3c4d --schedule '0 3 * * *' --time-zone Asia/Seoul",
        "oracle-etl transports update TRPID-1a2b3c4d --no-schedule",
    ),
)
@click.argument("transport")
@click.option("--name")
@_field_options
@click.option(
    "--no-schedule", "unscheduled", is_flag=True, default=None, help="Take the schedule away."
)
@calls_the_api
def update(session: Session, *, transport: str, **given: Any) -> None:  # noqa: ANN401 - what click parsed
    """Change the fields that are given, and no others."""
    body = _fields(given)
    if not body:
        raise BadUsage("nothing to change was given", hint="see --help for what can be changed")
    address = path("transports", transport)
    changed = session.api.patch(address, body, etag=session.api.get(address).etag).body
    session.output.event("transport", changed)
    session.output.note(f"{transport} updated")


@transports.command("delete", epilog=examples("oracle-etl transports delete TRPID-1a2b3c4d"))
@click.argument("transport")
@calls_the_api
def delete(session: Session, *, transport: str) -> None:
    """Remove a transport; its jobs and what they wrote stay."""
    session.api.delete(path("transports", transport))
    session.output.event("deleted", {"id": transport})
    session.output.note(f"{transport} deleted")


@transports.command(
    "execute",
    epilog=examples(
        "oracle-etl transports execute TRPID-1a2b3c4d --watch",
        "oracle-etl transports execute TRPID-1a2b3c4d --limit 1000 --table SALES.ORDERS",
    ),
)
@click.argument("transport")
@click.option("--watch", "watched", is_flag=True, help="Watch the job to its end.")
@click.option("--limit", type=click.IntRange(1), help="Rows of each table, for a test run.")
@click.option("--table", "tables", multiple=True, help="Only this table; repeat it for more.")
@click.option("--idempotency-key", help="The same key twice starts one job, not two.")
@calls_the_api
def execute(
    session: Session,
    *,
    transport: str,
    watched: bool,
    limit: int | None,
    tables: Sequence[str],
    idempotency_key: str | None,
) -> None:
    """Run a transport as a new job."""
    asked: Answer = {"limit": limit, "tables": list(tables) or None}
    job = session.api.post(
        path("transports", transport, "execute"),
        {name: value for name, value in asked.items() if value is not None},
        headers={"Idempotency-Key": idempotency_key or secrets.token_hex(16)},
    ).body
    started(session, job, watched=watched)


@transports.command(
    "apply",
    epilog=examples(
        "oracle-etl transports apply transports/*.yaml --dry-run",
        "oracle-etl transports apply transports/*.yaml",
    )
    + "\n\n\b\nA file:\n  transports:\n    - name: Daily sales\n"
    "      tables: [SALES.ORDERS, 'SALES.LINE_*']\n      target_bucket: sales-data",
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--dry-run", is_flag=True, help="Only show what would change, and what would be refused."
)
@calls_the_api
def apply(session: Session, *, files: tuple[Path, ...], dry_run: bool) -> None:
    """Make the server hold what YAML or JSON files say, so that transports can live in git.

    An entry stands for the transport with its `id`, or without an `id` the one with its `name`.
    A field that it leaves out has its default. Transports that no file names are left alone.
    `export` writes the same form.
    """
    changes = changes_in(files, session.api)
    for change, _ in changes:
        session.output.event("change", told(change))
        session.output.note(f"{change.action} {printable(change.name)}")
        if change.diff:
            session.output.note(change.diff)
    if dry_run:
        check_all(session, changes)
    else:
        make_all(session.api, changes)
    session.output.note(summary(changes, dry_run=dry_run))


@transports.command("export", epilog=examples("oracle-etl transports export > transports.yaml"))
@click.argument("transport", nargs=-1)
@calls_the_api
def export(session: Session, *, transport: tuple[str, ...]) -> None:
    """Write the named transports, or all, in the form that `apply` reads."""
    chosen = transport or [each["id"] for each in all_transports(session.api)]
    kept = [short(session.api.get(path("transports", each)).body) for each in chosen]
    for each in kept:
        session.output.event("transport", each)
    session.output.note(write_yaml({"transports": kept}).rstrip("\n"))


def _fields(given: Mapping[str, Any]) -> Answer:
    """Return what options said, in the API's form."""
    said = {name: value for name, value in given.items() if value not in (None, ())}
    cron, time_zone = said.pop("cron", None), said.pop("time_zone", None)
    if said.pop("unscheduled", None):
        if cron is not None or time_zone is not None:
            raise BadUsage("--no-schedule takes the schedule away; give it, or a new one")
        said["schedule"] = None
    if cron == "":
        raise BadUsage("--schedule names no time", hint="--no-schedule takes a schedule away")
    if cron is None and time_zone is not None:
        raise BadUsage("--time-zone says where a --schedule is meant; give both")
    if cron is not None:
        said["schedule"] = {"cron": cron, "time_zone": time_zone or "UTC"}
    if "tables" in said:
        said["tables"] = list(said["tables"])
    return said
