"""A queue on Pub/Sub's emulator, with the subscriptions that production has."""

from __future__ import annotations

from google.cloud.pubsub_v1 import (  # type: ignore[import-untyped]  # it ships no types
    PublisherClient,
    SubscriberClient,
)

from oracle_etl.gateways.google.pubsub import PubSubTaskQueue, QueueNames
from oracle_etl.ports import Clock

TOPIC = "oracle-etl-tables"
DEAD_TOPIC = "oracle-etl-dead-letters"
BACKSTOP = 50


def pubsub_queue(project: str, *, clock: Clock) -> PubSubTaskQueue:
    """Create topics and subscriptions in a test's own project, and return its queue."""
    publisher, subscriber = PublisherClient(), SubscriberClient()
    for topic in (TOPIC, DEAD_TOPIC):
        publisher.create_topic(request={"name": _topic(project, topic)})
    subscriber.create_subscription(
        request={
            "name": _subscription(project, TOPIC),
            "topic": _topic(project, TOPIC),
            "ack_deadline_seconds": 10,
            "dead_letter_policy": {
                "dead_letter_topic": _topic(project, DEAD_TOPIC),
                "max_delivery_attempts": BACKSTOP,
            },
        }
    )
    subscriber.create_subscription(
        request={
            "name": _subscription(project, DEAD_TOPIC),
            "topic": _topic(project, DEAD_TOPIC),
            "ack_deadline_seconds": 10,
        }
    )
    publisher.transport.close()
    subscriber.close()
    return PubSubTaskQueue(
        QueueNames(project=project, topic=TOPIC, subscription=TOPIC, dead_letters=DEAD_TOPIC),
        clock=clock,
        shortest_lease_seconds=1,
        shortest_pull_seconds=0.3,
    )


def publish_raw(project: str, body: bytes) -> None:
    """Put bytes on the topic that are no message of ours."""
    publisher = PublisherClient()
    publisher.publish(_topic(project, TOPIC), body).result(timeout=30)
    publisher.stop()
    publisher.transport.close()


def _topic(project: str, name: str) -> str:
    return f"projects/{project}/topics/{name}"


def _subscription(project: str, name: str) -> str:
    return f"projects/{project}/subscriptions/{name}"
