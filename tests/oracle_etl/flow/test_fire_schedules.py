from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from builders import NOON
from fakes.away import Away
from fakes.late_book import LateBook
from fakes.memory_source import MemorySource
from flow_home import a_home, drain, put_transport, start
from oracle_etl.flow import fire_schedules as firing
from oracle_etl.flow.fire_schedules import fire_schedules
from oracle_etl.flow.fire_times import last_due
from oracle_etl.model.errors import BookAway, LoginRefused, SourceAway
from oracle_etl.model.transport import Overlap, Schedule, Transport
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries, PageRequest, TableSource

HOURLY = Schedule(cron="0 * * * *")
ONE = NOON + timedelta(hours=1)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Outside]:
    source = MemorySource()
    source.put("EMP", ((1, "a"),))
    made = a_home(tmp_path, source=source)
    yield made
    made.close()


def scheduled(
    home: Outside, schedule: Schedule = HOURLY, *, due: datetime = ONE, **changes: object
) -> Transport:
    return put_transport(home, "EMP", schedule=schedule, next_fire_at=due, **changes)


def jobs(home: Outside) -> int:
    return len(home.book.jobs(PageRequest(size=50)).items)


class TestATransportThatIsDue:
    def test_is_started_once_and_waits_for_its_next_instant(self, home: Outside) -> None:
        transport = scheduled(home)
        home.clock.wait(3600)
        (job_id,) = fire_schedules(outside=home)
        assert home.book.job(job_id).request.trigger == f"schedule:{ONE.isoformat()}"
        assert home.book.transport(transport.id).next_fire_at == ONE + timedelta(hours=1)

    def test_is_started_once_though_the_tick_comes_twice(self, home: Outside) -> None:
        transport = scheduled(home)
        home.clock.wait(3600)
        before = home.book.transport(transport.id)
        fire_schedules(outside=home)
        drain(home)
        # A second tick that read the transport before the first one moved it on.
        home.book.transact(lambda entries: entries.put_transport(replace(before, last_version=1)))
        assert fire_schedules(outside=home) == ()
        assert jobs(home) == 1

    def test_is_not_started_before_its_time(self, home: Outside) -> None:
        scheduled(home)
        home.clock.wait(3599)
        assert fire_schedules(outside=home) == ()

    def test_that_is_disabled_is_left_alone(self, home: Outside) -> None:
        scheduled(home, enabled=False)
        home.clock.wait(3600)
        assert fire_schedules(outside=home) == ()


class TestMissedRuns:
    def test_become_one(self, home: Outside) -> None:
        transport = scheduled(home)
        home.clock.wait(5.5 * 3600)
        assert len(fire_schedules(outside=home)) == 1
        following = home.book.transport(transport.id).next_fire_at
        assert following == NOON + timedelta(hours=6)

    def test_older_than_the_grace_are_let_go(self, home: Outside) -> None:
        transport = scheduled(home, replace(HOURLY, grace_seconds=60))
        home.clock.wait(5.5 * 3600)
        assert fire_schedules(outside=home) == ()
        assert home.book.transport(transport.id).next_fire_at == NOON + timedelta(hours=6)

    def test_as_old_as_the_grace_are_started(self, home: Outside) -> None:
        scheduled(home, replace(HOURLY, grace_seconds=60))
        home.clock.wait(3600 + 60)
        assert len(fire_schedules(outside=home)) == 1


class TestARunThatIsDueWhileTheLastOneLasts:
    def test_is_skipped(self, home: Outside) -> None:
        transport = scheduled(home)
        start(home, transport)
        home.clock.wait(3600)
        assert fire_schedules(outside=home) == ()
        assert home.book.transport(transport.id).next_fire_at == ONE + timedelta(hours=1)

    def test_waits_for_its_end_where_the_schedule_queues(self, home: Outside) -> None:
        transport = scheduled(home, replace(HOURLY, overlap=Overlap.QUEUE))
        start(home, transport)
        home.clock.wait(3600)
        assert fire_schedules(outside=home) == ()
        drain(home)
        assert len(fire_schedules(outside=home)) == 1

    def test_waits_however_long_the_running_one_takes(self, home: Outside) -> None:
        transport = scheduled(home, replace(HOURLY, overlap=Overlap.QUEUE, grace_seconds=60))
        start(home, transport)
        home.clock.wait(3600 + 1800)
        assert fire_schedules(outside=home) == ()
        drain(home)
        home.clock.wait(50)
        assert len(fire_schedules(outside=home)) == 1

    def test_is_let_go_where_it_could_have_started_long_ago(self, home: Outside) -> None:
        transport = scheduled(home, replace(HOURLY, overlap=Overlap.QUEUE, grace_seconds=60))
        start(home, transport)
        drain(home)
        home.clock.wait(3600 + 1800)
        assert fire_schedules(outside=home) == ()
        assert home.book.transport(transport.id).next_fire_at == ONE + timedelta(hours=1)

    def test_is_judged_by_its_instant_where_the_last_job_is_forgotten(self, home: Outside) -> None:
        queued = replace(HOURLY, overlap=Overlap.QUEUE)
        scheduled(home, queued, last_job="JOB-20250301-120000-0001")
        home.clock.wait(3600)
        assert len(fire_schedules(outside=home)) == 1

    @pytest.mark.parametrize(
        ("overlap", "next_hour"), [(Overlap.QUEUE, 1), (Overlap.SKIP, 2)], ids=["queue", "skip"]
    )
    def test_follows_its_schedule_where_somebody_starts_the_transport_meanwhile(
        self, home: Outside, overlap: Overlap, next_hour: int
    ) -> None:
        transport = scheduled(home, replace(HOURLY, overlap=overlap))
        home.clock.wait(3600)
        before = LateBook(home.book, due_transports=[home.book.transport(transport.id)])
        start(home, transport)
        assert fire_schedules(outside=replace(home, book=before)) == ()
        following = home.book.transport(transport.id).next_fire_at
        assert following == NOON + timedelta(hours=next_hour)


class TestWhatCannotBeStarted:
    def test_moves_on_to_its_next_instant(self, home: Outside) -> None:
        transport = scheduled(home, due=ONE)
        gone = replace(home.book.transport(transport.id), tables=())

        def empty(entries: Entries) -> None:
            entries.put_transport(gone)

        home.book.transact(empty)
        home.clock.wait(3600)
        assert fire_schedules(outside=home) == ()
        assert home.book.transport(transport.id).next_fire_at == ONE + timedelta(hours=1)

    def test_for_now_stays_due_and_keeps_no_other_waiting(self, home: Outside) -> None:
        away = put_transport(home, "E*", schedule=HOURLY, next_fire_at=NOON, source="away")
        other = scheduled(home, id="TRPID-0000000b")

        def of(name: str) -> TableSource:
            if name == "away":
                raise SourceAway("the listener is down")
            return home.source(name)

        home.clock.wait(3600)
        (job_id,) = fire_schedules(outside=replace(home, source=of))
        assert home.book.job(job_id).transport_id == other.id
        assert home.book.transport(away.id).next_fire_at == NOON

    def test_for_now_is_asked_for_once_in_a_round(self, home: Outside) -> None:
        for number in range(3):
            put_transport(
                home, "E*", id=f"TRPID-0000000{number}", schedule=HOURLY, next_fire_at=ONE
            )
        asked: list[str] = []

        def away(name: str) -> TableSource:
            asked.append(name)
            raise SourceAway("the listener is down")

        home.clock.wait(3600)
        assert fire_schedules(outside=replace(home, source=away)) == ()
        assert asked == ["default"]
        due = home.book.due_transports(home.clock.now(), limit=9)
        assert len(due) == 3

    def test_since_the_book_was_away_stays_due(self, home: Outside) -> None:
        transport = scheduled(home)
        home.clock.wait(3600)
        due = home.book.due_transports(home.clock.now(), limit=9)
        away = LateBook(Away(BookAway("others wrote too often")), due_transports=due)
        assert fire_schedules(outside=replace(home, book=away)) == ()
        assert home.book.transport(transport.id).next_fire_at == ONE

    def test_for_good_moves_on_and_says_so(
        self, home: Outside, caplog: pytest.LogCaptureFixture
    ) -> None:
        transport = put_transport(home, "E*", schedule=HOURLY, next_fire_at=ONE)

        def refused(name: str) -> TableSource:
            raise LoginRefused(f"{name}: the account is locked")

        home.clock.wait(3600)
        assert fire_schedules(outside=replace(home, source=refused)) == ()
        assert home.book.transport(transport.id).next_fire_at == ONE + timedelta(hours=1)
        assert "default: the account is locked" in caplog.text

    def test_without_a_schedule_stays_as_it_is(self, home: Outside) -> None:
        transport = put_transport(home, "EMP", next_fire_at=NOON)
        assert fire_schedules(outside=home) == ()
        assert home.book.transport(transport.id).next_fire_at == NOON


class TestManyThatAreDue:
    @pytest.mark.parametrize("staying", [2, 3, 5])
    def test_are_started_behind_any_number_that_stay_due(
        self, home: Outside, monkeypatch: pytest.MonkeyPatch, staying: int
    ) -> None:
        monkeypatch.setattr(firing, "_DUE_AT_ONCE", 2)
        queued = replace(HOURLY, overlap=Overlap.QUEUE)
        for number in range(staying):
            start(home, scheduled(home, queued, id=f"TRPID-0000000{number}"))
        behind = {
            scheduled(home, due=ONE + timedelta(seconds=1), id=f"TRPID-0000001{number}").id
            for number in range(3)
        }
        home.clock.wait(3700)
        started = fire_schedules(outside=home)
        assert {home.book.job(each).transport_id for each in started} == behind

    def test_are_started_over_several_rounds(
        self, home: Outside, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(firing, "_STARTED_AT_ONCE", 2)
        for number in range(3):
            scheduled(home, id=f"TRPID-0000000{number}")
        home.clock.wait(3600)
        assert [len(fire_schedules(outside=home)) for _ in range(3)] == [2, 1, 0]


class TestARunThatIsLeftOut:
    def test_because_the_last_one_lasts_is_told(
        self, home: Outside, caplog: pytest.LogCaptureFixture
    ) -> None:
        transport = scheduled(home)
        job = start(home, transport)
        home.clock.wait(3600)
        fire_schedules(outside=home)
        assert f"{transport.id} is due and is skipped: {job.id}" in caplog.text

    def test_because_it_is_too_late_is_told(
        self, home: Outside, caplog: pytest.LogCaptureFixture
    ) -> None:
        transport = scheduled(home, replace(HOURLY, grace_seconds=60))
        home.clock.wait(3600 + 90)
        fire_schedules(outside=home)
        assert f"{transport.id} is due and is let go: it is 0:01:30 late" in caplog.text


class TestATransportThatSomebodyChangesMeanwhile:
    @pytest.mark.parametrize("due", [None, NOON + timedelta(days=9)], ids=["removed", "moved"])
    def test_keeps_the_instant_that_it_was_given(self, home: Outside, due: datetime | None) -> None:
        transport = scheduled(home, enabled=False)
        before = LateBook(home.book, due_transports=[transport])
        home.clock.wait(3600)

        def change(entries: Entries) -> None:
            if due is None:
                entries.remove_transport(transport.id)
            else:
                entries.put_transport(transport.fires_next(due))

        home.book.transact(change)
        assert fire_schedules(outside=replace(home, book=before)) == ()
        stored = home.book.transact(lambda entries: entries.transport(transport.id))
        assert (stored and stored.next_fire_at) == due


class TestTheChangesOfDaylightSaving:
    def test_in_autumn_fire_once_in_the_hour_that_comes_twice(self) -> None:
        berlin = Schedule(cron="30 2 * * *", time_zone="Europe/Berlin")
        first = datetime(2026, 10, 24, 0, 30, tzinfo=UTC)
        instants = [first]
        for _ in range(2):
            _, following = last_due(berlin, instants[-1], instants[-1])
            instants.append(following)
        days = [each.date().isoformat() for each in instants]
        assert days == ["2026-10-24", "2026-10-25", "2026-10-26"]

    def test_in_spring_fire_once_for_the_hour_that_is_left_out(self) -> None:
        berlin = Schedule(cron="30 2 * * *", time_zone="Europe/Berlin")
        before = datetime(2026, 3, 28, 1, 30, tzinfo=UTC)
        _, changed = last_due(berlin, before, before)
        _, after = last_due(berlin, changed, changed)
        assert (changed.date().isoformat(), after.date().isoformat()) == (
            "2026-03-29",
            "2026-03-30",
        )
