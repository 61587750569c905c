"""One table of a job, and one part of such a table."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from datetime import datetime

from oracle_etl.model.errors import LeaseLost
from oracle_etl.model.names import TableName
from oracle_etl.model.objects import Extract, FinalObject, Intent
from oracle_etl.model.progress import Progress, Stage, StageName
from oracle_etl.model.transport import TableChoice
from oracle_etl.model.work import Hold, WorkRef, WorkStatus


class Step(enum.StrEnum):
    """What has to be done next with a table."""

    PLAN = "plan"
    """Plan it, and read it at once where one part is enough."""
    PARTS = "parts"
    """Wait for its parts, which others read."""
    CLOSE = "close"
    """Put what was read at its final name."""
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why work ended for good, in words for people and for programs."""

    code: str
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowidRange:
    """The rows of a part: from `low` up to but not including `high`; None is open."""

    low: str | None = None
    high: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableTask:
    """One table of a job."""

    job_id: str
    table_id: str
    position: int
    """Its place in the job's resolved list, from 0."""
    table: TableName
    choice: TableChoice
    stem: str
    """Its part of the object names."""
    status: WorkStatus = WorkStatus.PENDING
    step: Step = Step.PLAN
    hold: Hold = Hold()
    stages: tuple[Stage, ...] = ()
    progress: Progress = Progress()
    resolved: TableName | None = None
    """The object itself, behind any synonym; None until planned."""
    scn: int | None = None
    """The SCN this table is read at; None under a read-only transaction."""
    parts_total: int = 0
    """0 until planned, and for a table read in one part by the worker that planned it."""
    undo_seconds: int | None = None
    """How far undo was meant to reach when it was split; None where the account may not ask."""
    undo_needed: int | None = None
    """How far undo would have to reach for its last part, once that is foreseen to be too far."""
    parts_completed: int = 0
    parts_failed: int = 0
    parts_rows: int = 0
    """Rows of the parts that have completed."""
    parts_bytes: int = 0
    extract: Extract | None = None
    """What the winning attempt wrote, where the table was read in one part."""
    intents: tuple[Intent, ...] = ()
    """What is being put at its final names; none before, and none once it is complete."""
    leftovers: tuple[Intent, ...] = ()
    """What earlier jobs of its version may have put there without writing down that they did."""
    objects: tuple[FinalObject, ...] = ()
    rows: int = 0
    bytes: int = 0
    warnings: tuple[str, ...] = ()
    failure: Failure | None = None
    continues: str | None = None
    """The job whose readings of this table are taken over, where a retry does it again."""
    carried_from: str | None = None
    """The job that wrote its objects, where a retry carried them forward."""
    started_at: datetime | None = None
    completed_at: datetime | None = None
    tenant: str = "default"

    @property
    def ref(self) -> WorkRef:
        """The name of this work in messages."""
        return WorkRef(job_id=self.job_id, table_id=self.table_id)

    def can_be_claimed(self, now: datetime) -> bool:
        """Whether a worker that asks now may have it."""
        return self.can_be_ended(now) and self.hold.is_free(now)

    def can_be_ended(self, now: datetime) -> bool:
        """Whether it may be cancelled without anyone's doing: also while it rests."""
        if self.status.ended or self.hold.is_held(now):
            return False
        return self.step is not Step.PARTS or self.parts_have_ended

    @property
    def last_note(self) -> str:
        """Why it was given back the last time."""
        notes = (each.note for each in reversed(self.stages) if each.name is StageName.RETURNED)
        return next(notes, "")

    @property
    def parts_have_ended(self) -> bool:
        """Whether every part of a split table has ended."""
        return self.parts_total > 0 and self.parts_completed + self.parts_failed >= self.parts_total

    @property
    def is_read(self) -> bool:
        """Whether all its rows were read, so that only the placing is left."""
        in_parts = self.parts_total > 0 and self.parts_completed == self.parts_total
        return in_parts or self.extract is not None

    def claimed(self, owner: str, *, now: datetime, lease_seconds: float) -> TableTask:
        """Return the table in a worker's hands: to be planned, or to be closed."""
        if not self.can_be_claimed(now):
            raise LeaseLost(f"{self.table} is not to be had: {self.status}, step {self.step}")
        step = Step.CLOSE if self.step is Step.PARTS else self.step
        stage = StageName.PLANNING if step is Step.PLAN else StageName.CLOSING
        return replace(
            self,
            status=WorkStatus.RUNNING,
            step=step,
            hold=self.hold.claimed(owner, now=now, lease_seconds=lease_seconds),
            stages=(*self.stages, Stage(name=stage, at=now)),
            started_at=self.started_at or now,
        )

    def renewed(self, fence: int, *, now: datetime, lease_seconds: float) -> TableTask:
        """Return the table with a later end of its lease."""
        return replace(self, hold=self.hold.renewed(fence, now=now, lease_seconds=lease_seconds))

    def planned(
        self,
        fence: int,
        *,
        resolved: TableName,
        scn: int | None,
        warnings: tuple[str, ...],
        progress: Progress,
        now: datetime,
    ) -> TableTask:
        """Return the table with its columns decided, being read by the worker that planned it."""
        self.hold.check(fence)
        return replace(
            self,
            resolved=resolved,
            scn=scn,
            progress=progress,
            warnings=warnings,
            stages=(*self.stages, Stage(name=StageName.EXTRACTING, at=now)),
        )

    def split(self, fence: int, *, parts: int, undo_seconds: int | None) -> TableTask:
        """Return the table waiting for its parts, in nobody's hands."""
        return replace(
            self,
            step=Step.PARTS,
            parts_total=parts,
            undo_seconds=undo_seconds,
            hold=self.hold.freed(fence),
        )

    def outlasting_undo(self, seconds: int, *, warning: str, now: datetime) -> TableTask:
        """Return the table whose last part is foreseen to need more undo than there is."""
        stage = Stage(name=StageName.EXTRACTING, at=now, note=warning)
        return replace(
            self,
            undo_needed=seconds,
            warnings=(*self.warnings, warning),
            stages=(*self.stages, stage),
        )

    def warned(self, warning: str) -> TableTask:
        """Return the table with a warning, which is said once."""
        if warning in self.warnings:
            return self
        return replace(self, warnings=(*self.warnings, warning))

    def extracted(self, fence: int, extract: Extract, *, now: datetime) -> TableTask:
        """Return the table read in one part, to be placed by the same worker."""
        self.hold.check(fence)
        return replace(
            self,
            step=Step.CLOSE,
            extract=extract,
            progress=self.progress.ended(rows=extract.rows, size=extract.object.size, at=now),
            stages=(*self.stages, Stage(name=StageName.CLOSING, at=now)),
        )

    def announced(self, fence: int, intents: tuple[Intent, ...]) -> TableTask:
        """Return the table whose final objects are about to be placed."""
        self.hold.check(fence)
        return replace(self, intents=intents)

    def completed(
        self,
        fence: int,
        objects: tuple[FinalObject, ...],
        *,
        now: datetime,
        warnings: tuple[str, ...] = (),
    ) -> TableTask:
        """Return the table whole at its final name."""
        self.hold.check(fence)
        rows = sum(each.rows for each in objects)
        size = sum(each.object.size for each in objects)
        return replace(
            self._ended(WorkStatus.COMPLETED, StageName.COMPLETED, now=now),
            intents=(),
            leftovers=(),
            objects=objects,
            rows=rows,
            bytes=size,
            warnings=(*self.warnings, *warnings),
            progress=self.progress.ended(rows=rows, size=size, at=now),
        )

    def failed(self, failure: Failure, *, now: datetime) -> TableTask:
        """Return the table given up."""
        ended = self._ended(WorkStatus.FAILED, StageName.FAILED, now=now, note=failure.message)
        return replace(ended, failure=failure)

    def cancelled(self, *, now: datetime) -> TableTask:
        """Return the table nobody wants any more."""
        return self._ended(WorkStatus.CANCELLED, StageName.CANCELLED, now=now)

    def returned(self, hold: Hold, *, now: datetime, note: str, hint: str = "") -> TableTask:
        """Return the table to whoever claims it next."""
        stage = Stage(name=StageName.RETURNED, at=now, note=note, hint=hint)
        return replace(self, hold=hold, stages=(*self.stages, stage))

    def _ended(
        self, status: WorkStatus, stage: StageName, *, now: datetime, note: str = ""
    ) -> TableTask:
        return replace(
            self,
            status=status,
            step=Step.DONE,
            hold=replace(self.hold, owner=None, expires_at=None),
            stages=(*self.stages, Stage(name=stage, at=now, note=note)),
            completed_at=now,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PartTask:
    """One part of a split table."""

    job_id: str
    table_id: str
    number: int
    """From 1. A part split again leaves its number to the first half."""
    rows_of: RowidRange
    status: WorkStatus = WorkStatus.PENDING
    hold: Hold = Hold()
    progress: Progress = Progress()
    extract: Extract | None = None
    failure: Failure | None = None
    note: str = ""
    """Why it was given back the last time."""
    depth: int = 0
    """How often ORA-01555 has split what this part came from."""
    tenant: str = "default"

    @property
    def ref(self) -> WorkRef:
        """The name of this work in messages."""
        return WorkRef(job_id=self.job_id, table_id=self.table_id, part=self.number)

    def can_be_claimed(self, now: datetime) -> bool:
        """Whether a worker that asks now may have it."""
        return self.can_be_ended(now) and self.hold.is_free(now)

    def can_be_ended(self, now: datetime) -> bool:
        """Whether it may be cancelled without anyone's doing: also while it rests."""
        return not self.status.ended and not self.hold.is_held(now)

    def claimed(self, owner: str, *, now: datetime, lease_seconds: float) -> PartTask:
        """Return the part in a worker's hands."""
        if not self.can_be_claimed(now):
            raise LeaseLost(f"part {self.number} is not to be had: {self.status}")
        return replace(
            self,
            status=WorkStatus.RUNNING,
            hold=self.hold.claimed(owner, now=now, lease_seconds=lease_seconds),
        )

    def renewed(self, fence: int, *, now: datetime, lease_seconds: float) -> PartTask:
        """Return the part with a later end of its lease."""
        return replace(self, hold=self.hold.renewed(fence, now=now, lease_seconds=lease_seconds))

    def extracted(self, fence: int, extract: Extract, *, now: datetime) -> PartTask:
        """Return the part read whole."""
        self.hold.check(fence)
        return replace(
            self._ended(WorkStatus.COMPLETED),
            extract=extract,
            progress=self.progress.ended(rows=extract.rows, size=extract.object.size, at=now),
        )

    def halved(self, fence: int, at_rowid: str, *, number: int) -> tuple[PartTask, PartTask]:
        """Return two parts for this one's rows; the second gets a new number."""
        self.hold.check(fence)
        free = replace(
            self,
            status=WorkStatus.PENDING,
            hold=replace(self.hold, owner=None, expires_at=None),
            progress=Progress(),
            depth=self.depth + 1,
        )
        low = replace(free, rows_of=RowidRange(low=self.rows_of.low, high=at_rowid))
        high = replace(
            free,
            number=number,
            hold=Hold(),
            rows_of=RowidRange(low=at_rowid, high=self.rows_of.high),
        )
        return low, high

    def failed(self, failure: Failure) -> PartTask:
        """Return the part given up."""
        return replace(self._ended(WorkStatus.FAILED), failure=failure)

    def cancelled(self) -> PartTask:
        """Return the part nobody wants any more."""
        return self._ended(WorkStatus.CANCELLED)

    def returned(self, hold: Hold, *, note: str) -> PartTask:
        """Return the part to whoever claims it next."""
        return replace(self, hold=hold, progress=Progress(), note=note)

    def _ended(self, status: WorkStatus) -> PartTask:
        return replace(self, status=status, hold=replace(self.hold, owner=None, expires_at=None))
