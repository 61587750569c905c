"""A subscriber that answers from a list, for what Pub/Sub's emulator cannot be made to do."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from google.pubsub_v1 import PubsubMessage, PullResponse, ReceivedMessage


def received(body: bytes, *, ack_id: str = "a1") -> PullResponse:
    """Return an answer with one message."""
    message = ReceivedMessage(ack_id=ack_id, message=PubsubMessage(data=body))
    return PullResponse(received_messages=[message])


@dataclass
class ScriptedSubscriber:
    """Gives its answers in turn, then nothing; keeps what it was asked."""

    answers: deque[PullResponse | Exception] = field(default_factory=deque)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def pull(self, *, request: dict[str, Any], retry: object, timeout: float) -> PullResponse:
        self.asked.append(("pull", {**request, "retry": retry, "timeout": timeout}))
        answer = self.answers.popleft() if self.answers else PullResponse()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def modify_ack_deadline(self, *, request: dict[str, Any], **_: object) -> None:
        self.asked.append(("modify_ack_deadline", request))

    def acknowledge(self, *, request: dict[str, Any], **_: object) -> None:
        self.asked.append(("acknowledge", request))
