"""Follow a job: what happens to its tables as events, in order, from any point on.

Each event carries the point behind it. Whoever comes back with that point goes on with the next
event: every stage of every table is told, and told once.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from urllib.parse import quote, unquote

from oracle_etl.model.job import Job
from oracle_etl.model.names import is_job_id
from oracle_etl.model.progress import Stage, StageName
from oracle_etl.model.table_task import TableTask
from oracle_etl.model.work import WorkStatus
from oracle_etl.ports import Clock, JobBook

_TABLES_OF_ONE_LOOK = 100
_MOST_UNDER_WAY = 500
"""Tables under way that a point can hold; beyond, a reconnection repeats some of their stages."""
_POINT = re.compile(r"([^~]{1,64})~([^~]*)~((?:\d{1,6}\.\d{1,6}(?:_\d{1,6}\.\d{1,6})*)?)\Z")


class EventName(enum.StrEnum):
    """What happened; the value is the event's name on the wire."""

    TABLE_START = "table_start"
    PROGRESS = "progress"
    TABLE_COMPLETE = "table_complete"
    ERROR = "error"
    COMPLETE = "complete"


_EVENT_OF_STAGE = {
    StageName.PLANNING: EventName.TABLE_START,
    StageName.EXTRACTING: EventName.PROGRESS,
    StageName.CLOSING: EventName.PROGRESS,
    StageName.COMPLETED: EventName.TABLE_COMPLETE,
    StageName.FAILED: EventName.ERROR,
    StageName.CANCELLED: EventName.PROGRESS,
    StageName.RETURNED: EventName.ERROR,
}
"""The event that tells each stage; that a table waits (PENDING) is no event."""


class Reached(enum.StrEnum):
    """How far into a job a point lies."""

    TABLES = "tables"
    FAILURE = "failed"
    """All tables are told, and why the job failed; its end is not."""
    END = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchPoint:
    """How far a watcher has been told: a cursor of the book, and the stages told beyond it."""

    job_id: str
    cursor: str | None = None
    told: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))
    """By a table's position, how many of its stages; tables that lie still are left out."""
    reached: Reached = Reached.TABLES

    @classmethod
    def start(cls, job_id: str) -> WatchPoint:
        """Return the point before the first event."""
        return cls(job_id=job_id)

    @classmethod
    def parse(cls, text: str) -> WatchPoint | None:
        """Read an event's id; None for what was never one."""
        match = _POINT.match(text)
        if match is None or not is_job_id(match[1]):
            return None
        if match[2] in {Reached.FAILURE, Reached.END}:
            return cls(job_id=match[1], reached=Reached(match[2]))
        pairs = (each.split(".") for each in match[3].split("_") if each)
        told = {int(position): int(stages) for position, stages in pairs}
        return cls(job_id=match[1], cursor=unquote(match[2][1:]) or None, told=told)

    def __str__(self) -> str:
        if self.reached is not Reached.TABLES:
            return f"{self.job_id}~{self.reached}~"
        cursor = f"c{_quoted(self.cursor or '')}"
        under_way = list(self.told.items())[-_MOST_UNDER_WAY:]
        told = "_".join(f"{position}.{stages}" for position, stages in under_way)
        return f"{self.job_id}~{cursor}~{told}"

    @property
    def has_ended(self) -> bool:
        """Whether nothing is left to tell."""
        return self.reached is Reached.END

    def stages_told(self, table: TableTask) -> int:
        """Return how many stages of a table the watcher knows."""
        return self.told.get(table.position, 0)

    def after(self, table: TableTask, *, stages: int) -> WatchPoint:
        """Return the point at which so many stages of a table are told."""
        return replace(self, told={**self.told, table.position: stages})

    def moved_to(self, cursor: str, looked_at: tuple[TableTask, ...]) -> WatchPoint:
        """Return the point behind a whole look: tables that have ended need no memory."""
        ended = {each.position for each in looked_at if each.status.ended}
        told = {position: stages for position, stages in self.told.items() if position not in ended}
        return replace(self, cursor=cursor, told=told)


def _quoted(cursor: str) -> str:
    return quote(cursor, safe="").replace("~", "%7E")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEvent:
    """One event: the job as it was, the table and stage it tells of, and the point behind it."""

    name: EventName
    job: Job
    table: TableTask | None = None
    stage: Stage | None = None
    point: WatchPoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a watcher looks, speaks up, and when it leaves; times are seconds."""

    interval: float = 1.0
    heartbeat: float = 15.0
    longest: float = 240.0


def watch_job(
    start: WatchPoint, *, book: JobBook, clock: Clock, pace: Pace
) -> Iterator[JobEvent | None]:
    """Yield events until the job has ended or the watcher's time is over; None is a heartbeat."""
    if start.has_ended:
        return
    watcher = _Watcher(start, book)
    spoke_at = clock.monotonic()
    leaves_at = spoke_at + pace.longest
    while True:
        for event in watcher.look():
            yield event
            spoke_at = clock.monotonic()
        if watcher.has_ended or clock.monotonic() >= leaves_at:
            return
        if clock.monotonic() - spoke_at >= pace.heartbeat:
            yield None
            spoke_at = clock.monotonic()
        clock.wait(pace.interval)


class _Watcher:
    """Remembers how far it has looked and told."""

    def __init__(self, start: WatchPoint, book: JobBook) -> None:
        self._point = start
        self._book = book
        self._told_whole: set[int] = set()
        """Tables that have ended, by position: a book may bring them once more."""

    @property
    def has_ended(self) -> bool:
        return self._point.has_ended

    def look(self) -> Iterator[JobEvent]:
        """Yield what has happened since the last look."""
        # The job first: where it has ended, every change of its tables is there to be seen.
        job = self._book.job(self._point.job_id)
        if self._point.reached is Reached.TABLES:
            yield from self._changed_tables(job)
        if job.status.ended:
            yield from self._ending(job)

    def _changed_tables(self, job: Job) -> Iterator[JobEvent]:
        while True:
            changes = self._book.table_changes(
                job.id, after=self._point.cursor, limit=_TABLES_OF_ONE_LOOK
            )
            for table in changes.tables:
                if table.position not in self._told_whole:
                    yield from self._of_table(job, table)
            self._told_whole.update(each.position for each in changes.tables if each.status.ended)
            self._point = self._point.moved_to(changes.cursor, changes.tables)
            if not changes.tables:
                return

    def _of_table(self, job: Job, table: TableTask) -> Iterator[JobEvent]:
        told = self._point.stages_told(table)
        for number, stage in enumerate(table.stages[told:], start=told + 1):
            name = _EVENT_OF_STAGE.get(stage.name)
            if name is not None:
                self._point = self._point.after(table, stages=number)
                yield self._event(name, job, table, stage)
        if told >= len(table.stages) and table.status is WorkStatus.RUNNING:
            yield self._event(EventName.PROGRESS, job, table, next(reversed(table.stages), None))

    def _ending(self, job: Job) -> Iterator[JobEvent]:
        if job.failure is not None and self._point.reached is Reached.TABLES:
            self._point = WatchPoint(job_id=job.id, reached=Reached.FAILURE)
            yield self._event(EventName.ERROR, job)
        self._point = WatchPoint(job_id=job.id, reached=Reached.END)
        yield self._event(EventName.COMPLETE, job)

    def _event(
        self, name: EventName, job: Job, table: TableTask | None = None, stage: Stage | None = None
    ) -> JobEvent:
        return JobEvent(name=name, job=job, table=table, stage=stage, point=self._point)
