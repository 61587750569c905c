"""Processes that the demo starts, and stops again whatever happens."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType
from typing import NoReturn, TypeVar

from command_line.exits import DidNotStart

T = TypeVar("T")

_ENDED = ""
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_KILLED_BY = 128
"""What a shell adds to the number of the signal that ended a program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to run: its name for people, its command, its place, and where its output goes."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    log: Path
    grace_seconds: float = 60.0
    """How long it may take to stop; the service waits for its workers."""


@contextlib.contextmanager
def ends_in_order() -> Iterator[None]:
    """Let signals end the block as an exception does, so that what it started is stopped.

    Started programs have a session of their own: no closed terminal would end them.
    """
    ours = [each for each in _ENDING if signal.getsignal(each) is not signal.SIG_IGN]

    def end(number: int, frame: FrameType | None) -> NoReturn:
        del frame
        for each in ours:
            # Once is enough: another one must not break off the ending.
            signal.signal(each, signal.SIG_IGN)
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(_KILLED_BY + number)

    before = {each: signal.signal(each, end) for each in ours}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextlib.contextmanager
def started(
    program: Program, *, ready: Callable[[str], T | None], patience_seconds: float
) -> Iterator[T]:
    """Run a program while the block runs; what `ready` makes of a line of its output is given.

    A session of its own keeps Ctrl-C away from it: the demo stops it, in order.
    """
    with program.log.open("w", buffering=1, encoding="utf-8") as log:
        process = subprocess.Popen(  # noqa: S603 - our own programs, no shell
            program.command,
            env=dict(program.environment),
            cwd=program.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
        lines: SimpleQueue[str] = SimpleQueue()
        reader = threading.Thread(target=_copy, args=(process, log.write, lines.put))
        reader.start()
        try:
            yield _first(program, lines, ready, patience_seconds)
        finally:
            _stop(process, program.grace_seconds)
            reader.join()


def _copy(
    process: subprocess.Popen[str], write: Callable[[str], object], put: Callable[[str], None]
) -> None:
    """Pass a process's lines on, so that it never waits for a reader."""
    assert process.stdout is not None, "it was opened with a pipe"
    for line in process.stdout:
        write(line)
        put(line)
    process.stdout.close()
    put(_ENDED)


def _first(
    program: Program,
    lines: SimpleQueue[str],
    ready: Callable[[str], T | None],
    patience_seconds: float,
) -> T:
    with contextlib.suppress(Empty):
        while line := lines.get(timeout=patience_seconds):
            found = ready(line)
            if found is not None:
                return found
    raise DidNotStart(f"{program.name} did not start", hint=f"{program.log} says why")


def _stop(process: subprocess.Popen[str], grace_seconds: float) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(grace_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
