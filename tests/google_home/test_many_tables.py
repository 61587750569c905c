"""A job of many tables on the emulators: it fans out, runs and closes, at a bounded cost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

import pytest

from builders import a_transport
from emulators.emulator_fixtures import google_project
from emulators.firestore_traffic import Traffic, watched_database
from fakes.memory_source import MemorySource
from flow_home import BUCKET
from google_fakes.anonymous import store_on
from google_fakes.cloud_storage_server import FakeCloudStorage
from google_home.emulated_home import emulated_home
from oracle_etl.flow.drain_queue import drain_queue
from oracle_etl.flow.start_job import start_job
from oracle_etl.flow.tick import tick
from oracle_etl.gateways.system_clock import SystemClock
from oracle_etl.model.job import Job, JobRequest, JobStatus
from oracle_etl.model.transport import TableChoice
from oracle_etl.outside import Limits, Outside

__all__ = ["google_project"]
pytestmark = [pytest.mark.emulators, pytest.mark.timeout(900)]

WORKERS = 2
"""More would only wait for one another: the emulator takes 2 s to see a deadlock of locks."""

MOST = {"writes": 10.5, "reads": 16.0, "changes": 7.5}
"""Per table, as docs/costs.md says; what two workers that meet repeat is in it."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What Firestore bills, per table."""

    writes: float
    reads: float
    changes: float
    """Writes to the table's own document: what each listener pays."""

    @classmethod
    def of(cls, traffic: Traffic, *, tables: int) -> Cost:
        return cls(
            writes=traffic.writes / tables,
            reads=traffic.reads / tables,
            changes=traffic.written_to["tables"] / tables,
        )


@dataclass(frozen=True, kw_only=True)
class Carried:
    """The job after its end, and what went over the wire to Firestore for it."""

    home: Outside
    job: Job
    cloud: FakeCloudStorage
    tables: int
    starting: Cost
    """Until the request that starts it is answered."""
    whole: Cost


def work(home: Outside, owner: str) -> int:
    return drain_queue(owner=owner, stopping=threading.Event(), outside=home)


@pytest.fixture(params=[40, pytest.param(500, marks=pytest.mark.prove)])
def carried(google_project: str, request: pytest.FixtureRequest) -> Iterator[Carried]:
    tables: int = request.param
    names = [f"T{number:03d}" for number in range(tables)]
    source = MemorySource()
    for name in names:
        source.put(name, [(number, name) for number in range(3)])
    cloud, traffic = FakeCloudStorage(BUCKET), Traffic()
    with cloud.serving(), store_on(cloud) as store, ThreadPoolExecutor(WORKERS) as workers:
        home = emulated_home(
            google_project,
            watched_database(google_project, traffic),
            clock=SystemClock(),
            store=store,
            source=source,
            limits=Limits(workers=WORKERS, progress_interval=5.0),
        )
        transport = a_transport(
            tables=tuple(TableChoice(table=f"HR.{name}") for name in names),
            target_bucket=BUCKET,
            parallel_tables=WORKERS,
        )
        home.book.transact(lambda entries: entries.put_transport(transport))
        traffic.forget()
        job = start_job(transport.id, JobRequest(), outside=home).job
        starting = Cost.of(traffic, tables=tables)
        done = sum(workers.map(lambda number: work(home, f"w{number}"), range(WORKERS)))
        whole = Cost.of(traffic, tables=tables)
        assert done == tables
        yield Carried(
            home=home,
            job=home.book.job(job.id),
            cloud=cloud,
            tables=tables,
            starting=starting,
            whole=whole,
        )


class TestAJobOfManyTables:
    def test_ends_right_at_the_cost_that_is_stated(
        self, carried: Carried, record_property: Callable[[str, object], None]
    ) -> None:
        job, tables = carried.job, carried.tables
        assert (job.status, job.counts.tables_completed) == (JobStatus.COMPLETED, tables)
        objects = carried.cloud.objects(BUCKET)
        assert sum(name.endswith(".jsonl.gz") for name in objects) == tables
        assert sum(name.endswith("/_SUCCESS") for name in objects) == 1
        assert [name for name in objects if name.startswith("_attempts/")] == []
        report = tick(outside=carried.home)
        assert (report.jobs_closed, report.problems, report.messages_republished) == ((), (), 0)

        record_property("cost per table", asdict(carried.whole))
        assert carried.starting.writes <= 1.5
        assert carried.starting.reads <= 1.5
        cost = asdict(carried.whole)
        assert {what: cost[what] <= most for what, most in MOST.items()} == dict.fromkeys(
            MOST, True
        )
