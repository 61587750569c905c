"""Take a seat before taking work: seats cap the Oracle sessions of all workers together.

A seat is a lease like any other, so a worker that dies gives its seat up by not renewing it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from oracle_etl.model.errors import LeaseLost
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries, SessionSlot

POOL = "workers"
"""One pool for all sources: a worker has one session to one source at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A worker's seat."""

    number: int
    owner: str


def take_seat(*, owner: str, outside: Outside) -> Seat | None:
    """Return a seat, None where all are taken."""
    now, limits = outside.clock.now(), outside.limits

    def take(entries: Entries) -> Seat | None:
        slots = {each.number: each for each in entries.slots(POOL)}
        for number in range(limits.sessions):
            slot = slots.get(number)
            if slot is None or slot.owner is None or (slot.expires_at or now) <= now:
                until = now + timedelta(seconds=limits.lease)
                entries.put_slot(
                    SessionSlot(source=POOL, number=number, owner=owner, expires_at=until)
                )
                return Seat(number=number, owner=owner)
        return None

    return outside.book.transact(take)


def keep_seat(seat: Seat, *, outside: Outside) -> None:
    """Renew a seat; LeaseLost where it went to another worker."""
    until = outside.clock.now() + timedelta(seconds=outside.limits.lease)

    def keep(entries: Entries) -> None:
        entries.put_slot(replace(_mine(entries, seat), expires_at=until))

    outside.book.transact(keep)


def leave_seat(seat: Seat, *, outside: Outside) -> None:
    """Give a seat back."""

    def leave(entries: Entries) -> None:
        entries.put_slot(replace(_mine(entries, seat), owner=None, expires_at=None))

    outside.book.transact(leave)


def _mine(entries: Entries, seat: Seat) -> SessionSlot:
    for slot in entries.slots(POOL):
        if slot.number == seat.number and slot.owner == seat.owner:
            return slot
    raise LeaseLost(f"seat {seat.number} went to another worker")
