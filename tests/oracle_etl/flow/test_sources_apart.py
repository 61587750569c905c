"""Several sources: each has seats of its own, and some are worked on by other processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest

from fakes.memory_source import MemorySource
from flow_home import LIMITS, CountingLauncher, a_home, drain, put_transport, settle, start, tables
from oracle_etl.flow.claim_work import Unclaimed, claim_work
from oracle_etl.flow.take_seat import Seat, keep_seat, leave_seat, move_seat, take_seat
from oracle_etl.flow.tick import tick
from oracle_etl.gateways.embedded.sqlite import Database, SqliteTaskQueue
from oracle_etl.model.errors import InvalidRequest, LeaseLost
from oracle_etl.model.job import JobStatus
from oracle_etl.model.reading import Reading
from oracle_etl.model.work import WorkRef
from oracle_etl.outside import Lane, Outside
from oracle_etl.ports import Entries, JobBook, TableSource

T = TypeVar("T")

TWO = {"default": 1, "erp": 1}


@pytest.fixture
def source() -> MemorySource:
    source = MemorySource()
    source.put("EMP", [(number, f"row {number}") for number in range(30)])
    return source


@pytest.fixture
def home(tmp_path: Path, source: MemorySource) -> Iterator[Outside]:
    limits = replace(LIMITS, sessions=TWO, running_jobs=5)
    home = a_home(tmp_path, source=source, limits=limits)
    yield home
    home.close()


@pytest.fixture
def queue_elsewhere(home: Outside, tmp_path: Path) -> Iterator[SqliteTaskQueue]:
    database = Database(tmp_path / "state.db")
    yield SqliteTaskQueue(database, clock=home.clock, lane="thick")
    database.close()


@pytest.fixture
def service(home: Outside, queue_elsewhere: SqliteTaskQueue) -> Outside:
    """The serving process: work on `erp` is done by other workers than work on `default`."""
    lane = Lane(queue=queue_elsewhere, launcher=CountingLauncher())
    return replace(home, elsewhere={"erp": lane})


@pytest.fixture
def other_worker(home: Outside, service: Outside) -> Outside:
    """A worker that works on `erp` and leaves `default` alone."""
    return replace(
        home,
        queue=service.elsewhere["erp"].queue,
        launcher=service.elsewhere["erp"].launcher,
        elsewhere={"default": Lane(queue=home.queue, launcher=home.launcher)},
    )


def seat_at(source: str, *, owner: str = "w1") -> Seat:
    return Seat(source=source, number=0, owner=owner)


def asked(lane: Lane) -> list[int]:
    assert isinstance(lane.launcher, CountingLauncher)
    return lane.launcher.asked


class WithoutLists:
    """A book whose transactions read no lists, which would meet whoever writes anywhere in them."""

    def __init__(self, book: JobBook) -> None:
        self._book = book

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the book has
        return getattr(self._book, name)

    def transact(self, work: Callable[[Entries], T]) -> T:
        return self._book.transact(lambda entries: work(_OneByOne(entries)))


class _OneByOne:
    def __init__(self, entries: Entries) -> None:
        self._entries = entries

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever entries have
        assert name != "slots", "all slots are read"
        return getattr(self._entries, name)


class TestSeats:
    def test_of_one_source_are_not_those_of_another(self, home: Outside) -> None:
        taken = [take_seat(owner=f"w{number}", outside=home) for number in range(3)]
        assert taken == [seat_at("default", owner="w0"), seat_at("erp", owner="w1"), None]

    def test_are_changed_in_one_step(self, home: Outside) -> None:
        seat = take_seat(owner="w1", outside=home)
        assert seat is not None
        assert move_seat(seat, "erp", outside=home) == seat_at("erp")
        assert take_seat(owner="w2", outside=home) == seat_at("default", owner="w2")

    def test_are_kept_where_the_other_source_has_none_free(self, home: Outside) -> None:
        seat = take_seat(owner="w1", outside=home)
        other = take_seat(owner="w2", outside=home)
        assert seat is not None
        assert other is not None
        assert move_seat(seat, "erp", outside=home) is None
        leave_seat(seat, outside=home)

    def test_that_were_lost_cannot_be_changed(self, home: Outside) -> None:
        seat = take_seat(owner="w1", outside=home)
        assert seat is not None
        home.clock.wait(LIMITS.lease + 1)
        assert take_seat(owner="w2", outside=home) == seat_at("default", owner="w2")
        with pytest.raises(LeaseLost):
            move_seat(seat, "erp", outside=home)
        assert take_seat(owner="w3", outside=home) == seat_at("erp", owner="w3")

    def test_are_kept_without_a_look_at_those_of_others(self, home: Outside) -> None:
        seat = take_seat(owner="w1", outside=home)
        assert seat is not None
        blind = replace(home, book=WithoutLists(home.book))
        home.clock.wait(LIMITS.lease / 2)
        keep_seat(seat, outside=blind)
        home.clock.wait(LIMITS.lease / 2)
        assert take_seat(owner="w2", outside=home) == seat_at("erp", owner="w2")
        leave_seat(seat, outside=blind)
        assert take_seat(owner="w3", outside=home) == seat_at("default", owner="w3")

    def test_are_not_taken_at_sources_of_other_workers(
        self, service: Outside, other_worker: Outside
    ) -> None:
        assert take_seat(owner="w1", outside=service) == seat_at("default")
        assert take_seat(owner="w2", outside=service) is None
        assert take_seat(owner="w3", outside=other_worker) == seat_at("erp", owner="w3")


class TestAWorkerOfTwoSources:
    def test_changes_its_seat_with_the_work(self, home: Outside, source: MemorySource) -> None:
        seen: list[set[str]] = []

        def look(reading: Reading, number: int) -> None:
            held = home.book.transact(
                lambda entries: [slot for name in TWO for slot in entries.slots(name)]
            )
            seen.append({slot.source for slot in held if slot.owner == "w1"})

        source.before_batch = look
        first = start(home, put_transport(home, "EMP", id="TRPID-00000001"))
        second = start(home, put_transport(home, "EMP", id="TRPID-00000002", source="erp"))
        assert drain(home) == 2
        assert [home.book.job(each.id).status for each in (first, second)] == [
            JobStatus.COMPLETED,
            JobStatus.COMPLETED,
        ]
        assert {frozenset(each) for each in seen} == {frozenset({"default"}), frozenset({"erp"})}

    def test_closes_its_sessions_where_it_leaves(self, home: Outside, source: MemorySource) -> None:
        closed: list[str] = []

        class Closing(MemorySource):
            def __init__(self, name: str) -> None:
                super().__init__(states=source.states, scn=source.scn)
                self.name = name

            def close(self) -> None:
                closed.append(self.name)

        opened = {name: Closing(name) for name in TWO}
        watched = replace(home, source=opened.__getitem__)
        start(watched, put_transport(watched, "EMP", id="TRPID-00000001"))
        assert drain(watched, owner="w1") == 1
        assert closed == []
        start(watched, put_transport(watched, "EMP", id="TRPID-00000002", source="erp"))
        assert drain(watched, owner="w2") == 1
        assert closed == ["default"]

    def test_leaves_work_to_those_who_have_the_source_s_seats(self, home: Outside) -> None:
        default = take_seat(owner="sits", outside=home)
        erp = take_seat(owner="sits too", outside=home)
        assert default is not None
        assert erp is not None
        leave_seat(default, outside=home)
        job = start(home, put_transport(home, "EMP", source="erp"))
        assert drain(home) == 0
        table = tables(home, job)["EMP"]
        assert (table.hold.fence, table.hold.failures) == (0, 0)

    def test_finds_it_in_the_book_when_a_seat_is_free_again(self, home: Outside) -> None:
        self.test_leaves_work_to_those_who_have_the_source_s_seats(home)
        (job,) = home.book.unfinished_jobs(limit=2)
        home.clock.wait(LIMITS.lease + 1)
        assert drain(home) == 1
        assert home.book.job(job.id).status is JobStatus.COMPLETED


class TestASourceOfOtherWorkers:
    def test_has_its_work_published_to_them_alone(self, service: Outside) -> None:
        job = start(service, put_transport(service, "EMP", source="erp"))
        assert service.queue.pull(wait_seconds=0, lease_seconds=30) is None
        delivery = service.elsewhere["erp"].queue.pull(wait_seconds=0, lease_seconds=30)
        assert delivery is not None
        assert delivery.ref == tables(service, job)["EMP"].ref

    def test_has_them_launched(self, service: Outside) -> None:
        start(service, put_transport(service, "EMP", source="erp"))
        own = Lane(queue=service.queue, launcher=service.launcher)
        assert (asked(own), asked(service.elsewhere["erp"])) == ([], [1])

    def test_is_never_worked_on_here(self, service: Outside) -> None:
        job = start(service, put_transport(service, "EMP", source="erp"))
        assert drain(service) == 0
        table = tables(service, job)["EMP"]
        assert (table.hold.fence, table.hold.failures) == (0, 0)

    def test_is_not_looked_for_in_the_book(self, service: Outside) -> None:
        asked_for: list[str] = []

        class Watched:
            """The book, and which jobs' work it was asked for."""

            def __init__(self, book: JobBook) -> None:
                self._book = book

            def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the book has
                return getattr(self._book, name)

            def claimable(self, job_id: str, now: datetime, *, limit: int) -> Sequence[WorkRef]:
                asked_for.append(job_id)
                return self._book.claimable(job_id, now, limit=limit)

        start(service, put_transport(service, "EMP", id="TRPID-00000001", source="erp"))
        ours = start(service, put_transport(service, "EMP", id="TRPID-00000002"))
        book: Any = Watched(service.book)
        assert drain(replace(service, book=book)) == 1
        assert set(asked_for) <= {ours.id}

    def test_is_not_worked_on_though_its_message_came_here(self, service: Outside) -> None:
        job = start(service, put_transport(service, "EMP", source="erp"))
        service.queue.publish([tables(service, job)["EMP"].ref])
        assert drain(service) == 0
        assert tables(service, job)["EMP"].hold.fence == 0
        service.clock.wait(LIMITS.lease + 1)
        assert service.queue.pull(wait_seconds=0, lease_seconds=30) is None

    def test_is_carried_by_them(self, service: Outside, other_worker: Outside) -> None:
        job = start(service, put_transport(service, "EMP", source="erp"))
        assert drain(service, owner="w1") == 0
        assert drain(other_worker, owner="w2") == 1
        assert service.book.job(job.id).status is JobStatus.COMPLETED

    def test_gets_its_work_hinted_at_again_by_the_tick(
        self, service: Outside, other_worker: Outside
    ) -> None:
        job = start(service, put_transport(service, "EMP", source="erp"))
        lost = service.elsewhere["erp"].queue.pull(wait_seconds=0, lease_seconds=30)
        assert lost is not None
        lost.done()
        asked(service.elsewhere["erp"]).clear()
        service.clock.wait(LIMITS.lease + 1)
        assert tick(outside=service).messages_republished == 1
        assert asked(service.elsewhere["erp"]) == [1]
        assert service.queue.pull(wait_seconds=0, lease_seconds=30) is None
        assert settle(other_worker, job.id).status is JobStatus.COMPLETED

    def test_gets_a_dead_letter_published_to_them_again(self, service: Outside) -> None:
        job = start(service, put_transport(service, "EMP", source="erp"))
        queue = service.elsewhere["erp"].queue
        for _ in range(50):
            delivery = queue.pull(wait_seconds=0, lease_seconds=30)
            assert delivery is not None
            delivery.again()
        assert queue.pull(wait_seconds=0, lease_seconds=30) is None
        assert tick(outside=service).dead_letters == 1
        delivery = queue.pull(wait_seconds=0, lease_seconds=30)
        assert delivery is not None
        assert delivery.ref == tables(service, job)["EMP"].ref


class TestASourceThatIsNoLongerConfigured:
    def test_has_its_tables_failed_by_whoever_gets_the_message(
        self, home: Outside, source: MemorySource
    ) -> None:
        def named(name: str) -> TableSource:
            if name == "gone":
                raise InvalidRequest("there is no source 'gone'")
            return source

        job = start(home, put_transport(home, "EMP", source="gone"))
        again = start(home, put_transport(home, "EMP", id="TRPID-00000002"))
        assert drain(replace(home, source=named)) == 2
        assert home.book.job(again.id).status is JobStatus.COMPLETED
        failure = tables(home, job)["EMP"].failure
        assert failure is not None
        assert "gone" in failure.message


class TestWorkersOnASource:
    @pytest.mark.parametrize(("sessions", "workers"), [(1, 1), (2, 2), (9, 2)])
    def test_are_no_more_than_can_work(self, sessions: int, workers: int) -> None:
        limits = replace(LIMITS, sessions={"erp": sessions})
        assert limits.workers_on("erp") == workers

    def test_are_launched_for_seats_alone(self, home: Outside) -> None:
        start(home, put_transport(home, "EMP", "DEPT", "SALGRADE", parallel_tables=3))
        assert asked(Lane(queue=home.queue, launcher=home.launcher)) == [1]


class TestAClaim:
    def test_is_refused_where_the_worker_has_no_seat(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP", source="erp"))
        ref = WorkRef(job_id=job.id, table_id=tables(home, job)["EMP"].table_id)
        claim = claim_work(ref, owner="w1", outside=home, sits_at=lambda name: name != "erp")
        assert claim is Unclaimed.NOT_HERE
