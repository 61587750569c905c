"""The totals of a running job."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from claimed_work import a_lease, claimed, split
from flow_home import (
    LIMITS,
    drain,
    put_transport,
    start,
    tables,
)
from oracle_etl.flow.keep_totals import keep_totals
from oracle_etl.flow.work_on import work_on
from oracle_etl.model.progress import Progress
from oracle_etl.outside import Outside


class TestTotals:
    def test_are_kept_by_one_worker(self, home: Outside) -> None:
        now = replace(home, limits=replace(LIMITS, progress_interval=1.0))
        job = start(home, put_transport(home, "EMP"))
        claim = claimed(home, job)
        home.board.post_table(job.id, claim.table.table_id, Progress(rows=3))
        keep_totals(home.book.job(job.id), owner="w1", outside=now)
        home.clock.wait(2)
        home.board.post_table(job.id, claim.table.table_id, Progress(rows=9))
        keep_totals(home.book.job(job.id), owner="w2", outside=now)
        assert home.book.job(job.id).totals.rows == 3
        keep_totals(home.book.job(job.id), owner="w1", outside=now)
        assert home.book.job(job.id).totals.rows == 9

    def test_stay_with_the_one_that_was_faster(self, home: Outside) -> None:
        now = replace(home, limits=replace(LIMITS, progress_interval=1.0))
        job = start(home, put_transport(home, "EMP"))
        for owner in ("w1", "w2"):
            keep_totals(job, owner=owner, outside=now)
        assert home.book.job(job.id).totals_hold.owner == "w1"

    def test_are_kept_on_by_whoever_keeps_them(self, home: Outside) -> None:
        now = replace(home, limits=replace(LIMITS, progress_interval=1.0))
        job = start(home, put_transport(home, "EMP"))
        keep_totals(job, owner="w1", outside=now)
        before = home.book.job(job.id).totals_hold
        home.clock.wait(8)
        keep_totals(home.book.job(job.id), owner="w1", outside=now)
        after = home.book.job(job.id).totals_hold
        assert (after.owner, after.fence) == ("w1", before.fence)
        assert after.expires_at is not None
        assert not after.is_free(home.clock.now() + timedelta(seconds=5))

    def test_are_not_written_twice_within_the_interval(self, home: Outside) -> None:
        now = replace(home, limits=replace(LIMITS, progress_interval=60.0))
        job = start(home, put_transport(home, "EMP"))
        keep_totals(home.book.job(job.id), owner="w1", outside=now)
        first = home.book.job(job.id).totals
        home.clock.wait(1)
        keep_totals(home.book.job(job.id), owner="w1", outside=now)
        assert home.book.job(job.id).totals == first

    def test_of_a_split_table_add_up_over_its_parts(self, home: Outside) -> None:
        now = replace(home, limits=replace(LIMITS, progress_interval=1.0))
        job = split(home)
        done = claimed(home, job, part=1)
        work_on(done, lease=a_lease(), outside=home)
        running = claimed(home, job, part=2, owner="w2")
        home.board.post_part(job.id, running.table.table_id, 2, Progress(rows=4))
        keep_totals(home.book.job(job.id), owner="w1", outside=now)
        carried = tables(home, job)["EMP"].parts_rows
        assert carried > 0
        assert home.book.job(job.id).totals.rows == carried + 4
        assert tables(home, job)["EMP"].progress.rows == carried + 4

    def test_of_a_job_that_ended_are_left_alone(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        drain(home)
        before = home.book.job(job.id)
        keep_totals(
            replace(before, totals=replace(before.totals, at=None)), owner="w", outside=home
        )
        keep_totals(replace(job, totals=replace(job.totals, at=None)), owner="late", outside=home)
        assert home.book.job(job.id).totals == before.totals
