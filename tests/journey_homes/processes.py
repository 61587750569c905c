"""Find processes by the folder that they work in."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from journey_homes.waiting import until


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A process that is alive."""

    pid: int
    command: tuple[str, ...]


def working_in(folder: Path) -> Iterator[Found]:
    """Yield the processes whose working folder this is; those that have ended are none."""
    wanted = str(folder.resolve())
    for place in Path("/proc").iterdir():
        if not place.name.isdecimal():
            continue
        with suppress(OSError):
            if str((place / "cwd").readlink()) == wanted:
                command = (place / "cmdline").read_bytes().decode().split("\0")
                yield Found(pid=int(place.name), command=tuple(command[:-1]))


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal, also to a process that has just ended."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def kill_all_in(folder: Path) -> None:
    """Kill the processes of a folder, those first that would start others, and wait."""

    def none_left() -> bool:
        found = sorted(each.pid for each in working_in(folder))
        for pid in found:
            send(pid, signal.SIGKILL)
        return not found

    until(none_left, within_seconds=30, what="the end of all processes")
