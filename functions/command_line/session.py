"""What every command is given, and how every command ends."""

from __future__ import annotations

import errno
import functools
import io
import os
import sys
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TextIO

import click

from command_line.api_client import ApiClient, Pages
from command_line.exits import (
    BROKEN_PIPE,
    FAULT,
    INTERRUPTED,
    BadUsage,
    ServerRefused,
    Stop,
    Unreachable,
)
from command_line.output import Output, View, an_output
from oracle_etl.model.errors import (
    NoSuchJob,
    NoSuchObject,
    NoSuchTable,
    NoSuchTransport,
    TransportError,
    TryAgain,
)
from oracle_etl.settings import ClientSettings, Secret

Command = Callable[..., Any]

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NOT_FOUND = (NoSuchJob, NoSuchObject, NoSuchTable, NoSuchTransport)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A server to ask, and somewhere to say what it answered."""

    api: ApiClient
    output: Output

    def show_list(self, view: View, found: Pages) -> None:
        """Show a list, and say so where it is not all of it."""
        self.output.rows(view, found)
        if found.is_cut_off:
            self.output.event("cut_off", {"list": view.event})
            self.output.aside("there are more of them: see --limit")


def examples(*lines: str) -> str:
    """Return the end of a command's help: lines to copy, which click shall leave as they are."""
    return "\n".join(("\b", "Example:" if len(lines) == 1 else "Examples:", *_indented(lines)))


def _indented(lines: Iterable[str]) -> Iterable[str]:
    return (f"  {line}" for line in lines)


def says_how_it_ends(command: Command) -> Command:
    """Give a command its output as first argument, and turn the ways it ends into exit codes."""

    @click.option("--json", "as_json", is_flag=True, help="Print one JSON event per line.")
    @functools.wraps(command)
    def run(*args: object, as_json: bool, **options: object) -> None:
        # Python has no stream where the shell closed it.
        stdout, stderr = sys.stdout or io.StringIO(), sys.stderr or io.StringIO()
        output = an_output(as_json=as_json, stdout=stdout, stderr=stderr)
        code = _exit_code(lambda: command(output, *args, **options), output, stdout, stderr)
        if code:
            click.get_current_context().exit(code)

    return run


def calls_the_api(command: Command) -> Command:
    """Give a command its session as first argument, from options, environment and config.yaml."""

    @click.option("--url", help="Address of the server [env: ORACLE_ETL_URL].")
    @click.option(
        "--api-key",
        help="Key to show it [env: ORACLE_ETL_API_KEY, which others on this machine cannot see].",
    )
    @says_how_it_ends
    @functools.wraps(command)
    def run(
        output: Output, *args: object, url: str | None, api_key: str | None, **options: object
    ) -> None:
        settings = ClientSettings.from_environment()
        key = settings.api_key if api_key is None else Secret(api_key)
        api = ApiClient(url or settings.url, api_key=key)
        command(Session(api=api, output=output), *args, **options)

    return run


def _stop_of(error: TransportError) -> Stop:
    """Return how a command ends that works without a server, as it would end with one."""
    kind: type[Stop] = BadUsage
    if isinstance(error, TryAgain):
        kind = Unreachable
    elif isinstance(error, _NOT_FOUND):
        kind = ServerRefused
    problem = {"code": error.code, "message": error.message, "hint": error.hint}
    return kind(error.message, hint=error.hint, problem=problem)


def _exit_code(work: Callable[[], object], output: Output, stdout: TextIO, stderr: TextIO) -> int:
    try:
        code = _ended(work, output)
        # What is still in the buffer may be what nobody reads any more.
        stdout.flush()
    except BrokenPipeError:
        _write_nowhere(stdout)
        return BROKEN_PIPE
    except OSError as error:
        full = BadUsage(
            f"what this command writes cannot be kept: {error.strerror}",
            hint="make room on the disk of its output, and on that of temporary files",
        )
        try:
            stdout.flush()
            output.stopped(full)
        except OSError:
            # An event would not be kept either.
            _write_nowhere(stdout)
            an_output(as_json=False, stdout=stdout, stderr=stderr).stopped(full)
        return full.exit_code
    return code


def _write_nowhere(stdout: TextIO) -> None:
    # What is left in the buffer must not fail again at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), stdout.fileno())


def _ended(work: Callable[[], object], output: Output) -> int:
    try:
        work()
    except Stop as stop:
        output.stopped(stop)
        return stop.exit_code
    except TransportError as error:
        ending = _stop_of(error)
        output.stopped(ending)
        return ending.exit_code
    except KeyboardInterrupt:
        output.aside("interrupted")
        return INTERRUPTED
    except (BrokenPipeError, click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except Exception as error:  # whatever else comes is our fault, and says so
        if isinstance(error, OSError) and error.errno in _FULL:
            raise
        traceback.print_exc()
        return FAULT
    return 0
