"""A queue on Pub/Sub's emulator, with the subscriptions that production has."""

from __future__ import annotations

from google.cloud.pubsub_v1 import PublisherClient  # type: ignore[import-untyped]  # no types

from emulators.pubsub_resources import DEAD_TOPIC, TOPIC, create_queue, topic_path
from oracle_etl.gateways.google.pubsub import PubSubTaskQueue, QueueNames
from oracle_etl.ports import Clock


def pubsub_queue(project: str, *, clock: Clock) -> PubSubTaskQueue:
    """Create topics and subscriptions in a test's own project, and return its queue."""
    create_queue(project)
    return PubSubTaskQueue(
        QueueNames(project=project, topic=TOPIC, subscription=TOPIC, dead_letters=DEAD_TOPIC),
        clock=clock,
        shortest_lease_seconds=1,
        shortest_pull_seconds=0.3,
    )


def publish_raw(project: str, body: bytes) -> None:
    """Put bytes on the topic that are no message of ours."""
    publisher = PublisherClient()
    publisher.publish(topic_path(project, TOPIC), body).result(timeout=30)
    publisher.stop()
    publisher.transport.close()
