from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import a_job, a_table, later
from fakes.stepped_clock import SteppedClock
from flow_home import a_home
from oracle_etl.flow.watch_job import EventName, JobEvent, Pace, Reached, WatchPoint, watch_job
from oracle_etl.model.errors import NoSuchJob
from oracle_etl.model.job import Counts, Job, JobStatus
from oracle_etl.model.progress import Progress, Stage, StageName
from oracle_etl.model.table_task import Failure, TableTask
from oracle_etl.model.work import WorkStatus
from oracle_etl.outside import Outside
from oracle_etl.ports import TableChanges

ONE_LOOK = Pace(longest=0.0)
STATUS = {
    StageName.PENDING: WorkStatus.PENDING,
    StageName.COMPLETED: WorkStatus.COMPLETED,
    StageName.FAILED: WorkStatus.FAILED,
    StageName.CANCELLED: WorkStatus.CANCELLED,
}
JOB = a_job(status=JobStatus.RUNNING)
START = WatchPoint.start(JOB.id)


def a_table_after(*stages: StageName, position: int = 0, **changes: object) -> TableTask:
    """Return a table that went through these stages after it had waited."""
    names = (StageName.PENDING, *stages)
    task = a_table(
        f"t{position:05d}",
        position=position,
        name=f"T{position}",
        status=STATUS.get(names[-1], WorkStatus.RUNNING),
        stages=tuple(Stage(name=name, at=later(at)) for at, name in enumerate(names)),
    )
    return replace(task, **changes)  # type: ignore[arg-type]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Outside]:
    home = a_home(tmp_path)
    write(home, JOB)
    yield home
    home.close()


def write(home: Outside, *values: Job | TableTask) -> None:
    def put(entries: object) -> None:
        for value in values:
            if isinstance(value, Job):
                entries.put_job(value)  # type: ignore[attr-defined]
            else:
                entries.put_table(value)  # type: ignore[attr-defined]

    home.book.transact(put)


def look(home: Outside, start: WatchPoint = START) -> list[JobEvent]:
    seen = watch_job(start, book=home.book, clock=home.clock, pace=ONE_LOOK)
    return [event for event in seen if event is not None]


def told(events: list[JobEvent]) -> list[tuple[str, str | None]]:
    return [(event.name, event.table.table.name if event.table else None) for event in events]


class TestAJobThatHasEnded:
    def test_is_told_whole_and_then_complete(self, home: Outside) -> None:
        whole = (StageName.PLANNING, StageName.EXTRACTING, StageName.CLOSING, StageName.COMPLETED)
        write(home, a_table_after(*whole), replace(JOB, status=JobStatus.COMPLETED))
        assert told(look(home)) == [
            ("table_start", "T0"),
            ("progress", "T0"),
            ("progress", "T0"),
            ("table_complete", "T0"),
            ("complete", None),
        ]

    def test_is_told_to_the_end_without_waiting(self, home: Outside) -> None:
        write(home, replace(JOB, status=JobStatus.COMPLETED))
        events = list(watch_job(START, book=home.book, clock=home.clock, pace=Pace()))
        assert [event.name for event in events if event] == [EventName.COMPLETE]
        assert home.clock.monotonic() == 0

    def test_tells_its_own_failure_before_the_end(self, home: Outside) -> None:
        failure = Failure(code="ACCESS_DENIED", message="no", hint="grant it")
        write(home, replace(JOB, status=JobStatus.FAILED, failure=failure))
        error, complete = look(home)
        assert (error.name, error.table, error.job.failure) == (EventName.ERROR, None, failure)
        assert complete.name is EventName.COMPLETE
        assert str(error.point) != str(complete.point)

    def test_tells_its_failure_once_to_whoever_comes_back(self, home: Outside) -> None:
        failure = Failure(code="ACCESS_DENIED", message="no")
        table = a_table_after(StageName.PLANNING, StageName.FAILED)
        write(home, table, replace(JOB, status=JobStatus.FAILED, failure=failure))
        events = look(home)
        assert told(events)[-2:] == [("error", None), ("complete", None)]
        for seen, event in enumerate(events, start=1):
            point = WatchPoint.parse(str(event.point))
            assert point is not None
            assert told(look(home, point)) == told(events)[seen:]

    def test_has_nothing_more_to_tell_whoever_saw_its_end(self, home: Outside) -> None:
        write(home, replace(JOB, status=JobStatus.COMPLETED))
        [complete] = look(home)
        assert look(home, complete.point) == []


class TestATableThatChanges:
    def test_starts_when_a_worker_plans_it(self, home: Outside) -> None:
        write(home, a_table_after())
        assert look(home) == []
        write(home, a_table_after(StageName.PLANNING))
        assert told(look(home)) == [("table_start", "T0")]

    @pytest.mark.parametrize(
        ("stage", "name"),
        [
            (StageName.FAILED, EventName.ERROR),
            (StageName.RETURNED, EventName.ERROR),
            (StageName.CANCELLED, EventName.PROGRESS),
            (StageName.COMPLETED, EventName.TABLE_COMPLETE),
        ],
    )
    def test_tells_each_stage_by_its_event(
        self, home: Outside, stage: StageName, name: EventName
    ) -> None:
        write(home, a_table_after(StageName.PLANNING))
        [start] = look(home)
        write(home, a_table_after(StageName.PLANNING, stage))
        [event] = look(home, start.point)
        assert event.name is name
        assert event.stage is not None
        assert event.stage.name is stage

    def test_tells_progress_between_its_stages(self, home: Outside) -> None:
        running = a_table_after(StageName.PLANNING, StageName.EXTRACTING)
        write(home, running)
        last = look(home)[-1]
        write(home, replace(running, progress=Progress(rows=5)))
        [event] = look(home, last.point)
        assert event.name is EventName.PROGRESS
        assert event.table is not None
        assert event.table.progress.rows == 5

    def test_that_runs_without_a_stage_is_told_all_the_same(self, home: Outside) -> None:
        write(home, a_table(status=WorkStatus.RUNNING))
        [event] = look(home)
        assert (event.name, event.stage) == (EventName.PROGRESS, None)


class TestAWatcherWhoStays:
    def test_sees_what_happens_while_it_waits(self, tmp_path: Path) -> None:
        home = a_home(tmp_path)
        write(home, JOB, a_table_after())
        steps: Iterator[Job | TableTask] = iter(
            [
                a_table_after(StageName.PLANNING),
                a_table_after(StageName.PLANNING, StageName.FAILED),
                replace(JOB, status=JobStatus.FAILED, counts=Counts(tables_failed=1)),
            ]
        )
        clock = SteppedClock(while_waiting=lambda: write(home, next(steps)))
        events = list(watch_job(START, book=home.book, clock=clock, pace=Pace()))
        assert [event.name for event in events if event] == ["table_start", "error", "complete"]
        home.close()

    def test_gets_a_heartbeat_after_each_silence(self, home: Outside) -> None:
        pace = Pace(interval=1, heartbeat=15, longest=61)
        assert list(watch_job(START, book=home.book, clock=home.clock, pace=pace)) == [None] * 4

    def test_leaves_when_its_time_is_over(self, home: Outside) -> None:
        pace = Pace(interval=1, heartbeat=1000, longest=240)
        assert list(watch_job(START, book=home.book, clock=home.clock, pace=pace)) == []
        assert home.clock.monotonic() == 240

    def test_of_a_job_that_is_gone_is_told_so(self, home: Outside) -> None:
        nobody = WatchPoint.start("JOB-20260301-120000-ffff")
        with pytest.raises(NoSuchJob):
            look(home, nobody)


STAGES: st.SearchStrategy[StageName] = st.sampled_from(
    [each for each in StageName if each is not StageName.PENDING]
)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[int, StageName]]:
    """Draw stages of up to three tables in any order; what ends a table ends its history."""
    steps = draw(st.lists(st.tuples(st.integers(0, 2), STAGES), max_size=12))
    ended: set[int] = set()
    kept: list[tuple[int, StageName]] = []
    for position, stage in steps:
        if position not in ended:
            kept.append((position, stage))
        if stage in STATUS:
            ended.add(position)
    return kept


class BringingTwice:
    """A book that gives each page of changes once more, as a change that happens meanwhile."""

    def __init__(self, home: Outside) -> None:
        self._book = home.book
        self._again: list[TableChanges] = []

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the book has
        return getattr(self._book, name)

    def table_changes(self, job_id: str, *, after: str | None, limit: int) -> TableChanges:
        if self._again:
            return self._again.pop()
        changes = self._book.table_changes(job_id, after=after, limit=limit)
        if changes.tables:
            self._again.append(changes)
        return changes


class TestATableThatTheBookBringsTwice:
    @pytest.mark.parametrize("last", [StageName.COMPLETED, StageName.FAILED, StageName.EXTRACTING])
    def test_is_told_once(self, home: Outside, last: StageName) -> None:
        write(home, a_table_after(StageName.PLANNING, last))
        once = look(home)
        twice = look(replace(home, book=BringingTwice(home)))
        assert [each for each in told(once) if each[0] != EventName.PROGRESS] == [
            each for each in told(twice) if each[0] != EventName.PROGRESS
        ]


class TestAWatcherWhoComesAndGoes:
    @settings(max_examples=60, deadline=None)
    @given(histories(), st.lists(st.integers(0, 4), min_size=1, max_size=40))
    def test_is_told_every_stage_once_and_in_order(
        self, history: list[tuple[int, StageName]], patience: list[int]
    ) -> None:
        with TemporaryDirectory() as folder:
            home = a_home(Path(folder))
            stages: dict[int, list[StageName]] = {0: [], 1: [], 2: []}
            write(home, JOB, *(a_table_after(position=each) for each in stages))
            point, events = START, []
            for at, (position, stage) in enumerate(history):
                stages[position].append(stage)
                write(home, a_table_after(*stages[position], position=position))
                seen = self.visit(home, point, patience[at % len(patience)])
                events += seen
                point = self.remembered(seen, point)
            write(home, replace(JOB, status=JobStatus.COMPLETED))
            events += self.visit(home, point, 1000)
            assert {each: self.stages_of(events, each) for each in stages} == stages
            assert events[-1].name is EventName.COMPLETE
            home.close()

    def visit(self, home: Outside, point: WatchPoint, patience: int) -> list[JobEvent]:
        watched = watch_job(point, book=home.book, clock=home.clock, pace=ONE_LOOK)
        return [event for event in islice(watched, patience) if event is not None]

    def remembered(self, seen: list[JobEvent], before: WatchPoint) -> WatchPoint:
        parsed = WatchPoint.parse(str(seen[-1].point if seen else before))
        assert parsed is not None
        return parsed

    def stages_of(self, events: list[JobEvent], position: int) -> list[StageName]:
        """Return the stages told of a table, leaving out the progress between them."""
        numbered: dict[object, StageName] = {}
        for event in events:
            if event.table is not None and event.table.position == position and event.stage:
                is_new = event.stage.at not in numbered
                between = not is_new and event.name is EventName.PROGRESS
                assert is_new or between, f"{event.stage} was told twice"
                numbered[event.stage.at] = event.stage.name
        return list(numbered.values())


class TestAPoint:
    @given(st.text(max_size=30), st.dictionaries(st.integers(0, 99_999), st.integers(1, 999)))
    def test_is_read_as_it_was_written(self, cursor: str, stages: dict[int, int]) -> None:
        point = WatchPoint(job_id=JOB.id, cursor=cursor or None, told=stages)
        assert WatchPoint.parse(str(point)) == point

    @given(st.text(max_size=30))
    def test_fits_a_header_line(self, cursor: str) -> None:
        many = dict.fromkeys(range(10_000, 20_000), 9)
        text = str(WatchPoint(job_id=JOB.id, cursor=cursor, told=many))
        assert text.isascii()
        assert text.isprintable()
        assert len(text) < 8000

    @pytest.mark.parametrize("reached", list(Reached))
    def test_near_the_end_is_read_as_it_was_written(self, reached: Reached) -> None:
        point = WatchPoint(job_id=JOB.id, reached=reached)
        assert WatchPoint.parse(str(point)) == point

    @given(st.text())
    def test_is_not_read_from_anything_else(self, text: str) -> None:
        assert WatchPoint.parse(text) is None

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "TRPID-00000001~c~",
            f"{JOB.id}~c~1",
            f"{JOB.id}~c~1.2_",
            f"{JOB.id}~c~1.2\n",
            f"{JOB.id}~c~{'1.2222222' * 3000}",
        ],
    )
    def test_is_not_read_from_what_nearly_is_one(self, text: str) -> None:
        assert WatchPoint.parse(text) is None
