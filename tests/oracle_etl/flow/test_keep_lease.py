"""The thread that keeps a claim alive, with short real intervals and no sleeping in the tests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from fakes.away import Away
from fakes.memory_source import MemorySource
from fakes.stepped_clock import SteppedClock
from flow_home import LIMITS, SMALL_PARTS, a_home, put_transport, start, tables
from oracle_etl.flow.cancel_job import cancel_job
from oracle_etl.flow.claim_work import Claim, claim_work
from oracle_etl.flow.drain_queue import drain_queue
from oracle_etl.flow.keep_lease import JobCancelled, Lease, WorkerStopping, keep_lease
from oracle_etl.flow.plan_table import plan_table
from oracle_etl.flow.take_seat import Seat, keep_seat, leave_seat, take_seat
from oracle_etl.flow.work_on import DONE, Settled, work_on
from oracle_etl.gateways.embedded.sqlite import Database, SqliteTaskQueue
from oracle_etl.gateways.system_clock import SystemClock
from oracle_etl.model.errors import (
    BookAway,
    GiveUp,
    LeaseLost,
    NoSuchJob,
    QueueAway,
    TransportError,
)
from oracle_etl.model.progress import Progress
from oracle_etl.model.reading import Reading
from oracle_etl.model.table_task import PartTask, TableTask
from oracle_etl.model.work import WorkRef, WorkStatus
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries, JobBook

PATIENCE_SECONDS = 60
QUICK = replace(LIMITS, renewal=0.02, progress_interval=0.01, lease=60.0)


class Signals:
    """Tells a test when something has happened, so that it need not sleep."""

    def __init__(self) -> None:
        self._changed = threading.Condition()

    def happened(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def until(self, holds: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(holds, timeout=PATIENCE_SECONDS), "it never happened"


class WatchedBook:
    """A book that signals after every transaction and every look at a job."""

    def __init__(self, book: JobBook, signals: Signals) -> None:
        self._book = book
        self._signals = signals

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the real thing has it
        real = getattr(self._book, name)
        if name not in {"transact", "job"}:
            return real

        def watched(*given: Any) -> Any:  # noqa: ANN401 - as the real thing has it
            try:
                return real(*given)
            finally:
                self._signals.happened()

        return watched


@pytest.fixture
def signals() -> Signals:
    return Signals()


@pytest.fixture
def source() -> MemorySource:
    memory = MemorySource()
    memory.put("EMP", tuple((number, None) for number in range(25)))
    return memory


@pytest.fixture
def home(tmp_path: Path, signals: Signals, source: MemorySource) -> Iterator[Outside]:
    made = a_home(tmp_path, source=source, limits=QUICK, clock=SystemClock())
    yield replace(made, book=WatchedBook(made.book, signals))
    made.close()


def a_claim(home: Outside, **changes: object) -> Claim:
    job = start(home, put_transport(home, "EMP", **changes))
    ref = WorkRef(job_id=job.id, table_id=tables(home, job)["EMP"].table_id)
    claim = claim_work(ref, owner="w1", outside=home)
    assert isinstance(claim, Claim)
    return claim


def a_seat(home: Outside) -> Seat:
    seat = take_seat(owner="w1", outside=home)
    assert seat is not None
    return seat


def ended(lease: Lease) -> bool:
    try:
        lease.check()
    except (LeaseLost, JobCancelled, WorkerStopping):
        return True
    return False


class TestAClaimThatIsKept:
    def test_is_renewed_together_with_its_message_and_seat(
        self, home: Outside, signals: Signals
    ) -> None:
        claim, seat = a_claim(home), a_seat(home)
        delivery = home.queue.pull(wait_seconds=1, lease_seconds=60)
        before = seat_ends(home)
        with keep_lease(
            claim, delivery=delivery, seat=seat, stopping=threading.Event(), outside=home
        ):
            signals.until(lambda: seat_ends(home) > before)
        stored = home.book.table(claim.job.id, claim.table.table_id)
        assert ends(stored) > ends(claim.table)
        assert stored.hold.fence == claim.fence

    def test_keeps_its_message_from_coming_to_another(
        self, home: Outside, signals: Signals, tmp_path: Path
    ) -> None:
        time, database = SteppedClock(), Database(tmp_path / "queue.db")
        queue = SqliteTaskQueue(database, clock=time)
        home = replace(home, queue=queue)
        claim, seat = a_claim(home), a_seat(home)
        delivery = queue.pull(wait_seconds=0, lease_seconds=10)
        assert delivery is not None
        time.wait(9)
        with keep_lease(
            claim, delivery=delivery, seat=seat, stopping=threading.Event(), outside=home
        ):
            for _ in range(2):  # the message comes behind the claim, so by the second it was kept
                before = ends(home.book.table(claim.job.id, claim.table.table_id))
                signals.until(
                    lambda before=before: (  # type: ignore[misc] # of this round
                        ends(home.book.table(claim.job.id, claim.table.table_id)) > before
                    )
                )
        time.wait(9)
        assert queue.pull(wait_seconds=0, lease_seconds=10) is None
        database.close()

    def test_keeps_its_seat_also_while_the_queue_is_away(
        self, home: Outside, signals: Signals
    ) -> None:
        claim, seat = a_claim(home), a_seat(home)
        delivery: Any = Away(QueueAway("the queue did not answer"))
        before = seat_ends(home)
        with keep_lease(
            claim, delivery=delivery, seat=seat, stopping=threading.Event(), outside=home
        ):
            signals.until(lambda: seat_ends(home) > before)

    def test_of_a_part_is_renewed_too(self, home: Outside, signals: Signals) -> None:
        whole = a_claim(home, carriage=SMALL_PARTS)
        plan_table(whole, outside=home)
        claim = claim_work(replace(whole.ref, part=1), owner="w1", outside=home)
        assert isinstance(claim, Claim)
        seat = a_seat(home)
        with keep_lease(claim, delivery=None, seat=seat, stopping=threading.Event(), outside=home):
            signals.until(lambda: part_ends(home, claim) > ends(claim.part))

    def test_shows_the_jobs_totals(self, home: Outside, signals: Signals) -> None:
        claim, seat = a_claim(home), a_seat(home)
        home.board.post_table(
            claim.job.id, claim.table.table_id, Progress(rows=5, rows_total=10, is_estimate=False)
        )
        with keep_lease(claim, delivery=None, seat=seat, stopping=threading.Event(), outside=home):
            signals.until(lambda: home.book.job(claim.job.id).totals.rows == 5)
        totals = home.book.job(claim.job.id).totals
        assert (totals.percent, totals.current_tables) == (50.0, ("EMP",))


class FailingAt:
    """A book of which one question ends in an error."""

    def __init__(self, book: JobBook, question: str, error: TransportError) -> None:
        self._book = book
        self._question = question
        self._error = error

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the real thing has it
        return getattr(Away(self._error) if name == self._question else self._book, name)


class TestTotalsThatCannotBeKept:
    @pytest.mark.parametrize("error", [BookAway("slow"), GiveUp("a defect")])
    def test_cost_nobody_the_claim(
        self, home: Outside, signals: Signals, error: TransportError
    ) -> None:
        claim, seat = a_claim(home), a_seat(home)
        blind = replace(home, book=FailingAt(home.book, "tables", error))
        with keep_lease(
            claim, delivery=None, seat=seat, stopping=threading.Event(), outside=blind
        ) as lease:
            for _ in range(2):
                before = ends(home.book.table(claim.job.id, claim.table.table_id))
                signals.until(
                    lambda before=before: (  # type: ignore[misc] # of this round
                        ends(home.book.table(claim.job.id, claim.table.table_id)) > before
                    )
                )
            lease.check()


class TestAJobThatIsGone:
    def test_ends_the_work(self, home: Outside, signals: Signals) -> None:
        claim, seat = a_claim(home), a_seat(home)
        gone = replace(home, book=FailingAt(home.book, "job", NoSuchJob("it has expired")))
        with keep_lease(
            claim, delivery=None, seat=seat, stopping=threading.Event(), outside=gone
        ) as lease:
            signals.until(lambda: gone_by(lease))
            with pytest.raises(NoSuchJob):
                lease.check()


class TestACallThatBeginsTooLate:
    def test_does_not_begin(self) -> None:
        lease = Lease(threading.Event())
        lease.end(JobCancelled("the job was cancelled"))
        begun: list[str] = []
        with pytest.raises(JobCancelled), lease.breaking_off(lambda: None):
            begun.append("a call that nobody would break off")
        assert begun == []


class TestAClaimThatIsLost:
    def test_to_another_worker_stops_the_work(self, home: Outside, signals: Signals) -> None:
        claim, seat = a_claim(home), a_seat(home)
        with keep_lease(
            claim, delivery=None, seat=seat, stopping=threading.Event(), outside=home
        ) as lease:
            take_over(home, claim)
            signals.until(lambda: ended(lease))
            with pytest.raises(LeaseLost):
                lease.check()

    def test_by_a_cancel_stops_the_work(self, home: Outside, signals: Signals) -> None:
        claim, seat = a_claim(home), a_seat(home)
        with keep_lease(
            claim, delivery=None, seat=seat, stopping=threading.Event(), outside=home
        ) as lease:
            cancel_job(claim.job.id, outside=home)
            signals.until(lambda: ended(lease))
            with pytest.raises(JobCancelled):
                lease.check()

    def test_because_the_worker_ends_stops_the_work(self, home: Outside) -> None:
        claim, seat, stopping = a_claim(home), a_seat(home), threading.Event()
        with keep_lease(claim, delivery=None, seat=seat, stopping=stopping, outside=home) as lease:
            lease.check()
            stopping.set()
            with pytest.raises(WorkerStopping):
                lease.check()


class TestALeaseThatEndsTwice:
    def test_tells_the_first_reason(self) -> None:
        lease = Lease(threading.Event())
        lease.end(JobCancelled("the job was cancelled"))
        lease.end(WorkerStopping("the worker is stopping"))
        with pytest.raises(JobCancelled):
            lease.check()


class TestASeatThatWentToAnother:
    def lost(self, home: Outside, seat: Seat) -> None:
        leave_seat(seat, outside=home)
        assert take_seat(owner="w2", outside=home) is not None

    def test_stops_the_work_which_is_free_at_once(
        self, home: Outside, source: MemorySource, signals: Signals
    ) -> None:
        claim, seat = a_claim(home), a_seat(home)
        with keep_lease(
            claim, delivery=None, seat=seat, stopping=threading.Event(), outside=home
        ) as lease:

            def lose(reading: Reading, batch: int) -> None:
                if batch == 0:
                    self.lost(home, seat)
                    signals.until(lambda: lease.lost_seat)

            source.before_batch = lose
            settled = work_on(claim, lease=lease, outside=home)
        stored = home.book.table(claim.job.id, claim.table.table_id)
        assert settled == Settled(again_after_seconds=0)
        assert stored.can_be_claimed(home.clock.now())
        assert stored.hold.failures == 0

    def test_ends_the_worker_whose_work_another_does(
        self, home: Outside, source: MemorySource, signals: Signals
    ) -> None:
        job = start(home, put_transport(home, "EMP"))

        def lose(reading: Reading, batch: int) -> None:
            source.before_batch = None
            self.lost(home, Seat(source="default", number=0, owner="w1"))
            signals.until(source.broken_off.is_set)

        source.before_batch = lose
        assert drain_queue(owner="w1", stopping=threading.Event(), outside=home) == 0
        source.broken_off.clear()
        assert tables(home, job)["EMP"].status is WorkStatus.RUNNING
        assert drain_queue(owner="w3", stopping=threading.Event(), outside=home) == 1
        assert tables(home, job)["EMP"].status is WorkStatus.COMPLETED


class TestACallThatLasts:
    @pytest.mark.parametrize("cause", ["cancel", "stop"])
    def test_is_broken_off_when_its_work_must_stop(
        self, home: Outside, source: MemorySource, cause: str
    ) -> None:
        claim, seat, stopping = a_claim(home), a_seat(home), threading.Event()

        def last(reading: Reading, number: int) -> None:
            if cause == "cancel":
                cancel_job(claim.job.id, outside=home)
            else:
                stopping.set()
            assert source.broken_off.wait(PATIENCE_SECONDS), "nobody broke the call off"

        source.before_batch = last
        with keep_lease(claim, delivery=None, seat=seat, stopping=stopping, outside=home) as lease:
            settled = work_on(claim, lease=lease, outside=home)
        table = home.book.table(claim.job.id, claim.table.table_id)
        if cause == "cancel":
            assert (settled, table.status) == (DONE, WorkStatus.CANCELLED)
        else:
            assert settled == Settled(again_after_seconds=0)
            assert table.hold.failures == 0


class TestASeat:
    def test_is_taken_by_one_worker_each_up_to_the_cap(self, home: Outside) -> None:
        two = replace(home, limits=replace(QUICK, sessions={"default": 2}))
        seats = [take_seat(owner=f"w{number}", outside=two) for number in range(3)]
        assert [each and each.number for each in seats] == [0, 1, None]

    def test_of_a_worker_that_died_goes_to_the_next(self, home: Outside) -> None:
        dead = replace(home, limits=replace(QUICK, sessions={"default": 1}, lease=-1.0))
        seat = take_seat(owner="w1", outside=dead)
        assert seat is not None
        assert take_seat(owner="w2", outside=dead) == Seat(source="default", number=0, owner="w2")
        with pytest.raises(LeaseLost):
            keep_seat(seat, outside=home)

    def test_that_was_left_is_free(self, home: Outside) -> None:
        one = replace(home, limits=replace(QUICK, sessions={"default": 1}))
        leave_seat(a_seat(one), outside=one)
        assert take_seat(owner="w2", outside=one) is not None


def gone_by(lease: Lease) -> bool:
    try:
        lease.check()
    except NoSuchJob:
        return True
    return False


def seat_ends(home: Outside) -> datetime:
    (slot,) = home.book.transact(lambda entries: list(entries.slots("default")))
    assert slot.expires_at is not None
    return slot.expires_at


def ends(held: PartTask | TableTask | None) -> datetime:
    assert held is not None
    assert held.hold.expires_at is not None
    return held.hold.expires_at


def part_ends(home: Outside, claim: Claim) -> datetime:
    ref = claim.ref
    return ends(home.book.transact(lambda entries: entries.part(ref.job_id, ref.table_id, 1)))


def take_over(home: Outside, claim: Claim) -> None:
    def take(entries: Entries) -> None:
        table = entries.table(claim.job.id, claim.table.table_id)
        assert table is not None
        entries.put_table(replace(table, hold=replace(table.hold, fence=9, owner="w2")))

    home.book.transact(take)
