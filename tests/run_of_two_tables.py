"""A run of two tables from its start to its end, whose every effect is known by number.

What goes wrong at one of them is for the tests to say; what must be true afterwards is said here.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from emp_and_dept import DEPT, EMP, a_source
from fakes.crashing_home import Effects, crashing
from flow_home import (
    SMALL_PARTS,
    a_home,
    content,
    drain,
    manifest,
    names,
    put_transport,
    rows,
    tables,
)
from oracle_etl.flow import write_tables as writing
from oracle_etl.flow.start_job import start_job
from oracle_etl.model.job import Job, JobRequest, JobStatus
from oracle_etl.model.transport import Carriage, Transport, TransportStatus
from oracle_etl.outside import Outside

SITUATIONS = {
    "whole tables": Carriage(),
    "a table in parts": SMALL_PARTS,
    "tables written down one by one": Carriage(),
}


def run(home: Outside, transport: Transport) -> Job:
    job = start_job(transport.id, JobRequest(idempotency_key="k"), outside=home).job
    drain(home)
    return home.book.job(job.id)


@contextmanager
def as_in(situation: str) -> Iterator[None]:
    """Write tables down in one transaction each where the situation says so."""
    with pytest.MonkeyPatch.context() as patch:
        if situation == "tables written down one by one":
            patch.setattr(writing, "_TABLES_OF_ONE_WRITE", 1)
        yield


@cache
def effects_of(situation: str) -> tuple[str, ...]:
    """Return the names of all effects of a run in which nobody dies."""
    with tempfile.TemporaryDirectory() as folder, as_in(situation):
        home = a_home(Path(folder), source=a_source())
        transport = put_transport(home, "EMP", "DEPT", carriage=SITUATIONS[situation])
        effects = Effects()
        job = run(crashing(home, effects), transport)
        home.close()
        assert job.status is JobStatus.COMPLETED
        return tuple(effects.names)


def assert_ended_right(home: Outside, job: Job) -> None:
    folder = job.folder
    assert job.status is JobStatus.COMPLETED, (job.failure, tables(home, job))
    assert rows(home, f"{folder}/EMP.jsonl.gz") == Counter(EMP)
    assert rows(home, f"{folder}/DEPT.jsonl.gz") == Counter(DEPT)
    assert content(home, f"{folder}/_SUCCESS") == b""
    assert (job.counts.tables_completed, job.counts.rows) == (2, len(EMP) + len(DEPT))
    assert {each["rows"] for each in manifest(home, job)["tables"]} == {len(EMP), len(DEPT)}
    assert home.book.transport(job.transport_id).status is TransportStatus.IDLE


def assert_no_attempt_left(home: Outside) -> None:
    assert names(home, "_attempts/") == []


def start_job_again(home: Outside, transport: Transport) -> Job:
    """Ask again as a client does that got no answer: with the same key."""
    return start_job(transport.id, JobRequest(idempotency_key="k"), outside=home).job


def assert_nothing_partial(home: Outside) -> None:
    """Whatever stands at a final name is whole, and _SUCCESS beside its manifest."""
    for name in names(home):
        if name.endswith("EMP.jsonl.gz"):
            assert rows(home, name) == Counter(EMP)
        if name.endswith("DEPT.jsonl.gz"):
            assert rows(home, name) == Counter(DEPT)
        if name.endswith("_SUCCESS"):
            assert name.removesuffix("_SUCCESS") + "manifest.json" in names(home)
