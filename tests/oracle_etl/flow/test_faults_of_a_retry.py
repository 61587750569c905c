"""A retry that goes on with kept parts, and goes wrong at any of its effects."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from failed_in_parts import (
    assert_each_part_counted_once,
    assert_published,
    assert_whole,
    failed_in,
    source_of_many,
)
from fakes.crashing_home import Crash, Effects, Moment, crashing
from fakes.effects_gone_wrong import LostReply, Overtaken
from fakes.memory_source import MemorySource
from flow_home import a_home, drain, settle
from oracle_etl.flow.retry_job import retry_job
from oracle_etl.flow.tick import tick
from oracle_etl.model.errors import TryAgain
from oracle_etl.model.job import Job
from oracle_etl.outside import Outside
from oracle_etl.ports import PageRequest


@pytest.fixture
def source() -> MemorySource:
    return source_of_many()


def retry_and_work(home: Outside, job: Job) -> None:
    retry_job(job.id, outside=home)
    drain(home)


@cache
def effects_of_a_retry() -> tuple[str, ...]:
    source = source_of_many()
    with tempfile.TemporaryDirectory() as folder:
        home = a_home(Path(folder), source=source)
        job = failed_in(home, source, part=7)
        effects = Effects()
        retry_and_work(crashing(home, effects), job)
        home.close()
        return tuple(effects.names)


def effects(*, tested_one_in: int = 1) -> list[ParameterSet]:
    """Return the effects of a retry; some of them are tested, and all of them are a proof."""
    return [
        pytest.param(
            number,
            id=f"{number}-{name}",
            marks=[] if number % tested_one_in == 0 else pytest.mark.prove,
        )
        for number, name in enumerate(effects_of_a_retry(), start=1)
    ]


def assert_nothing_lost_or_doubled(home: Outside, job: Job) -> None:
    """Look at the version and its counts; attempts may be left, which go after a week."""
    ended = settle(home, newest(home, job).id)
    assert_published(home, ended)
    assert_each_part_counted_once(home, ended)


def newest(home: Outside, job: Job) -> Job:
    """Return the retry of a job, begun now where nothing had happened."""
    transport = home.book.transport(job.transport_id)
    found = home.book.jobs(PageRequest(size=1), transport_id=transport.id).items[0]
    if found.id == job.id:
        return retry_job(job.id, outside=home).job
    return found


@pytest.mark.parametrize("moment", list(Moment))
@pytest.mark.parametrize("number", effects())
def test_a_death_at_any_effect_of_a_retry_loses_and_doubles_nothing(
    home: Outside, source: MemorySource, number: int, moment: Moment
) -> None:
    job = failed_in(home, source, part=7)
    dying = crashing(home, Effects(dies_at=number, moment=moment))
    with pytest.raises(Crash):
        retry_and_work(dying, job)
    assert_whole(home, settle(home, newest(home, job).id))


@pytest.mark.parametrize("number", effects(tested_one_in=4))
def test_a_lost_reply_at_any_effect_of_a_retry_loses_and_doubles_nothing(
    home: Outside, source: MemorySource, number: int
) -> None:
    job = failed_in(home, source, part=7)
    with suppress(TryAgain):
        retry_and_work(crashing(home, LostReply(at=number)), job)
    assert_nothing_lost_or_doubled(home, job)


@pytest.mark.parametrize("number", effects(tested_one_in=4))
def test_a_sleep_at_any_effect_of_a_retry_loses_and_doubles_nothing(
    home: Outside, source: MemorySource, number: int
) -> None:
    def others_go_on() -> None:
        home.clock.wait(home.limits.lease + 1)
        tick(outside=home)
        drain(home, owner="another")

    job = failed_in(home, source, part=7)
    retry_and_work(crashing(home, Overtaken(at=number, meanwhile=others_go_on)), job)
    assert_nothing_lost_or_doubled(home, job)
