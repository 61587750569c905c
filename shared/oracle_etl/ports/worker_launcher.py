"""Who starts workers."""

from __future__ import annotations

from typing import Protocol


class WorkerLauncher(Protocol):
    """Starts workers."""

    def launch(self, count: int) -> None:
        """Start up to `count` workers, fewer where the cap is reached."""
        ...

    def running(self) -> int:
        """Return how many workers are thought to be alive."""
        ...
