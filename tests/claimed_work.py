"""Work in a worker's hands, for tests that come between its steps."""

from __future__ import annotations

import threading
from dataclasses import replace

from flow_home import LIMITS, SMALL_PARTS, put_transport, start, tables
from oracle_etl.flow.claim_work import Claim, claim_work
from oracle_etl.flow.keep_lease import Lease
from oracle_etl.flow.plan_table import plan_table
from oracle_etl.model.job import Job
from oracle_etl.model.work import WorkRef
from oracle_etl.outside import Outside


def claimed(home: Outside, job: Job, *, part: int | None = None, owner: str = "w1") -> Claim:
    ref = WorkRef(job_id=job.id, table_id=tables(home, job)["EMP"].table_id, part=part)
    claim = claim_work(ref, owner=owner, outside=home)
    assert isinstance(claim, Claim), claim
    return claim


def split(home: Outside) -> Job:
    """Return a running job whose only table waits for its two parts."""
    job = start(home, put_transport(home, "EMP", carriage=SMALL_PARTS))
    plan_table(claimed(home, job), outside=home)
    return home.book.job(job.id)


def a_lease() -> Lease:
    return Lease(threading.Event())


def quick(home: Outside) -> Outside:
    """Return the home with workers that leave as soon as there is nothing."""
    return replace(home, limits=replace(LIMITS, idle=0.0))


def put(home: Outside, job: Job) -> None:
    home.book.transact(lambda entries: entries.put_job(job))
