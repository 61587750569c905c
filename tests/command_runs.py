"""How tests run the `oracle-etl` command."""

from __future__ import annotations

from typing import Protocol

from click.testing import Result


class Run(Protocol):
    """Runs the command with arguments, and returns how it ended."""

    def __call__(self, *arguments: str) -> Result:
        """Run it."""
        ...
