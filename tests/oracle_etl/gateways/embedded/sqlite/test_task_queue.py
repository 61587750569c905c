from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fakes.stepped_clock import SteppedClock
from oracle_etl.gateways.embedded.sqlite import Database, SqliteTaskQueue
from oracle_etl.gateways.embedded.sqlite.task_queue import SqliteDelivery
from oracle_etl.model.errors import QueueAway
from oracle_etl.model.work import WorkRef


@pytest.fixture
def queue(database: Database, clock: SteppedClock) -> SqliteTaskQueue:
    return SqliteTaskQueue(database, clock=clock)


def ref(number: int) -> WorkRef:
    return WorkRef(job_id="JOB-20260301-120000-0001", table_id=f"t{number:05d}")


def taken(queue: SqliteTaskQueue) -> SqliteDelivery:
    delivery = queue.pull(wait_seconds=0, lease_seconds=30)
    assert delivery is not None
    return delivery


class TestALane:
    def test_gives_what_was_published_to_it_alone(
        self, database: Database, queue: SqliteTaskQueue, clock: SteppedClock
    ) -> None:
        thick = SqliteTaskQueue(database, clock=clock, lane="thick")
        queue.publish([ref(1)])
        thick.publish([ref(2)])
        assert (taken(thick).ref, taken(queue).ref) == (ref(2), ref(1))
        assert thick.pull(wait_seconds=0, lease_seconds=30) is None

    def test_shares_its_dead_letters(self, database: Database, clock: SteppedClock) -> None:
        thick = SqliteTaskQueue(database, clock=clock, lane="thick", backstop=1)
        thick.publish([ref(1)])
        taken(thick).again()
        thin = SqliteTaskQueue(database, clock=clock, backstop=1)
        assert [each.ref for each in thin.dead_letters(limit=5)] == [ref(1)]


class TestAPullThatWaits:
    def test_gets_what_is_published_meanwhile(self, database: Database) -> None:
        publisher = SqliteTaskQueue(database, clock=SteppedClock())
        clock = SteppedClock(while_waiting=lambda: publisher.publish([ref(1)]))
        queue = SqliteTaskQueue(database, clock=clock)
        delivery = queue.pull(wait_seconds=10, lease_seconds=30)
        assert delivery is not None
        assert delivery.ref == ref(1)
        assert clock.monotonic() <= 0.05

    def test_ends_when_its_time_is_over(self, queue: SqliteTaskQueue, clock: SteppedClock) -> None:
        assert queue.pull(wait_seconds=2, lease_seconds=30) is None
        assert clock.monotonic() == pytest.approx(2)

    def test_looks_a_few_times_a_second_and_no_more(self, database: Database) -> None:
        looks: list[None] = []
        clock = SteppedClock(while_waiting=lambda: looks.append(None))
        SqliteTaskQueue(database, clock=clock).pull(wait_seconds=1, lease_seconds=30)
        assert 10 <= len(looks) <= 25

    def test_keeps_nobody_from_writing(self, queue: SqliteTaskQueue, path: Path) -> None:
        queue.publish([])
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert queue.pull(wait_seconds=1, lease_seconds=30) is None
            with pytest.raises(QueueAway):
                queue.publish([ref(1)])
            with pytest.raises(QueueAway):
                queue.verify()
            other.execute("ROLLBACK")


class TestMessages:
    def test_come_in_the_order_in_which_they_became_visible(
        self, queue: SqliteTaskQueue, clock: SteppedClock
    ) -> None:
        for number in range(3):
            queue.publish([ref(number)])
            clock.wait(1)
        taken(queue).again(5)
        assert [taken(queue).ref, taken(queue).ref] == [ref(1), ref(2)]
        clock.wait(5)
        assert taken(queue).ref == ref(0)

    def test_each_come_once_while_their_leases_hold(self, queue: SqliteTaskQueue) -> None:
        queue.publish([ref(number) for number in range(20)])
        assert [taken(queue).ref for _ in range(20)] == [ref(number) for number in range(20)]
        assert queue.pull(wait_seconds=0, lease_seconds=30) is None

    def test_outlive_the_program(self, database: Database, clock: SteppedClock) -> None:
        SqliteTaskQueue(database, clock=clock).publish([ref(1)])
        database.close()
        assert taken(SqliteTaskQueue(database, clock=clock)).ref == ref(1)


class TestADeliveryInOtherHands:
    def test_is_not_settled_by_the_old_ones(
        self, queue: SqliteTaskQueue, clock: SteppedClock
    ) -> None:
        queue.publish([ref(1)])
        late = taken(queue)
        clock.wait(31)
        taken(queue)
        late.done()
        clock.wait(31)
        assert taken(queue).ref == ref(1)

    def test_is_not_given_back_by_the_old_ones(
        self, queue: SqliteTaskQueue, clock: SteppedClock
    ) -> None:
        queue.publish([ref(1)])
        late = taken(queue)
        clock.wait(31)
        taken(queue)
        late.again()
        assert queue.pull(wait_seconds=0, lease_seconds=30) is None

    def test_is_settled_by_whoever_comes_late_but_first(
        self, queue: SqliteTaskQueue, clock: SteppedClock
    ) -> None:
        queue.publish([ref(1)])
        late = taken(queue)
        clock.wait(31)
        late.done()
        assert queue.pull(wait_seconds=0, lease_seconds=30) is None


class TestADeliveryGivenBack:
    def test_cannot_be_settled_any_more(self, queue: SqliteTaskQueue) -> None:
        queue.publish([ref(1)])
        delivery = taken(queue)
        delivery.again()
        delivery.done()
        assert taken(queue).ref == ref(1)


class TestADeadLetter:
    def test_comes_again_when_nobody_settled_it(
        self, database: Database, clock: SteppedClock
    ) -> None:
        queue = SqliteTaskQueue(database, clock=clock, backstop=1)
        queue.publish([ref(1)])
        taken(queue).again()
        assert [dead.ref for dead in queue.dead_letters(limit=10)] == [ref(1)]
        assert list(queue.dead_letters(limit=10)) == []
        clock.wait(61)
        assert [dead.ref for dead in queue.dead_letters(limit=10)] == [ref(1)]

    def test_does_not_stand_in_the_way(self, database: Database, clock: SteppedClock) -> None:
        queue = SqliteTaskQueue(database, clock=clock, backstop=1)
        queue.publish([ref(1)])
        taken(queue).again()
        queue.publish([ref(2)])
        assert taken(queue).ref == ref(2)

    def test_is_taken_in_portions(self, database: Database, clock: SteppedClock) -> None:
        queue = SqliteTaskQueue(database, clock=clock, backstop=1)
        queue.publish([ref(number) for number in range(3)])
        for _ in range(3):
            taken(queue).again()
        assert [len(queue.dead_letters(limit=2)) for _ in range(3)] == [2, 1, 0]
