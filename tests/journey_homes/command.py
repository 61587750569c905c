"""Run the command line as a person or a script does."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from journey_homes.environment import environment_of, the_command
from journey_homes.home import Home

_COMMAND_SECONDS = 100.0


class Ended:
    """A command that has ended: its exit code, and what it said."""

    def __init__(self, ended: subprocess.CompletedProcess[str]) -> None:
        self.code = ended.returncode
        self.said = ended.stdout
        self.complained = ended.stderr

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return what the events of one name say, in order."""
        events = [json.loads(line) for line in self.said.splitlines()]
        assert all(event["v"] == 1 for event in events)
        return [event["data"] for event in events if event["event"] == name]


def run(home: Home, folder: Path, *arguments: str) -> Ended:
    """Run the command in a folder, with a home to talk to."""
    return Ended(
        subprocess.run(  # noqa: S603 - our own program, no shell
            (the_command(), *arguments),
            env=environment_of(home.environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_COMMAND_SECONDS,
        )
    )
