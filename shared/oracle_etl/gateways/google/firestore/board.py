"""Progress shown on the documents that clients listen to: each write is paid for per listener."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from google.api_core import exceptions as google_errors
from google.cloud import firestore

from oracle_etl.gateways.google.firestore import documents
from oracle_etl.gateways.google.firestore.client import (
    RETRIED,
    TIMEOUT_SECONDS,
    Database,
    named_errors,
)
from oracle_etl.gateways.stored_documents import Document, plain
from oracle_etl.model.errors import TryAgain
from oracle_etl.model.job import Totals
from oracle_etl.model.progress import Progress
from oracle_etl.model.work import WorkStatus
from oracle_etl.ports import Clock

_log = logging.getLogger(__name__)
_REMEMBERED: Final = 1000
"""Documents whose last post is known; a worker has a few at a time."""
_Shown = Progress | Totals
_NOTHING_TO_SHOW_ON: Final = (google_errors.NotFound, google_errors.FailedPrecondition)
"""The document is not there, or was changed since it was looked at."""


class FirestoreProgressBoard:
    """Writes progress when it changed, at most once per interval and document.

    Stages are no progress: they are written with the state, and never skipped.
    """

    def __init__(self, database: Database, *, clock: Clock, interval_seconds: float = 5.0) -> None:
        self._database = database
        self._clock = clock
        self._interval_seconds = interval_seconds
        self._lock = threading.Lock()
        self._posted: OrderedDict[str, tuple[float, _Shown]] = OrderedDict()

    def post_table(self, job_id: str, table_id: str, progress: Progress) -> None:
        """Show a table's progress."""
        path = documents.table_path(job_id, table_id)
        if self._is_due(path, progress):
            fields = {"progress": plain(progress), "changed_at": firestore.SERVER_TIMESTAMP}
            if progress.parts_total > 1:
                self._update_running(path, fields)
            else:
                self._update(path, fields)

    def post_part(self, job_id: str, table_id: str, number: int, progress: Progress) -> None:
        """Show a part's progress."""
        path = documents.part_path(job_id, table_id, number)
        if self._is_due(path, progress):
            self._update(path, {"progress": plain(progress)})

    def post_totals(self, job_id: str, totals: Totals) -> None:
        """Show a job's live totals."""
        path = documents.job_path(job_id)
        if self._is_due(path, totals):
            self._update(path, {"totals": plain(totals)})

    def _is_due(self, path: str, shown: _Shown) -> bool:
        """Tell whether to write, and remember that it will be written."""
        now = self._clock.monotonic()
        with self._lock:
            before = self._posted.get(path)
            if before is not None:
                at, last = before
                if now - at < self._interval_seconds or replace(shown, at=last.at) == last:
                    return False
            self._posted[path] = (now, shown)
            self._posted.move_to_end(path)
            if len(self._posted) > _REMEMBERED:
                self._posted.popitem(last=False)
            return True

    def _update(self, path: str, fields: Document) -> None:
        with _lost_where_it_fails(path):
            self._database.client.document(path).update(fields, retry=None, timeout=TIMEOUT_SECONDS)

    def _update_running(self, path: str, fields: Document) -> None:
        """Write unless the table has ended, or is changed at this moment.

        What a table in parts has carried is not told by whoever ends it. Told behind the end it
        would stay, and those who follow changes would take the table for one that ended anew.
        """
        with _lost_where_it_fails(path):
            client = self._database.client
            table = client.document(path)
            found = table.get(["status"], retry=RETRIED, timeout=TIMEOUT_SECONDS)
            if found.get("status") == WorkStatus.RUNNING:
                as_it_was = client.write_option(last_update_time=found.update_time)
                table.update(fields, option=as_it_was, retry=None, timeout=TIMEOUT_SECONDS)


@contextmanager
def _lost_where_it_fails(path: str) -> Iterator[None]:
    """Tell the log of a failure. Nothing is tried again: the next post says more than this one."""
    try:
        with named_errors(f"showing progress on {path}"):
            yield
    except TryAgain as error:
        if not isinstance(error.__cause__, _NOTHING_TO_SHOW_ON):
            _log.warning("%s", error.message)
