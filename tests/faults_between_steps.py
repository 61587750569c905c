"""What goes wrong between two steps of a run, on whichever home, and what is done about it."""

from __future__ import annotations

import enum
from contextlib import suppress

from fakes.crashing_home import Crash, Effects, Moment, crashing
from fakes.effects_gone_wrong import LostReply, Overtaken
from flow_home import drain, settle
from oracle_etl.flow.tick import tick
from oracle_etl.model.errors import TryAgain
from oracle_etl.model.transport import Transport
from oracle_etl.outside import Outside
from run_of_two_tables import (
    as_in,
    assert_ended_right,
    assert_no_attempt_left,
    assert_nothing_partial,
    effects_of,
    run,
    start_job_again,
)


class Fault(enum.StrEnum):
    """What goes wrong at one effect."""

    DEATH_BEFORE = "death before"
    DEATH_AFTER = "death after"
    LOST_REPLY = "lost reply"
    STALE_LEASE = "stale lease"


_LEAVES_AN_ATTEMPT = {
    # Who wakes after the job was closed writes what nobody refers to.
    (Fault.STALE_LEASE, "begin object"),
    (Fault.STALE_LEASE, "finish object"),
    # A closer does not go on removing where the store is away: the job is complete.
    (Fault.LOST_REPLY, "remove"),
}
"""What then lies under _attempts/ goes by itself after two days."""

Point = tuple[str, int, str]
"""A situation, the number of an effect in it, and the effect's name."""


def points(*situations: str) -> list[Point]:
    """Return every effect of a run in these situations."""
    return [
        (situation, number, name)
        for situation in situations
        for number, name in enumerate(effects_of(situation), start=1)
    ]


def check_fault(home: Outside, transport: Transport, point: Point, fault: Fault) -> None:
    """Let a run go wrong at a point; clients and workers come again, and the job ends right."""
    situation, number, name = point
    effects = _effects(home, number, fault)
    with as_in(situation):
        # A client or worker that gets no answer ends, as one that dies does.
        with suppress(Crash, TryAgain):
            run(crashing(home, effects), transport)
        assert len(effects.names) >= number, "nothing went wrong"
        assert_nothing_partial(home)
        job = start_job_again(home, transport)
        job = settle(home, job.id)
    assert_ended_right(home, job)
    if (fault, name) not in _LEAVES_AN_ATTEMPT:
        assert_no_attempt_left(home)


def _effects(home: Outside, number: int, fault: Fault) -> Effects:
    match fault:
        case Fault.DEATH_BEFORE:
            return Effects(dies_at=number, moment=Moment.BEFORE)
        case Fault.DEATH_AFTER:
            return Effects(dies_at=number, moment=Moment.AFTER)
        case Fault.LOST_REPLY:
            return LostReply(at=number)
        case Fault.STALE_LEASE:
            return Overtaken(at=number, meanwhile=lambda: _others_go_on(home))


def _others_go_on(home: Outside) -> None:
    home.clock.wait(home.limits.lease + 1)
    tick(outside=home)
    drain(home, owner="another")
