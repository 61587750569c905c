"""Topics and subscriptions on Pub/Sub's emulator, as infra/queue.tf makes them."""

from __future__ import annotations

from typing import Any

import grpc  # type: ignore[import-untyped]  # it ships no types
from google.pubsub_v1 import PublisherClient, SubscriberClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from emulators.google_emulators import pubsub_address

TOPIC = "oracle-etl-tables"
THICK_TOPIC = "oracle-etl-tables-thick"
DEAD_TOPIC = "oracle-etl-dead-letters"
BACKSTOP = 50


def create_queue(project: str) -> None:
    """Create topics and subscriptions in a test's own project."""
    with grpc.insecure_channel(pubsub_address()) as channel:
        publisher = PublisherClient(transport=PublisherGrpcTransport(channel=channel))
        subscriber = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
        for topic in (TOPIC, THICK_TOPIC, DEAD_TOPIC):
            publisher.create_topic(request={"name": topic_path(project, topic)})
        given_up = {
            "dead_letter_policy": {
                "dead_letter_topic": topic_path(project, DEAD_TOPIC),
                "max_delivery_attempts": BACKSTOP,
            },
        }
        tables = [_subscription(project, topic) | given_up for topic in (TOPIC, THICK_TOPIC)]
        for each in (*tables, _subscription(project, DEAD_TOPIC)):
            subscriber.create_subscription(request=each)


def topic_path(project: str, name: str) -> str:
    """Return a topic's name in the API."""
    return f"projects/{project}/topics/{name}"


def _subscription(project: str, name: str) -> dict[str, Any]:
    return {
        "name": f"projects/{project}/subscriptions/{name}",
        "topic": topic_path(project, name),
        "ack_deadline_seconds": 10,
    }
