"""The queue of the embedded home: messages with leases in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import timedelta

from oracle_etl.gateways.embedded.sqlite.database import Database
from oracle_etl.gateways.embedded.sqlite.rows import microseconds
from oracle_etl.model.errors import QueueAway
from oracle_etl.model.work import WorkRef
from oracle_etl.ports import Clock

_POLL_SECONDS = 0.05
_DEAD_LETTER_LEASE_SECONDS = 60.0

_PUBLISH = "INSERT INTO messages (lane, visible_at, deliveries, body) VALUES (?, ?, 0, ?)"
_READY = """
    SELECT id, deliveries, body FROM messages
    WHERE lane = ? AND visible_at <= ? AND deliveries < ? ORDER BY visible_at, id LIMIT 1
"""
_DEAD = """
    SELECT id, deliveries, body FROM messages
    WHERE visible_at <= ? AND deliveries >= ? ORDER BY visible_at, id LIMIT ?
"""
_LEASE = "UPDATE messages SET visible_at = ?, deliveries = deliveries + 1 WHERE id = ?"
_SHOW_AT = "UPDATE messages SET visible_at = ? WHERE id = ? AND deliveries = ?"
_SETTLE = "DELETE FROM messages WHERE id = ? AND deliveries = ?"


class SqliteTaskQueue:
    """Messages that become visible, are leased, and become visible again until settled.

    What is published to one lane is pulled from that lane alone. After `backstop` deliveries a
    message is a dead letter, whichever its lane.
    """

    def __init__(
        self, database: Database, *, clock: Clock, lane: str = "thin", backstop: int = 50
    ) -> None:
        self._database = database
        self._clock = clock
        self._lane = lane
        self._backstop = backstop

    def publish(self, refs: Sequence[WorkRef]) -> None:
        """Publish one message each; returns when the file has them all."""
        self.publish_bodies([ref.to_message() for ref in refs])

    def publish_bodies(self, bodies: Sequence[bytes]) -> None:
        """Publish messages as they are."""
        now = self._moment(0)
        with self._database.writing(away=QueueAway) as connection:
            connection.executemany(_PUBLISH, [(self._lane, now, body) for body in bodies])

    def pull(self, *, wait_seconds: float, lease_seconds: float) -> SqliteDelivery | None:
        """Take the message that has waited longest, waiting up to `wait_seconds` for one."""
        deadline = self._clock.monotonic() + wait_seconds
        while True:
            delivery = self._taken(lease_seconds)
            left = deadline - self._clock.monotonic()
            if delivery is not None or left <= 0:
                return delivery
            self._clock.wait(min(_POLL_SECONDS, left))

    def dead_letters(self, *, limit: int) -> Sequence[SqliteDelivery]:
        """Take messages that came back more often than the backstop allows."""
        with self._database.writing(away=QueueAway, durable=False) as connection:
            rows = connection.execute(_DEAD, (self._moment(0), self._backstop, limit)).fetchall()
            return [self._leased(connection, row, _DEAD_LETTER_LEASE_SECONDS) for row in rows]

    def verify(self) -> None:
        """Prove that the file can be written."""
        with self._database.writing(away=QueueAway, durable=False):
            pass

    def _taken(self, lease_seconds: float) -> SqliteDelivery | None:
        wanted = (self._lane, self._moment(0), self._backstop)
        # Looking takes no lock, so that many idle workers do not keep a busy one from writing.
        with self._database.reading(away=QueueAway) as connection:
            if connection.execute(_READY, wanted).fetchone() is None:
                return None
        with self._database.writing(away=QueueAway, durable=False) as connection:
            row = connection.execute(_READY, wanted).fetchone()
            return None if row is None else self._leased(connection, row, lease_seconds)

    def _leased(
        self, connection: sqlite3.Connection, row: sqlite3.Row, seconds: float
    ) -> SqliteDelivery:
        connection.execute(_LEASE, (self._moment(seconds), row["id"]))
        return SqliteDelivery(
            self._database,
            clock=self._clock,
            message_id=row["id"],
            deliveries=row["deliveries"] + 1,
            body=row["body"],
        )

    def _moment(self, seconds: float) -> int:
        return microseconds(self._clock.now() + timedelta(seconds=seconds))


class SqliteDelivery:
    """A message in somebody's hands; the number of its deliveries tells these from other hands."""

    def __init__(
        self, database: Database, *, clock: Clock, message_id: int, deliveries: int, body: bytes
    ) -> None:
        self._database = database
        self._clock = clock
        self._message_id = message_id
        self._deliveries = deliveries
        self._body = body
        self._is_settled = False

    @property
    def ref(self) -> WorkRef:
        """The work it hints at; UnreadableMessage where it hints at nothing."""
        return WorkRef.from_message(self._body)

    def extend(self, seconds: float) -> None:
        """Keep the message for so long from now."""
        self._show_after(seconds)

    def done(self) -> None:
        """Settle the message: it will not come again."""
        self._write(_SETTLE)
        self._is_settled = True

    def again(self, delay_seconds: float = 0) -> None:
        """Give the message back, to come again after a delay."""
        self._show_after(delay_seconds)
        self._is_settled = True

    def _show_after(self, seconds: float) -> None:
        self._write(_SHOW_AT, microseconds(self._clock.now() + timedelta(seconds=seconds)))

    def _write(self, statement: str, *values: int) -> None:
        if self._is_settled:
            return
        with self._database.writing(away=QueueAway, durable=False) as connection:
            connection.execute(statement, (*values, self._message_id, self._deliveries))
