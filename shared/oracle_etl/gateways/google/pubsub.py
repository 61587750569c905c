"""The queue in Pub/Sub: one message pulled at a time, kept by renewing its deadline.

Unary pulls, since the streaming client takes messages ahead and lets their deadlines run while
they wait. Publishing is one request too, which has succeeded when it returns: nothing is left to
a thread behind an HTTP answer, where Cloud Run takes the processor away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from google.api_core import exceptions as google_errors
from google.api_core.retry import Retry, if_exception_type
from google.cloud.pubsub_v1 import (  # type: ignore[import-untyped]  # it ships no types
    PublisherClient as ThreadedPublisher,
)
from google.cloud.pubsub_v1 import SubscriberClient as ThreadedSubscriber
from google.pubsub_v1 import PublisherClient, PubsubMessage, ReceivedMessage, SubscriberClient

from oracle_etl.gateways.google.once import BuiltOnce
from oracle_etl.gateways.google.vendor_errors import (
    DEFECT,
    SIGN_IN,
    Table,
    Verdict,
    google_table,
    named_by,
)
from oracle_etl.model.errors import GiveUp, QueueAway
from oracle_etl.model.work import WorkRef
from oracle_etl.ports import Clock, Delivery

SHORTEST_LEASE_SECONDS: Final = 10.0
LONGEST_LEASE_SECONDS: Final = 600.0
"""What Pub/Sub accepts. Its emulator accepts more, so it is checked here."""

_MESSAGES_AT_ONCE = 1000
_TIMEOUT_SECONDS = 10.0
SHORTEST_PULL_SECONDS: Final = 5.0
"""A pull that gives up sooner may never see a message that is there: with 1 s, messages were seen
to wait for minutes and days (googleapis/python-pubsub#1414). One that waits for longer would
answer a SIGTERM too late."""

_DEAD_LETTERS_SECONDS = 1.0
"""Mostly there are none, the next tick asks again, and its time is paid for."""

ERRORS: Table = google_table(
    away=Verdict(QueueAway),
    signed_out=Verdict(QueueAway, SIGN_IN),
    without_right=Verdict(
        QueueAway,
        "grant the service account roles/pubsub.publisher and roles/pubsub.viewer on the topic, "
        "and roles/pubsub.subscriber on the subscriptions",
    ),
    missing=Verdict(
        QueueAway, "create what PUBSUB_TOPIC, PUBSUB_SUBSCRIPTION and PUBSUB_DEAD_LETTERS name"
    ),
    unfit=Verdict(GiveUp, DEFECT),
    defect=Verdict(GiveUp, DEFECT),
    others={},
)
_RETRIED = Retry(
    predicate=if_exception_type(
        google_errors.ServiceUnavailable,
        google_errors.InternalServerError,
        google_errors.DeadlineExceeded,
        google_errors.Unknown,
        google_errors.Aborted,
    ),
    initial=0.1,
    maximum=2.0,
    timeout=30.0,
)


@contextmanager
def named_errors(doing: str) -> Iterator[None]:
    """Turn what Pub/Sub's client raises into our errors."""
    with named_by(ERRORS, doing=doing):
        yield


def publisher() -> PublisherClient:
    """Build a publisher without the batches and threads of the client that wraps it."""
    return PublisherClient(transport=ThreadedPublisher().transport)


def subscriber() -> SubscriberClient:
    """Build a subscriber with a channel of its own."""
    return SubscriberClient(transport=ThreadedSubscriber().transport)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueNames:
    """What the queue is called in Google Cloud."""

    project: str
    topic: str
    subscription: str
    dead_letters: str
    """The subscription of the dead-letter topic."""


class PubSubTaskQueue:
    """Messages of a topic, through the workers' subscription and that of dead letters.

    The subscription counts deliveries and sends a message to the dead letters after 50: far
    above the attempts that the book counts, so only messages that nobody can settle get there.
    """

    def __init__(
        self,
        names: QueueNames,
        *,
        clock: Clock,
        build_publisher: Callable[[], PublisherClient] = publisher,
        build_subscriber: Callable[[], SubscriberClient] = subscriber,
        shortest_lease_seconds: float = SHORTEST_LEASE_SECONDS,
        shortest_pull_seconds: float = SHORTEST_PULL_SECONDS,
    ) -> None:
        self._topic = f"projects/{names.project}/topics/{names.topic}"
        self._subscription = f"projects/{names.project}/subscriptions/{names.subscription}"
        self._dead_letters = f"projects/{names.project}/subscriptions/{names.dead_letters}"
        self._clock = clock
        self._shortest_lease_seconds = shortest_lease_seconds
        self._shortest_pull_seconds = shortest_pull_seconds
        self._publisher = BuiltOnce(build_publisher)
        self._pulling = BuiltOnce(build_subscriber)
        # A pull occupies its channel's worker for seconds; renewals must not wait behind it.
        self._settling = BuiltOnce(build_subscriber)

    def publish(self, refs: Sequence[WorkRef]) -> None:
        """Publish one message each; a repeat after a lost reply publishes some twice."""
        for first in range(0, len(refs), _MESSAGES_AT_ONCE):
            messages = [
                PubsubMessage(data=ref.to_message())
                for ref in refs[first : first + _MESSAGES_AT_ONCE]
            ]
            with named_errors(f"publishing to {self._topic}"):
                self._publisher.get().publish(
                    request={"topic": self._topic, "messages": messages},
                    retry=_RETRIED,
                    timeout=_TIMEOUT_SECONDS,
                )

    def pull(self, *, wait_seconds: float, lease_seconds: float) -> Delivery | None:
        """Take one message; an empty answer before the time is up is no answer."""
        self._check_lease(lease_seconds)
        deadline = self._clock.monotonic() + wait_seconds
        while True:
            left = max(self._shortest_pull_seconds, deadline - self._clock.monotonic())
            for received in self._pulled(self._subscription, limit=1, wait_seconds=left):
                delivery = self._delivery(self._subscription, received)
                delivery.extend(lease_seconds)
                return delivery
            if self._clock.monotonic() >= deadline:
                return None

    def dead_letters(self, *, limit: int) -> Sequence[Delivery]:
        """Take messages that came back too often."""
        seconds = min(_DEAD_LETTERS_SECONDS, self._shortest_pull_seconds)
        found = self._pulled(self._dead_letters, limit=limit, wait_seconds=seconds)
        return [self._delivery(self._dead_letters, received) for received in found]

    def verify(self) -> None:
        """Ask for the topic. Not tried again: whoever asks wants to know how it is now."""
        with named_errors(f"looking at {self._topic}"):
            self._publisher.get().get_topic(
                request={"topic": self._topic}, retry=None, timeout=_TIMEOUT_SECONDS
            )

    def _pulled(
        self, subscription: str, *, limit: int, wait_seconds: float
    ) -> Sequence[ReceivedMessage]:
        with named_errors(f"pulling from {subscription}"):
            try:
                response = self._pulling.get().pull(
                    request={"subscription": subscription, "max_messages": limit},
                    retry=None,
                    timeout=wait_seconds,
                )
            except google_errors.DeadlineExceeded:
                # This is how Pub/Sub says that no message came in time.
                return []
            return list(response.received_messages)

    def _delivery(self, subscription: str, received: ReceivedMessage) -> PubSubDelivery:
        return PubSubDelivery(
            received,
            subscription=subscription,
            settling=self._settling,
            clock=self._clock,
            check_lease=self._check_lease,
        )

    def _check_lease(self, seconds: float) -> None:
        if not self._shortest_lease_seconds <= seconds <= LONGEST_LEASE_SECONDS:
            raise ValueError(
                f"a lease of {seconds} s is not between {self._shortest_lease_seconds:g} and "
                f"{LONGEST_LEASE_SECONDS:g} s, which is what Pub/Sub can keep"
            )


class PubSubDelivery:
    """One message; its heartbeat may come from another thread than its end."""

    def __init__(
        self,
        received: ReceivedMessage,
        *,
        subscription: str,
        settling: BuiltOnce[SubscriberClient],
        clock: Clock,
        check_lease: Callable[[float], None],
    ) -> None:
        self._received = received
        self._subscription = subscription
        self._settling = settling
        self._clock = clock
        self._check_lease = check_lease
        self._kept_until: float | None = None
        """When the lease lapses; None while it is the subscription's own."""

    @property
    def ref(self) -> WorkRef:
        """The work it hints at."""
        return WorkRef.from_message(bytes(self._received.message.data))

    def extend(self, seconds: float) -> None:
        """Keep the message for so long from now."""
        self._check_lease(seconds)
        if not self._has_lapsed:
            asked_at = self._clock.monotonic()
            self._modify(round(seconds))
            self._kept_until = asked_at + seconds

    def done(self) -> None:
        """Settle the message."""
        if self._has_lapsed:
            return
        with named_errors(f"settling a message of {self._subscription}"):
            self._settling.get().acknowledge(
                request={
                    "subscription": self._subscription,
                    "ack_ids": [self._received.ack_id],
                },
                retry=_RETRIED,
                timeout=_TIMEOUT_SECONDS,
            )
        self._end()

    def again(self, delay_seconds: float = 0) -> None:
        """Give the message back: a deadline as long as the delay, and nobody renews it."""
        if not self._has_lapsed:
            self._modify(round(min(max(delay_seconds, 0.0), LONGEST_LEASE_SECONDS)))
            self._end()

    @property
    def _has_lapsed(self) -> bool:
        # Pub/Sub may honour a late answer, and would then take the message from its new owner.
        return self._kept_until is not None and self._clock.monotonic() >= self._kept_until

    def _end(self) -> None:
        self._kept_until = self._clock.monotonic()

    def _modify(self, seconds: int) -> None:
        with named_errors(f"keeping a message of {self._subscription}"):
            self._settling.get().modify_ack_deadline(
                request={
                    "subscription": self._subscription,
                    "ack_ids": [self._received.ack_id],
                    "ack_deadline_seconds": seconds,
                },
                retry=_RETRIED,
                timeout=_TIMEOUT_SECONDS,
            )
