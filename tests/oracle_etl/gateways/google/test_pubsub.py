"""What the queue in Pub/Sub does that no emulator can show."""

from __future__ import annotations

from typing import Any

import pytest
from google.api_core.exceptions import DeadlineExceeded, NotFound, PermissionDenied
from google.pubsub_v1 import PullResponse

from fakes.stepped_clock import SteppedClock
from google_fakes.subscriber import ScriptedSubscriber, received
from oracle_etl.gateways.google.pubsub import PubSubTaskQueue, QueueNames
from oracle_etl.model.errors import QueueAway
from oracle_etl.model.work import WorkRef
from oracle_etl.ports import Delivery

REF = WorkRef(job_id="JOB-20260301-120000-0001", table_id="t00000")


class Home:
    """A queue whose pulling and settling subscribers are told apart."""

    def __init__(self) -> None:
        self.clock = SteppedClock()
        self.pulling, self.settling = ScriptedSubscriber(), ScriptedSubscriber()
        self._built = [self.pulling, self.settling]
        build: Any = lambda: self._built.pop(0)  # noqa: E731 - a factory of fakes
        self.queue = PubSubTaskQueue(
            QueueNames(project="p", topic="t", subscription="s", dead_letters="d"),
            clock=self.clock,
            build_publisher=build,
            build_subscriber=build,
        )

    def pull(self, *, lease_seconds: float = 120) -> Delivery | None:
        return self.queue.pull(wait_seconds=0, lease_seconds=lease_seconds)

    def taken(self) -> Delivery:
        self.pulling.answers.append(received(REF.to_message()))
        delivery = self.pull()
        assert delivery is not None
        return delivery

    @property
    def settled(self) -> list[str]:
        return [name for name, _ in self.settling.asked]


@pytest.fixture
def home() -> Home:
    return Home()


class TestAPull:
    def test_takes_one_message_and_is_not_repeated_by_the_client(self, home: Home) -> None:
        home.pull()
        assert home.pulling.asked == [
            (
                "pull",
                {
                    "subscription": "projects/p/subscriptions/s",
                    "max_messages": 1,
                    "retry": None,
                    "timeout": 5.0,
                },
            )
        ]

    def test_finds_nothing_when_its_time_is_up(self, home: Home) -> None:
        home.pulling.answers.append(DeadlineExceeded("504"))  # type: ignore[no-untyped-call]
        assert home.pull() is None

    def test_goes_on_after_an_empty_answer(self, home: Home) -> None:
        clock = SteppedClock()
        home.queue._clock = clock
        home.pulling.answers.extend([PullResponse(), received(REF.to_message())])
        found = home.queue.pull(wait_seconds=20, lease_seconds=120)
        assert found is not None
        assert found.ref == REF

    def test_that_is_refused_says_what_to_do(self, home: Home) -> None:
        refusals = {PermissionDenied: "roles/pubsub.subscriber", NotFound: "PUBSUB_SUBSCRIPTION"}
        for kind, hint in refusals.items():
            home.pulling.answers.append(kind("no"))  # type: ignore[no-untyped-call]
            with pytest.raises(QueueAway) as away:
                home.pull()
            assert hint in away.value.hint

    @pytest.mark.parametrize("seconds", [0, 9.9, 600.1, 3600])
    def test_for_a_lease_that_pubsub_cannot_keep_is_a_mistake(
        self, home: Home, seconds: float
    ) -> None:
        with pytest.raises(ValueError, match="between 10 and 600"):
            home.pull(lease_seconds=seconds)
        assert home.pulling.asked == []


class TestAMessage:
    def test_is_kept_from_the_moment_it_came_by_another_client(self, home: Home) -> None:
        home.taken()
        assert home.settling.asked == [
            (
                "modify_ack_deadline",
                {
                    "subscription": "projects/p/subscriptions/s",
                    "ack_ids": ["a1"],
                    "ack_deadline_seconds": 120,
                },
            )
        ]

    def test_is_left_alone_once_its_lease_has_lapsed(self, home: Home) -> None:
        delivery = home.taken()
        home.clock.wait(120)
        delivery.extend(120)
        delivery.again()
        delivery.done()
        assert home.settled == ["modify_ack_deadline"]

    def test_is_settled_once(self, home: Home) -> None:
        delivery = home.taken()
        delivery.done()
        delivery.done()
        delivery.again()
        assert home.settled == ["modify_ack_deadline", "acknowledge"]

    def test_lives_as_long_as_it_is_extended(self, home: Home) -> None:
        delivery = home.taken()
        for _ in range(10):
            home.clock.wait(100)
            delivery.extend(120)
        delivery.done()
        assert home.settled[-1] == "acknowledge"

    def test_comes_back_after_ten_minutes_at_most(self, home: Home) -> None:
        home.taken().again(86_400)
        assert home.settling.asked[-1][1]["ack_deadline_seconds"] == 600


class TestDeadLetters:
    def test_are_pulled_from_their_own_subscription(self, home: Home) -> None:
        home.pulling.answers.append(received(REF.to_message(), ack_id="dead"))
        (dead,) = home.queue.dead_letters(limit=10)
        assert dead.ref == REF
        assert home.pulling.asked[-1][1]["timeout"] == 1.0
        dead.done()
        assert home.settling.asked == [
            ("acknowledge", {"subscription": "projects/p/subscriptions/d", "ack_ids": ["dead"]})
        ]
