"""`oracle-etl demo`: the whole path on this machine, from a stand-in Oracle to verified files."""

from __future__ import annotations

import fcntl
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from command_line.api_client import ApiClient, path
from command_line.exits import BadUsage
from command_line.output import Document, Output
from command_line.session import Session, says_how_it_ends
from command_line.started_processes import Program, ends_in_order, started
from command_line.watching import follow
from oracle_etl.settings import Secret, environment_with, executable

FOLDER = Path(".data/demo")

_PATIENCE_SECONDS = 60.0
_STANDIN = re.compile(r"user (\S+), password (\S+), dsn (\S+)")


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
        stack.enter_context(ends_in_order())
        folder = stack.enter_context(own_folder(FOLDER))
        output.note("starting a stand-in Oracle with a sample schema ...")
        account = stack.enter_context(_standin(folder))
        output.note(f"it answers at {account.dsn}; starting the service ...")
        url = stack.enter_context(_service(folder, account))
        output.note(f"the service answers at {url}")
        session = Session(api=ApiClient(url, api_key=Secret("")), output=output)
        job = _carry(session, schema=account.user.upper())
        # Imported here: Oracle's driver would slow down every other command.
        from command_line.demo_result import show_result  # noqa: PLC0415

        show_result(session, job, **asdict(account))
        place = Path(job["location"]).relative_to(Path.cwd())
        output.note(f"the files lie in {place}, beside {Path(job['manifest']).name}")


@contextmanager
def own_folder(folder: Path) -> Iterator[Path]:
    """Empty the demo's folder, unless another demo works in it."""
    with ExitStack() as held:
        try:
            _empty(folder, held)
        except BlockingIOError as error:
            raise BadUsage(
                f"another demo works in {folder}", hint="wait for it to end, or stop it"
            ) from error
        except OSError as error:
            raise BadUsage(
                f"{folder} cannot be made anew: {error.strerror}",
                hint="run the demo in a folder that this account may write",
            ) from error
        yield folder.resolve()


def _empty(folder: Path, held: ExitStack) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    lock = held.enter_context((folder.parent / "demo.lock").open("w"))
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    shutil.rmtree(folder)
    folder.mkdir()


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
