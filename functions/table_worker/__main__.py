"""Run one worker: a task of the Cloud Run job, or a local process."""

from __future__ import annotations

import logging
import signal
import socket
import sys
import threading
from contextlib import closing
from types import FrameType

from oracle_etl.flow.drain_queue import drain_queue
from oracle_etl.logs import secrets_in, set_up_logging
from oracle_etl.model.errors import TransportError
from oracle_etl.settings import Settings
from oracle_etl.wiring import wire_worker

LOGGER = logging.getLogger(__name__)


def main() -> int:
    """Drain the queue; SIGTERM and SIGINT finish or give back the work in hand.

    Failed tables are written down and are no failure of the worker: only what keeps it from
    working at all ends it with another status than 0.
    """
    try:
        settings = Settings.from_environment()
    except TransportError as error:
        sys.stderr.write(f"{error.message}\n{error.hint}\n")
        return 1
    set_up_logging(
        level=settings.log.level,
        secrets=secrets_in(settings),
        project=settings.google.project_id,
    )
    try:
        _work(settings)
    except TransportError as error:
        LOGGER.error("%s; %s", error.message, error.hint)  # noqa: TRY400 - no bug, so no stack
        return 1
    except Exception:
        # What it held is done again once its lease has lapsed.
        LOGGER.exception("a bug ended the worker")
        return 1
    return 0


def _work(settings: Settings) -> None:
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    with closing(wire_worker(settings)) as outside:
        owner = worker_name(settings, outside.randomness())
        drain_queue(owner=owner, stopping=stopping, outside=outside)


def worker_name(settings: Settings, random_hex: str) -> str:
    """Return a name that no other worker has, and by which a person finds its logs."""
    place = settings.worker
    if place.execution:
        return f"{place.execution}/{place.task_index}/{place.task_attempt}-{random_hex[:4]}"
    return f"{socket.gethostname()}-{random_hex[:8]}"


if __name__ == "__main__":
    sys.exit(main())
