"""`oracle-etl demo`: the whole path on this machine, from a stand-in Oracle to verified files."""

from __future__ import annotations

import fcntl
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click
import oracledb

from command_line.api_client import ApiClient, path
from command_line.exits import BadUsage
from command_line.output import Document, Output, View
from command_line.printable import count, duration, size
from command_line.reading_back import Written, verify
from command_line.session import Session, says_how_it_ends
from command_line.started_processes import Program, started
from command_line.watching import follow
from oracle_etl.settings import Secret, environment_with, executable

FOLDER = Path(".data/demo")

_PATIENCE_SECONDS = 60.0
_STANDIN = re.compile(r"user (\S+), password (\S+), dsn (\S+)")
_RESULT = View(
    event="verified",
    columns={
        "TABLE": lambda table: table["table"],
        "ROWS": lambda table: count(table["rows"]),
        "SIZE": lambda table: size(table["bytes"]),
        "TIME": lambda table: duration(table["seconds"]),
        "SAME AS IN ORACLE": lambda _: "yes, every value",
        "FILE": lambda table: ", ".join(Path(file).name for file in table["files"]),
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """How to log in to the stand-in."""

    user: str
    password: str
    dsn: str


@click.command("demo")
@says_how_it_ends
def demo(output: Output) -> None:
    """Carry a sample schema from a stand-in Oracle into files, and verify them.

    Needs no Oracle, no account and no server: the stand-in speaks Oracle's wire protocol, so
    everything else is the real thing. Everything lies in .data/demo, which each run begins anew.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(own_folder(FOLDER))
        output.note("starting a stand-in Oracle with a sample schema ...")
        account = stack.enter_context(_standin(folder))
        output.note(f"it answers at {account.dsn}; starting the service ...")
        url = stack.enter_context(_service(folder, account))
        output.note(f"the service answers at {url}")
        session = Session(api=ApiClient(url, api_key=Secret("")), output=output)
        job = _carry(session, schema=account.user.upper())
        _verify(session, job, account)
        place = Path(job["location"]).relative_to(Path.cwd())
        output.note(f"the files lie in {place}, beside {Path(job['manifest']).name}")


@contextmanager
def own_folder(folder: Path) -> Iterator[Path]:
    """Empty the demo's folder, unless another demo works in it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BadUsage(
                f"another demo works in {folder}", hint="wait for it to end, or stop it"
            ) from error
        shutil.rmtree(folder)
        folder.mkdir()
        yield folder.resolve()


def _standin(folder: Path) -> AbstractContextManager[Account]:
    program = Program(
        name="the stand-in Oracle",
        command=(executable(), "-m", "oracle_standin", "--port", "0", "--schema", "sample"),
        environment=environment_with(),
        folder=folder,
        log=folder / "standin.log",
    )
    return started(program, ready=account_in, patience_seconds=_PATIENCE_SECONDS)


def account_in(line: str) -> Account | None:
    """Return the account that the stand-in's line names."""
    match = _STANDIN.search(line)
    return match and Account(user=match[1], password=match[2], dsn=match[3])


def _service(folder: Path, account: Account) -> AbstractContextManager[str]:
    program = Program(
        name="the service",
        command=(executable(), "-m", "command_line", "serve", "--json"),
        environment=environment_with(
            ORACLE_DSN=account.dsn,
            ORACLE_USERNAME=account.user,
            ORACLE_PASSWORD=account.password,
            SERVER_PORT="0",
            DATA_FOLDER=str(folder),
        ),
        folder=folder,
        log=folder / "service.log",
    )
    return started(program, ready=url_in, patience_seconds=_PATIENCE_SECONDS)


def url_in(line: str) -> str | None:
    """Return the address that the service's line names."""
    with suppress(ValueError):
        match json.loads(line):
            case {"event": "listening", "data": {"url": str(url)}}:
                return url
    return None


def _carry(session: Session, *, schema: str) -> Document:
    """Create a transport of every table of a schema, run it, and return its job."""
    found = session.api.pages(path("tables"), "tables", query={"schema": schema})
    tables = [f"{schema}.{each['table_name']}" for each in found]
    body = {"name": "Demo", "description": "A sample schema, whole", "tables": tables}
    transport = session.api.post(path("transports"), body).body
    session.output.event("transport", transport)
    session.output.note(f"{transport['id']} holds {len(tables)} tables")
    job = session.api.post(path("transports", transport["id"], "execute"), {}).body
    session.output.event("job", job)
    session.output.note(f"{job['id']} carries them as {job['version']}")
    return follow(session, job["id"])


def _verify(session: Session, job: Document, account: Account) -> None:
    """Read every table back, compare each of its values with Oracle's, and show the result."""
    session.output.note("reading everything back, and comparing it with the source ...")
    tables = session.api.pages(path("jobs", job["id"], "tables"), "tables", query={})
    with oracledb.connect(
        user=account.user, password=account.password, dsn=account.dsn
    ) as connection:
        session.output.rows(_RESULT, (_verified(connection, table) for table in tables))


def _verified(connection: oracledb.Connection, table: Document) -> Document:
    owner, name = table["table_name"].split(".", 1)
    files = tuple(Path(each["path"]) for each in table["objects"])
    rows = verify(connection, Written(owner=owner, table=name, files=files))
    return {
        "table": table["table_name"],
        "rows": rows,
        "bytes": table["bytes_transferred"],
        "seconds": _seconds(table["started_at"], table["completed_at"]),
        "files": [str(file) for file in files],
    }


def _seconds(began: str, ended: str) -> float:
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()
