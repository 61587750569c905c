"""Everything from outside that the flow is given, in one value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from oracle_etl.ports import (
    CatalogueShelf,
    Clock,
    JobBook,
    ObjectStore,
    ProgressBoard,
    TableSource,
    TaskQueue,
    WatcherSignIn,
    WorkerLauncher,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The numbers by which work is cut, leased and repeated; times are seconds."""

    running_jobs: int = 1
    attempts: int = 5
    retry_backoff: float = 1.0
    """The rest after a first failure; it grows fivefold."""
    lease: float = 120.0
    renewal: float = 30.0
    idle: float = 2.0
    task_timeout: float | None = None
    """When a worker is ended from outside, counted from its start."""
    task_floor: float = 600.0
    """How much of that must be left for a worker to take more work."""
    progress_interval: float = 1.0
    workers: int = 2
    sessions: int = 20
    batch_bytes: int = 12 * 1024 * 1024
    part_bytes: int = 512 * 1024 * 1024
    history_days: int = 90
    dispatch_grace: float = 10.0
    """How long the start of a job may rest before a tick goes on with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """The ports, built by the wiring for one of the homes."""

    book: JobBook
    queue: TaskQueue
    board: ProgressBoard
    launcher: WorkerLauncher
    store: ObjectStore
    source: Callable[[str], TableSource]
    """Returns the source of a name; InvalidRequest where none is configured."""
    clock: Clock
    randomness: Callable[[], str]
    """Returns at least eight random hexadecimal digits."""
    limits: Limits = Limits()
    shelf: CatalogueShelf | None = None
    """Where catalogues are kept; None where Oracle is near enough to be asked each time."""
    sign_in: WatcherSignIn | None = None
    """None where watchers can only be told, not listen by themselves."""
    default_bucket: str = ""
    mask_key: Callable[[], bytes | None] = lambda: None
    tidy: Callable[[], None] = lambda: None
    """Removes what has expired, where the home does not do so by itself; called at each tick."""
    close: Callable[[], None] = lambda: None
    """Closes what the wiring opened."""
