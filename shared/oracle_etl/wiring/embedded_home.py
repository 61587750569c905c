"""The home on one machine: SQLite, a folder, local worker processes."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable
from datetime import timedelta

from oracle_etl.flow.refused_logins import RefusedLogins
from oracle_etl.gateways.embedded.folder import FolderObjectStore
from oracle_etl.gateways.embedded.processes import LocalWorkerLauncher, NoWorkers
from oracle_etl.gateways.embedded.sqlite import (
    Database,
    SqliteJobBook,
    SqliteProgressBoard,
    SqliteTaskQueue,
)
from oracle_etl.gateways.system_clock import SystemClock
from oracle_etl.outside import Lane, Limits, Outside
from oracle_etl.ports import Clock, ObjectStore, WorkerLauncher
from oracle_etl.settings import Settings, worker_environment
from oracle_etl.wiring.limits import RANDOM_BYTES, limits_of
from oracle_etl.wiring.modes import (
    ProcessMode,
    elsewhere,
    mode_of_service,
    mode_of_worker,
    other_than,
)
from oracle_etl.wiring.sources import Sources, revealed, vault_of

_STATE_FILE = "state.db"
_OBJECTS_FOLDER = "objects"
_WORKER_COMMAND = (sys.executable, "-m", "table_worker")
_PROGRESS_SECONDS = 1.0
_TIDY_SECONDS = 3600.0
_ATTEMPTS_STAY = timedelta(days=7)
"""How long what was read of tables that failed is kept for a retry, at the most."""


def embedded_api(settings: Settings) -> Outside:
    """Build the home for the serving process, which starts the workers."""
    limits = _limits(settings)

    def launcher(mode: str) -> WorkerLauncher:
        return LocalWorkerLauncher(
            _WORKER_COMMAND,
            environment=worker_environment(mode=mode),
            cap=limits.workers,
            clock=SystemClock(),
        )

    return _embedded(settings, limits, mode=mode_of_service(settings), launcher=launcher)


def embedded_worker(settings: Settings) -> Outside:
    """Build the home for a worker.

    It starts no other workers: only the serving process does, so that it can stop them all, and
    its next tick is never far.
    """
    mode = mode_of_worker(settings)
    return _embedded(settings, _limits(settings), mode=mode, launcher=lambda _: NoWorkers())


def _limits(settings: Settings) -> Limits:
    return limits_of(settings, workers=os.cpu_count() or 1, progress_seconds=_PROGRESS_SECONDS)


def _embedded(
    settings: Settings,
    limits: Limits,
    *,
    mode: ProcessMode,
    launcher: Callable[[str], WorkerLauncher],
) -> Outside:
    folder = settings.home.data_folder
    # Rows and filters are nobody else's business.
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    clock = SystemClock()
    database = Database(folder / _STATE_FILE)
    book = SqliteJobBook(database)
    store, sweep = _objects(settings, clock)
    vault = vault_of(settings.google)
    refusals = RefusedLogins(book=book, clock=clock)
    sources = Sources(settings.sources, vault=vault, mode=mode.connects, refusals=refusals)

    def lane(works: str) -> Lane:
        queue = SqliteTaskQueue(database, clock=clock, lane=works)
        return Lane(queue=queue, launcher=launcher(works))

    own = lane(mode.works)

    def close() -> None:
        sources.close()
        database.close()

    return Outside(
        book=book,
        queue=own.queue,
        board=SqliteProgressBoard(database, clock=clock, interval_seconds=limits.progress_interval),
        launcher=own.launcher,
        elsewhere=elsewhere(settings, mode, lane(other_than(mode.works))),
        store=store,
        source=sources.named,
        clock=clock,
        randomness=lambda: secrets.token_hex(RANDOM_BYTES),
        limits=limits,
        default_bucket=settings.google.bucket_name,
        mask_key=lambda: revealed(settings.work.mask_key, vault).encode() or None,
        tidy=_Tidying(database, sweep, clock).tidy,
        close=close,
    )


def _objects(settings: Settings, clock: Clock) -> tuple[ObjectStore, Callable[[], object]]:
    """Return the store that the settings choose, and what sweeps it where nobody else does."""
    if settings.home.objects == "gs":
        # Imported here, so that a folder needs none of Google's libraries.
        from oracle_etl.wiring.buckets import cloud_storage  # noqa: PLC0415

        return cloud_storage(settings.google, clock=clock), lambda: None
    store = FolderObjectStore(settings.home.data_folder / _OBJECTS_FOLDER)

    def sweep() -> None:
        store.sweep()
        store.remove_attempts(clock.now() - _ATTEMPTS_STAY)

    return store, sweep


class _Tidying:
    """What Firestore's TTL and a bucket's lifecycle do on Google, once an hour."""

    def __init__(self, database: Database, sweep: Callable[[], object], clock: Clock) -> None:
        self._database = database
        self._sweep = sweep
        self._clock = clock
        self._next: float | None = None

    def tidy(self) -> None:
        """Fold the log; once an hour forget expired jobs, and remove what killed writers left."""
        self._database.fold_log()
        now = self._clock.monotonic()
        if self._next is not None and now < self._next:
            return
        self._next = now + _TIDY_SECONDS
        SqliteJobBook(self._database).forget_expired(self._clock.now())
        self._sweep()
