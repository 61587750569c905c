"""What every TaskQueue does: `class TestMine(TaskQueueContract)` with three fixtures.

Time passes by `clock.wait`: a stepped clock where the queue takes its time from a Clock,
the real one where time is the server's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from contracts.together import all_at_once
from oracle_etl.model.errors import UnreadableMessage
from oracle_etl.model.work import WorkRef
from oracle_etl.ports import Clock, Delivery, TaskQueue


def ref(number: int = 0, *, part: int | None = None) -> WorkRef:
    return WorkRef(job_id="JOB-20260301-120000-0001", table_id=f"t{number:05d}", part=part)


class TaskQueueContract:
    """Give `queue` a fresh, empty queue and this `clock`; `publish_raw` puts bytes on it."""

    lease_seconds = 30.0
    patience_seconds = 1.0
    """How long a pull waits; a message that is there must come within it."""
    backstop = 50
    """Deliveries after which a message is a dead letter."""
    messages = 30
    """How many messages a queue is filled with where many are pulled."""

    @pytest.fixture
    def clock(self) -> Clock:
        raise NotImplementedError

    @pytest.fixture
    def queue(self) -> TaskQueue:
        raise NotImplementedError

    @pytest.fixture
    def publish_raw(self) -> Callable[[bytes], None]:
        raise NotImplementedError

    def pull(self, queue: TaskQueue) -> Delivery | None:
        return queue.pull(wait_seconds=self.patience_seconds, lease_seconds=self.lease_seconds)

    def taken(self, queue: TaskQueue) -> Delivery:
        delivery = self.pull(queue)
        assert delivery is not None, "a message that is there did not come"
        return delivery

    def test_a_message_comes_with_the_work_it_hints_at(self, queue: TaskQueue) -> None:
        queue.publish([ref(7, part=3)])
        assert self.taken(queue).ref == ref(7, part=3)

    def test_nothing_comes_from_an_empty_queue(self, queue: TaskQueue) -> None:
        queue.publish([])
        assert self.pull(queue) is None

    def test_that_is_there_is_verified_and_nothing_comes_of_it(self, queue: TaskQueue) -> None:
        queue.verify()
        assert self.pull(queue) is None

    def test_every_message_comes(self, queue: TaskQueue) -> None:
        sent = {ref(number) for number in range(self.messages)}
        queue.publish(sorted(sent))
        got: set[WorkRef] = set()
        while got != sent:
            delivery = self.taken(queue)
            got.add(delivery.ref)
            delivery.done()
        assert self.pull(queue) is None

    def test_every_message_comes_to_one_of_many_who_pull(self, queue: TaskQueue) -> None:
        sent = {ref(number) for number in range(self.messages)}
        queue.publish(sorted(sent))
        got: list[WorkRef] = []
        lock = threading.Lock()

        def work() -> None:
            while (delivery := self.pull(queue)) is not None:
                with lock:
                    got.append(delivery.ref)
                delivery.done()

        all_at_once([work] * 4)
        assert set(got) == sent

    def test_two_messages_about_one_work_both_come(self, queue: TaskQueue) -> None:
        queue.publish([ref(), ref()])
        self.taken(queue).done()
        self.taken(queue).done()
        assert self.pull(queue) is None

    def test_a_leased_message_comes_to_nobody_else(self, queue: TaskQueue) -> None:
        queue.publish([ref()])
        delivery = self.taken(queue)
        assert self.pull(queue) is None
        delivery.done()

    def test_a_settled_message_never_comes_again(self, queue: TaskQueue, clock: Clock) -> None:
        queue.publish([ref()])
        self.taken(queue).done()
        clock.wait(self.lease_seconds + 1)
        assert self.pull(queue) is None

    def test_a_message_whose_lease_lapses_comes_again(self, queue: TaskQueue, clock: Clock) -> None:
        queue.publish([ref()])
        self.taken(queue)
        clock.wait(self.lease_seconds + 1)
        assert self.taken(queue).ref == ref()

    def test_an_extended_message_stays(self, queue: TaskQueue, clock: Clock) -> None:
        queue.publish([ref()])
        delivery = self.taken(queue)
        clock.wait(self.lease_seconds * 0.7)
        delivery.extend(self.lease_seconds)
        clock.wait(self.lease_seconds * 0.7)
        assert self.pull(queue) is None
        clock.wait(self.lease_seconds)
        assert self.taken(queue).ref == ref()

    def test_a_message_given_back_comes_again_at_once(self, queue: TaskQueue) -> None:
        queue.publish([ref()])
        self.taken(queue).again()
        assert self.taken(queue).ref == ref()

    def test_a_message_given_back_with_a_delay_comes_after_it(
        self, queue: TaskQueue, clock: Clock
    ) -> None:
        delay = self.patience_seconds * 4
        queue.publish([ref()])
        self.taken(queue).again(delay)
        assert self.pull(queue) is None
        clock.wait(delay)
        assert self.taken(queue).ref == ref()

    def test_whoever_settles_too_late_does_no_harm(self, queue: TaskQueue, clock: Clock) -> None:
        queue.publish([ref()])
        late = self.taken(queue)
        clock.wait(self.lease_seconds + 1)
        self.taken(queue).done()
        late.extend(self.lease_seconds)
        late.again()
        late.done()
        late.done()
        assert self.pull(queue) is None

    @pytest.mark.parametrize("body", [b"null", b"{}", b"\xff\xfe", b'{"v":99}', b"x" * 5000])
    def test_a_message_that_no_version_wrote_can_be_settled(
        self, queue: TaskQueue, publish_raw: Callable[[bytes], None], body: bytes, clock: Clock
    ) -> None:
        publish_raw(body)
        delivery = self.taken(queue)
        with pytest.raises(UnreadableMessage):
            delivery.ref  # noqa: B018 - reading it is the act
        delivery.done()
        clock.wait(self.lease_seconds + 1)
        assert self.pull(queue) is None

    def test_a_message_that_comes_back_too_often_is_a_dead_letter(self, queue: TaskQueue) -> None:
        queue.publish([ref(1)])
        for _ in range(self.backstop):
            self.taken(queue).again()
        assert self.pull(queue) is None
        (dead,) = queue.dead_letters(limit=10)
        assert dead.ref == ref(1)
        dead.done()
        assert list(queue.dead_letters(limit=10)) == []

    def test_a_message_that_may_still_come_is_no_dead_letter(self, queue: TaskQueue) -> None:
        queue.publish([ref(1)])
        self.taken(queue).again()
        assert list(queue.dead_letters(limit=10)) == []
        assert self.taken(queue).ref == ref(1)
