"""Progress in SQLite, where the book reads it."""

from __future__ import annotations

import logging
import threading
from typing import Any

from oracle_etl.gateways.embedded.sqlite.database import Database
from oracle_etl.gateways.stored_documents import PROGRESS, TOTALS
from oracle_etl.model.errors import BookAway
from oracle_etl.model.job import Totals
from oracle_etl.model.progress import Progress
from oracle_etl.ports import Clock

_LOG = logging.getLogger(__name__)

_POSTS_REMEMBERED = 1000

_POST_TABLE = """
    UPDATE tables SET progress = :progress, change = (SELECT last FROM changes)
    WHERE job_id = :job_id AND table_id = :table_id AND status IN ('pending', 'running')
"""
_POST_PART = """
    UPDATE parts SET progress = :progress
    WHERE job_id = :job_id AND table_id = :table_id AND number = :number
    AND status IN ('pending', 'running')
"""
_POST_TOTALS = "UPDATE jobs SET totals = :totals WHERE id = :job_id"
_NEXT_CHANGE = "UPDATE changes SET last = last + 1"


class SqliteProgressBoard:
    """Progress on the rows of the book, each at most once per interval.

    A post that comes when its table has ended is not shown: the end already says it all.
    """

    def __init__(self, database: Database, *, clock: Clock, interval_seconds: float = 1.0) -> None:
        self._database = database
        self._clock = clock
        self._interval_seconds = interval_seconds
        self._posted: dict[tuple[object, ...], float] = {}
        self._lock = threading.Lock()

    def post_table(self, job_id: str, table_id: str, progress: Progress) -> None:
        """Show a table's progress; posts that come sooner than the interval are skipped."""
        if self._is_due("table", job_id, table_id):
            shown = {
                "job_id": job_id,
                "table_id": table_id,
                "progress": PROGRESS.to_bytes(progress),
            }
            self._show([(_NEXT_CHANGE, {}), (_POST_TABLE, shown)])

    def post_part(self, job_id: str, table_id: str, number: int, progress: Progress) -> None:
        """Show a part's progress, as above."""
        if self._is_due("part", job_id, table_id, number):
            shown = {
                "job_id": job_id,
                "table_id": table_id,
                "number": number,
                "progress": PROGRESS.to_bytes(progress),
            }
            self._show([(_POST_PART, shown)])

    def post_totals(self, job_id: str, totals: Totals) -> None:
        """Show a job's live totals."""
        if self._is_due("totals", job_id):
            shown = {"job_id": job_id, "totals": TOTALS.to_bytes(totals)}
            self._show([(_POST_TOTALS, shown)])

    def _is_due(self, *key: object) -> bool:
        now = self._clock.monotonic()
        with self._lock:
            last = self._posted.get(key)
            if last is not None and now - last < self._interval_seconds:
                return False
            if len(self._posted) >= _POSTS_REMEMBERED:
                self._posted = {
                    posted: at
                    for posted, at in self._posted.items()
                    if now - at < self._interval_seconds
                }
            self._posted[key] = now
            return True

    def _show(self, writings: list[tuple[str, dict[str, Any]]]) -> None:
        try:
            with self._database.writing(durable=False) as connection:
                for statement, values in writings:
                    connection.execute(statement, values)
        except BookAway as error:
            _LOG.warning("progress could not be shown: %s", error)
