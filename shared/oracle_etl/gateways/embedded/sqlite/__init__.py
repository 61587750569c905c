"""State and queue of the embedded home in one SQLite file; nothing else imports sqlite3."""

from __future__ import annotations

from oracle_etl.gateways.embedded.sqlite.database import Database
from oracle_etl.gateways.embedded.sqlite.job_book import SqliteJobBook
from oracle_etl.gateways.embedded.sqlite.progress_board import SqliteProgressBoard
from oracle_etl.gateways.embedded.sqlite.task_queue import SqliteTaskQueue

__all__ = ["Database", "SqliteJobBook", "SqliteProgressBoard", "SqliteTaskQueue"]
