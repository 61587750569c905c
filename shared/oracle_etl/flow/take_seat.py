"""Take a seat before taking work: seats cap the Oracle sessions of all workers at each source.

A seat is a lease like any other, so a worker that dies gives its seat up by not renewing it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from oracle_etl.model.errors import LeaseLost
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries, SessionSlot


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A worker's seat: one session at one source."""

    source: str
    number: int
    owner: str


def take_seat(*, owner: str, outside: Outside) -> Seat | None:
    """Return a seat at the first source of ours that has one free, None where all are taken."""
    for source in outside.limits.sessions:
        if source in outside.elsewhere:
            continue
        take = partial(_take, source=source, owner=owner, outside=outside)
        seat = outside.book.transact(take)
        if seat is not None:
            return seat
    return None


def move_seat(seat: Seat, source: str, *, outside: Outside) -> Seat | None:
    """Give a seat up for one at another source; None, and nothing changes, where none is free."""

    def move(entries: Entries) -> Seat | None:
        mine = _mine(entries, seat)
        taken = _take(entries, source=source, owner=seat.owner, outside=outside)
        if taken is not None:
            entries.put_slot(replace(mine, owner=None, expires_at=None))
        return taken

    return outside.book.transact(move)


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


def _take(entries: Entries, *, source: str, owner: str, outside: Outside) -> Seat | None:
    now, limits = outside.clock.now(), outside.limits
    slots = {each.number: each for each in entries.slots(source)}
    # A source that is no longer configured opens no session: its work only has to be failed.
    for number in range(limits.sessions.get(source, limits.workers)):
        slot = slots.get(number)
        if slot is None or slot.owner is None or (slot.expires_at or now) <= now:
            until = now + timedelta(seconds=limits.lease)
            entries.put_slot(
                SessionSlot(source=source, number=number, owner=owner, expires_at=until)
            )
            return Seat(source=source, number=number, owner=owner)
    return None


def _mine(entries: Entries, seat: Seat) -> SessionSlot:
    # That slot alone: whoever read all of a source's would meet every other worker's renewal.
    slot = entries.slot(seat.source, seat.number)
    if slot is not None and slot.owner == seat.owner:
        return slot
    raise LeaseLost(f"seat {seat.number} at {seat.source} went to another worker")
