"""Everything from outside that the flow is given, in one value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

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
    sessions: Mapping[str, int] = field(default_factory=lambda: {"default": 20})
    """How many Oracle sessions each source gives to all workers together."""
    batch_bytes: int = 12 * 1024 * 1024
    part_bytes: int = 512 * 1024 * 1024
    history_days: int = 90
    dispatch_grace: float = 10.0
    """How long the start of a job may rest before a tick goes on with it."""

    def workers_on(self, source: str) -> int:
        """Return how many workers a job of this source can use: none works without a session."""
        return min(self.workers, self.sessions.get(source, self.workers))


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Where hints at work are published, and who is launched to take them there."""

    queue: TaskQueue
    launcher: WorkerLauncher


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
    elsewhere: Mapping[str, Lane] = field(default_factory=dict)
    """Sources whose work other processes do than those that `queue` and `launcher` lead to."""
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

    def lane_of(self, source: str) -> Lane:
        """Return the way to the workers that may work on a source."""
        own = Lane(queue=self.queue, launcher=self.launcher)
        return self.elsewhere.get(source, own)
