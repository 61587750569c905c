"""Pub/Sub keeps the contract of the queue, on Google's own emulator.

Time is the server's there, so leases are short.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from contracts.task_queue_contract import TaskQueueContract, ref
from emulators.emulator_fixtures import google_project
from emulators.pubsub_home import publish_raw, pubsub_queue
from oracle_etl.gateways.google.pubsub import PubSubTaskQueue, QueueNames
from oracle_etl.gateways.system_clock import SystemClock
from oracle_etl.model.errors import QueueAway
from oracle_etl.ports import Clock

__all__ = ["google_project"]
pytestmark = pytest.mark.emulators


class TestPubSub(TaskQueueContract):
    lease_seconds = 3.0
    patience_seconds = 0.5

    @pytest.fixture
    def clock(self) -> Clock:
        return SystemClock()

    @pytest.fixture
    def queue(self, google_project: str, clock: Clock) -> PubSubTaskQueue:
        return pubsub_queue(google_project, clock=clock)

    @pytest.fixture
    def publish_raw(self, google_project: str, queue: PubSubTaskQueue) -> Callable[[bytes], None]:
        del queue  # its topic must be there first
        return partial(publish_raw, google_project)

    def test_whose_topic_is_not_there_is_away(self, google_project: str, clock: Clock) -> None:
        names = QueueNames(
            project=google_project, topic="gone", subscription="gone", dead_letters="gone"
        )
        with pytest.raises(QueueAway) as away:
            PubSubTaskQueue(names, clock=clock).verify()
        assert "PUBSUB_TOPIC" in away.value.hint

    def test_more_messages_than_one_request_carries_all_come(self, queue: PubSubTaskQueue) -> None:
        queue.publish([ref(number) for number in range(1001)])
        got = set()
        while (delivery := self.pull(queue)) is not None:
            got.add(delivery.ref)
            delivery.done()
        assert len(got) == 1001
