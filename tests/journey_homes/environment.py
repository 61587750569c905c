"""The environment of the programs that journeys start: the machine's, without settings of ours."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

_KEPT = ("PATH", "HOME", "LANG", "LC_", "TMPDIR", "PYTHON", "COVERAGE_", "SYSTEMROOT")


def environment_of(settings: Mapping[str, str]) -> dict[str, str]:
    """Return what a program finds around it: the machine's variables and these settings."""
    machine = os.environ  # noqa: TID251 - handed on to the programs, read by nobody else
    return {name: value for name, value in machine.items() if name.startswith(_KEPT)} | dict(
        settings
    )


def the_command() -> str:
    """Return the installed `oracle-etl`, as a user has it."""
    return str(Path(sys.executable).with_name("oracle-etl"))
