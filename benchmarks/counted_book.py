"""The book of one machine, with a count of what each job costs where every document is paid for."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from oracle_etl.gateways.embedded.sqlite import Database, SqliteJobBook
from oracle_etl.gateways.embedded.sqlite.entries import SqliteEntries
from oracle_etl.ports import Entries

T = TypeVar("T")
_NEXT_CHANGE = "UPDATE changes "
_WRITTEN_TO = re.compile(r"(?:INTO|UPDATE|FROM)\s+(\w+)")


class CountedJobBook(SqliteJobBook):
    """Counts transactions, and the documents that they write and read."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._counted_database = database
        self._lock = threading.Lock()
        self.counted: Counter[str] = Counter()

    def transact(self, work: Callable[[Entries], T]) -> T:
        """Run `work` in one transaction, and note what it did."""
        counted: Counter[str] = Counter(transactions=1)
        with self._counted_database.writing() as connection:
            result = work(_CountedEntries(connection, counted))
        with self._lock:
            self.counted += counted
        return result


class _CountedEntries(SqliteEntries):
    """Counts documents; the number of a table's change is SQLite's own business."""

    def __init__(self, connection: sqlite3.Connection, counted: Counter[str]) -> None:
        super().__init__(connection)
        self._counted = counted

    def _all(self, query: str, *values: str | int) -> list[sqlite3.Row]:
        rows = super()._all(query, *values)
        self._counted["reads"] += max(1, len(rows))
        return rows

    def _write(self, statement: str, values: Sequence[Any] | dict[str, Any] = ()) -> int:
        if not statement.startswith(_NEXT_CHANGE):
            self._counted["writes"] += 1
            self._counted[f"writes to {_written_to(statement)}"] += 1
        return super()._write(statement, values)


def _written_to(statement: str) -> str:
    found = _WRITTEN_TO.search(statement)
    assert found is not None, "every statement of the book names a table"
    return found[1]
