"""The only builder of gateways: one home or the other, as the settings say."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable
from functools import cache

from oracle_etl.gateways.embedded.folder import FolderObjectStore
from oracle_etl.gateways.embedded.processes import LocalWorkerLauncher, NoWorkers
from oracle_etl.gateways.embedded.sqlite import (
    Database,
    SqliteJobBook,
    SqliteProgressBoard,
    SqliteTaskQueue,
)
from oracle_etl.gateways.oracle import OracleConnection, OracleTableSource
from oracle_etl.gateways.system_clock import SystemClock
from oracle_etl.model.errors import InvalidRequest
from oracle_etl.outside import Limits, Outside
from oracle_etl.ports import TableSource, WorkerLauncher
from oracle_etl.settings import Settings, SourceSettings, worker_environment

_STATE_FILE = "state.db"
_OBJECTS_FOLDER = "objects"
_WORKER_COMMAND = (sys.executable, "-m", "table_worker")
_RANDOM_BYTES = 8


def wire_api(settings: Settings) -> Outside:
    """Build what the HTTP API and the tick need; nothing connects before it is used."""
    return _wire(settings, launcher=_launcher_of_api)


def wire_worker(settings: Settings) -> Outside:
    """Build what a worker needs."""
    return _wire(settings, launcher=_launcher_of_worker)


def _wire(settings: Settings, *, launcher: Callable[[Settings], WorkerLauncher]) -> Outside:
    if settings.home.home == "google":
        raise InvalidRequest("the google home is not wired yet")
    return _embedded(settings, launcher(settings))


def _embedded(settings: Settings, launcher: WorkerLauncher) -> Outside:
    folder = settings.home.data_folder
    folder.mkdir(parents=True, exist_ok=True)
    clock = SystemClock()
    database = Database(folder / _STATE_FILE)
    sources = _Sources(settings)

    def close() -> None:
        sources.close()
        database.close()

    return Outside(
        book=SqliteJobBook(database),
        queue=SqliteTaskQueue(database, clock=clock),
        board=SqliteProgressBoard(
            database, clock=clock, interval_seconds=settings.work.progress_interval
        ),
        launcher=launcher,
        store=FolderObjectStore(folder / _OBJECTS_FOLDER),
        source=sources.named,
        clock=clock,
        randomness=lambda: secrets.token_hex(_RANDOM_BYTES),
        limits=limits_of(settings),
        default_bucket=settings.google.bucket_name,
        mask_key=lambda: settings.work.mask_key.reveal().encode() or None,
        close=close,
    )


def limits_of(settings: Settings) -> Limits:
    """Return the flow's numbers."""
    work = settings.work
    workers = work.workers or os.cpu_count() or 1
    return Limits(
        running_jobs=work.running_jobs,
        attempts=work.attempts,
        lease=work.lease,
        renewal=work.renewal,
        idle=work.idle,
        progress_interval=work.progress_interval,
        workers=workers,
        sessions=settings.sources["default"].sessions,
        batch_bytes=work.batch_bytes,
        part_bytes=work.part_bytes,
        history_days=work.history_days,
    )


def _launcher_of_api(settings: Settings) -> WorkerLauncher:
    return LocalWorkerLauncher(
        _WORKER_COMMAND,
        environment=worker_environment(settings),
        cap=limits_of(settings).workers,
        clock=SystemClock(),
    )


def _launcher_of_worker(settings: Settings) -> WorkerLauncher:
    # Only the serving process starts workers here, so that it can stop them all; its next tick
    # comes within a second.
    del settings
    return NoWorkers()


class _Sources:
    """The configured Oracles, each opened when it is first asked for."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opened: dict[str, TableSource] = {}
        self.named = cache(self._named)

    def _named(self, name: str) -> TableSource:
        configured = self._settings.sources.get(name)
        if configured is None:
            raise InvalidRequest(
                f"there is no source {name!r}",
                hint="name one that config.yaml lists under `sources`, or leave it out",
                details={"source": sorted(self._settings.sources)},
            )
        if not configured.is_configured:
            raise InvalidRequest(
                f"the source {name!r} has no address or no user",
                hint="set ORACLE_DSN (or ORACLE_TNS_NAME), ORACLE_USERNAME and ORACLE_PASSWORD",
            )
        self._opened[name] = OracleTableSource(_connection(configured))
        return self._opened[name]

    def close(self) -> None:
        """Close what was opened."""
        for source in self._opened.values():
            source.close()


def _connection(source: SourceSettings) -> OracleConnection:
    return OracleConnection(
        source=source.name,
        dsn=source.address,
        user=source.username,
        password=source.password.reveal,
        wallet_location=source.wallet_path,
        wallet_password=source.wallet_password.reveal,
        config_dir=source.wallet_path,
        mode=source.mode,
        client_library=source.client_library,
        pool_min=source.pool_min,
        pool_max=source.pool_max,
        call_timeout_seconds=source.call_timeout,
        connect_timeout_seconds=source.connect_timeout,
        fetch_rows=source.fetch_array_size,
    )
