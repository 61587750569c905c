"""A worker that does a job of one table alone, whose every effect is known by number."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

from emp_and_dept import a_source
from fakes.crashing_home import Effects, crashing
from flow_home import SMALL_PARTS, a_home, drain, names, put_transport, rows, settle, start
from oracle_etl.flow.retry_job import retry_job
from oracle_etl.model.job import Job
from oracle_etl.model.transport import Carriage, Transport
from oracle_etl.outside import Outside

SITUATIONS = {
    "a whole table": Carriage(),
    "a table in parts": SMALL_PARTS,
    "a table left in parts": replace(SMALL_PARTS, leave_parts=True),
}


def transport_in(home: Outside, situation: str) -> Transport:
    return put_transport(home, "EMP", carriage=SITUATIONS[situation])


@cache
def effects_of(situation: str) -> tuple[str, ...]:
    """Return the names of all effects of a job's work in which nobody dies."""
    with tempfile.TemporaryDirectory() as folder:
        home = a_home(Path(folder), source=a_source())
        start(home, transport_in(home, situation))
        effects = Effects()
        drain(crashing(home, effects))
        home.close()
        return tuple(effects.names)


def retried(home: Outside, job: Job) -> Job:
    return settle(home, retry_job(job.id, outside=home).job.id)


def read_back(home: Outside, job: Job) -> Counter[tuple[int, str | None]]:
    data = [each for each in names(home, f"{job.folder}/EMP") if each.endswith(".gz")]
    return sum((rows(home, each) for each in data), Counter())
