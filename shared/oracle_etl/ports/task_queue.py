"""Where hints at work wait for workers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from oracle_etl.model.work import WorkRef


class Delivery(Protocol):
    """One message in a worker's hands; nobody else gets it while its lease is extended.

    Extending or settling it after the lease has lapsed does nothing to whoever has it now.
    """

    @property
    def ref(self) -> WorkRef:
        """The work it hints at; UnreadableMessage where it hints at nothing."""
        ...

    def extend(self, seconds: float) -> None:
        """Keep the message for so long from now."""
        ...

    def done(self) -> None:
        """Settle the message: it will not come again."""
        ...

    def again(self, delay_seconds: float = 0) -> None:
        """Give the message back, to come again after a delay."""
        ...


class TaskQueue(Protocol):
    """Hints at work, delivered at least once, in no promised order."""

    def publish(self, refs: Sequence[WorkRef]) -> None:
        """Publish one message each; returns when the queue has them all."""
        ...

    def pull(self, *, wait_seconds: float, lease_seconds: float) -> Delivery | None:
        """Take one message, waiting up to `wait_seconds`; None where none came."""
        ...

    def dead_letters(self, *, limit: int) -> Sequence[Delivery]:
        """Take messages that came back more often than the backstop allows."""
        ...

    def verify(self) -> None:
        """Prove that the queue is there, publishing nothing; QueueAway where it is not."""
        ...
