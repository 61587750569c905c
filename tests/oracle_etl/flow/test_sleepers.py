"""A worker that sleeps before any effect, while others do all that can be done to its job."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

import pytest
from _pytest.mark import ParameterSet

from emp_and_dept import EMP
from fakes.crashing_home import crashing
from fakes.effects_gone_wrong import Overtaken
from fakes.memory_source import MemorySource
from flow_home import (
    BUCKET,
    content,
    drain,
    names,
    settle,
    start,
    tables,
)
from oracle_etl.flow.cancel_job import cancel_job
from oracle_etl.model.errors import JobHasEnded
from oracle_etl.model.job import Job, JobStatus
from oracle_etl.outside import Outside
from work_of_one_table import SITUATIONS, effects_of, read_back, retried, transport_in

_TESTED_ONE_IN = 4


def points() -> list[ParameterSet]:
    """Return every effect of a worker; some of them are tested, and all of them are a proof."""
    return [
        pytest.param(
            situation,
            number,
            id=f"{situation}-{number}-{name}",
            marks=[] if number % _TESTED_ONE_IN == 0 else pytest.mark.prove,
        )
        for situation in SITUATIONS
        for number, name in enumerate(effects_of(situation), start=1)
    ]


def cancelled_and_retried(home: Outside, source: MemorySource, job: Job) -> Job:
    """Return the job that completes the version, which reads the rows in another order."""
    home.clock.wait(home.limits.lease + 1)
    with suppress(JobHasEnded):
        cancel_job(job.id, outside=home)
    ended = settle(home, job.id)
    if ended.status is JobStatus.COMPLETED:
        return ended
    source.is_reversed = True
    return retried(home, job)


@pytest.mark.parametrize(("situation", "number"), points())
def test_whoever_wakes_after_a_cancel_and_a_retry_harms_nothing(
    home: Outside, source: MemorySource, situation: str, number: int
) -> None:
    job = start(home, transport_in(home, situation))
    ended: list[Job] = []
    sleeper = Overtaken(
        at=number, meanwhile=lambda: ended.append(cancelled_and_retried(home, source, job))
    )
    drain(crashing(home, sleeper), owner="sleeper")
    (last,) = ended
    assert last.status is JobStatus.COMPLETED, (last.failure, tables(home, last))
    assert home.book.job(last.id) == last
    assert read_back(home, last) == Counter(EMP)
    assert content(home, f"{last.folder}/_SUCCESS") == b""
    (table,) = tables(home, last).values()
    for each in table.objects:
        assert home.store.stat(BUCKET, each.object.name) == each.object
    manifests = [each for each in names(home, last.folder) if "manifest" in each]
    assert f"{last.folder}/manifest.json" in manifests
