"""What the flow needs from outside, in our own words.

Every implementation of a port passes the same contract suite (tests/contracts/).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from oracle_etl.model.columns import ColumnPlan, TableShape
from oracle_etl.model.job import Counts, Job, JobStatus, Totals
from oracle_etl.model.names import TableName
from oracle_etl.model.objects import StoredObject
from oracle_etl.model.progress import Progress
from oracle_etl.model.reading import Reading
from oracle_etl.model.table_task import PartTask, TableTask
from oracle_etl.model.transport import Transport
from oracle_etl.model.work import WorkRef, WorkStatus

T = TypeVar("T")


class Clock(Protocol):
    """Where times come from."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        ...

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """Which page of a list: its size, and the opaque token that the page before gave.

    A token that this list, with these filters, never gave is refused with InvalidRequest.
    """

    size: int = 50
    token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """One page of a list; no token means it was the last."""

    items: tuple[T, ...]
    next_token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What an idempotency key stood for: the request's digest and the job it made."""

    key: str
    request_digest: str
    job_id: str
    expire_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSlot:
    """One of the seats that cap the Oracle sessions of a source over all workers."""

    source: str
    number: int
    owner: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartCounts:
    """What an ended part adds to its table's counters `parts_completed`, `parts_failed`, ..."""

    completed: int = 0
    failed: int = 0
    rows: int = 0
    bytes: int = 0


class Entries(Protocol):
    """The book inside one transaction: reads stay true until its end, writes are all or nothing.

    Every read comes before the first write; one after it is a bug, and raises RuntimeError.
    """

    def transport(self, transport_id: str) -> Transport | None:
        """Read a transport."""
        ...

    def job(self, job_id: str) -> Job | None:
        """Read a job."""
        ...

    def table(self, job_id: str, table_id: str) -> TableTask | None:
        """Read a table of a job."""
        ...

    def part(self, job_id: str, table_id: str, number: int) -> PartTask | None:
        """Read a part of a table."""
        ...

    def receipt(self, key: str) -> Receipt | None:
        """Read what an idempotency key stood for."""
        ...

    def slots(self, source: str) -> Sequence[SessionSlot]:
        """Read the session slots of a source that were ever taken."""
        ...

    def count_running_jobs(self) -> int:
        """Count the jobs whose status is running."""
        ...

    def count_running_tables(self, job_id: str) -> int:
        """Count a job's tables whose status is running."""
        ...

    def put_transport(self, transport: Transport) -> None:
        """Write a transport."""
        ...

    def remove_transport(self, transport_id: str) -> None:
        """Remove a transport; its jobs stay."""
        ...

    def put_job(self, job: Job) -> None:
        """Write a job; `counts` and `totals` only when it is new, later they change by adding."""
        ...

    def put_table(self, table: TableTask) -> None:
        """Write a table; its part counters only when it is new, later they change by adding."""
        ...

    def put_plan(self, job_id: str, table_id: str, plan: ColumnPlan) -> None:
        """Write a table's column plan."""
        ...

    def put_part(self, part: PartTask) -> None:
        """Write a part."""
        ...

    def put_receipt(self, receipt: Receipt) -> None:
        """Write what an idempotency key stands for."""
        ...

    def put_slot(self, slot: SessionSlot) -> None:
        """Write a session slot."""
        ...

    def count_job(self, job_id: str, added: Counts) -> None:
        """Add to a job's terminal counters, blindly: any number may do so at once."""
        ...

    def count_part(self, job_id: str, table_id: str, added: PartCounts) -> None:
        """Add to a table's part counters, blindly: any number may do so at once."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TableChanges:
    """The tables of a job that changed after a cursor, and the cursor to ask with next."""

    tables: tuple[TableTask, ...]
    cursor: str


class JobBook(Protocol):
    """Where transports, jobs, tables and parts are written down; the truth."""

    def transact(self, work: Callable[[Entries], T]) -> T:
        """Run `work` in one transaction and return what it returns.

        `work` may run more than once, so it changes nothing but entries. What it raises
        passes through and nothing is written. BookAway when others won too often.
        """
        ...

    def transport(self, transport_id: str) -> Transport:
        """Return a transport; NoSuchTransport."""
        ...

    def transports(self, page: PageRequest) -> Page[Transport]:
        """Return transports, newest first."""
        ...

    def due_transports(self, now: datetime, *, limit: int) -> Sequence[Transport]:
        """Return enabled transports whose `next_fire_at` has come, earliest first."""
        ...

    def receipt(self, key: str) -> Receipt | None:
        """Return what an idempotency key stood for."""
        ...

    def job(self, job_id: str) -> Job:
        """Return a job; NoSuchJob."""
        ...

    def jobs(
        self,
        page: PageRequest,
        *,
        transport_id: str | None = None,
        status: JobStatus | None = None,
    ) -> Page[Job]:
        """Return jobs, newest first."""
        ...

    def unfinished_jobs(self, *, limit: int) -> Sequence[Job]:
        """Return pending and running jobs, oldest first."""
        ...

    def waiting_jobs(self, *, limit: int) -> Sequence[str]:
        """Return the ids of pending jobs, oldest first; no job is read for it."""
        ...

    def tables(
        self, job_id: str, page: PageRequest, *, status: WorkStatus | None = None
    ) -> Page[TableTask]:
        """Return a job's tables by position."""
        ...

    def table(self, job_id: str, table_id: str) -> TableTask:
        """Return a table; NoSuchTable."""
        ...

    def plan(self, job_id: str, table_id: str) -> ColumnPlan | None:
        """Return a table's column plan, None before it was planned."""
        ...

    def parts(
        self, job_id: str, table_id: str, page: PageRequest, *, status: WorkStatus | None = None
    ) -> Page[PartTask]:
        """Return a table's parts by number."""
        ...

    def claimable(self, job_id: str, now: datetime, *, limit: int) -> Sequence[WorkRef]:
        """Return work of a job that a worker may claim now: pending, or with a lapsed lease.

        A split table counts when all its parts have ended. May be slightly out of date.
        """
        ...

    def table_changes(self, job_id: str, *, after: str | None, limit: int) -> TableChanges:
        """Return tables changed after a cursor, in order of change; no change is passed over.

        A table that changed more than once may come once, as it is now. InvalidRequest for
        a cursor that was never given.
        """
        ...


class ProgressBoard(Protocol):
    """Where progress is shown while it happens; never needed to be right.

    A post that cannot be shown is lost: no work fails because nobody can watch it.
    """

    def post_table(self, job_id: str, table_id: str, progress: Progress) -> None:
        """Show a table's progress; posts that come sooner than the interval may be skipped."""
        ...

    def post_part(self, job_id: str, table_id: str, number: int, progress: Progress) -> None:
        """Show a part's progress, as above."""
        ...

    def post_totals(self, job_id: str, totals: Totals) -> None:
        """Show a job's live totals."""
        ...


class Delivery(Protocol):
    """One message in a worker's hands; nobody else gets it while its lease is extended.

    Extending or settling it after the lease has lapsed does nothing to whoever has it now.
    """

    @property
    def ref(self) -> WorkRef:
        """The work it hints at; UnreadableMessage where it hints at nothing."""
        ...

    def extend(self, seconds: float) -> None:
        """Keep the message for so long from now."""
        ...

    def done(self) -> None:
        """Settle the message: it will not come again."""
        ...

    def again(self, delay_seconds: float = 0) -> None:
        """Give the message back, to come again after a delay."""
        ...


class TaskQueue(Protocol):
    """Hints at work, delivered at least once, in no promised order."""

    def publish(self, refs: Sequence[WorkRef]) -> None:
        """Publish one message each; returns when the queue has them all."""
        ...

    def pull(self, *, wait_seconds: float, lease_seconds: float) -> Delivery | None:
        """Take one message, waiting up to `wait_seconds`; None where none came."""
        ...

    def dead_letters(self, *, limit: int) -> Sequence[Delivery]:
        """Take messages that came back more often than the backstop allows."""
        ...

    def verify(self) -> None:
        """Prove that the queue is there, publishing nothing; QueueAway where it is not."""
        ...


class WorkerLauncher(Protocol):
    """Starts workers."""

    def launch(self, count: int) -> None:
        """Start up to `count` workers, fewer where the cap is reached."""
        ...

    def running(self) -> int:
        """Return how many workers are thought to be alive."""
        ...


class ObjectWriter(Protocol):
    """An object being written."""

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes."""
        ...

    def stored(self) -> StoredObject:
        """Return what was stored, once the `with` block has ended well; RuntimeError before."""
        ...


class ObjectStore(Protocol):
    """Objects, each whole or absent."""

    def create(
        self, bucket: str, name: str, *, content_type: str
    ) -> AbstractContextManager[ObjectWriter]:
        """Write an object that appears when the block ends well and never otherwise.

        The name must be new: ObjectConflict where it exists with other content; an object of
        the same size and checksum is taken as this one after a lost reply.
        """
        ...

    def compose(
        self, bucket: str, name: str, sources: Sequence[StoredObject], *, content_type: str
    ) -> StoredObject:
        """Join objects, in order, into a new one, as `create` does. Sources stay."""
        ...

    def stat(self, bucket: str, name: str) -> StoredObject | None:
        """Return what stands under a name, None where nothing does."""
        ...

    def open(
        self, stored: StoredObject, *, first_byte: int = 0, size: int | None = None
    ) -> AbstractContextManager[Iterator[bytes]]:
        """Read the bytes of exactly this generation; NoSuchObject where it is gone."""
        ...

    def remove(self, stored: StoredObject) -> None:
        """Remove exactly this generation; nothing happens where it is gone."""
        ...

    def names(self, bucket: str, prefix: str) -> Iterator[str]:
        """Return the names that start with a prefix, in order."""
        ...

    def location(self, bucket: str, name: str) -> str:
        """Return the object's address as a person writes it: gs://... or a path."""
        ...

    def verify(self, bucket: str) -> None:
        """Prove that objects can be written; StoreRefused with what to do where not."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TableListing:
    """One line of the catalogue."""

    table: TableName
    kind: str
    columns: int
    estimated_rows: int | None
    estimated_bytes: int | None
    counted_rows: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueAsked:
    """Which page of a source's catalogue is meant, and how it is narrowed."""

    source: str
    page: PageRequest
    schema: str | None = None
    search: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCatalogue:
    """A page of a catalogue, and when the source gave it."""

    items: tuple[TableListing, ...]
    next_token: str | None
    listed_at: datetime


class CatalogueShelf(Protocol):
    """Where pages of catalogues are kept, so that listing need not wait for Oracle."""

    def find(self, asked: CatalogueAsked) -> KeptCatalogue | None:
        """Return the page as it was last kept, None where it never was or was lost."""
        ...

    def keep(self, asked: CatalogueAsked, kept: KeptCatalogue) -> None:
        """Keep a page in the place of an older one."""
        ...


class LoginRefusals(Protocol):
    """Where all processes of a home remember for some minutes which logins were refused."""

    def is_known(self, login: str) -> bool:
        """Tell whether a login was refused a short while ago, to whomever."""
        ...

    def note(self, login: str) -> None:
        """Keep that a login was just refused."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """What a connection test found."""

    source: str
    reachable: bool
    latency_ms: float | None = None
    version: str | None = None
    character_set: str | None = None
    national_character_set: str | None = None
    mode: str = "thin"
    pool: Mapping[str, int] | None = None
    error: str | None = None
    hint: str = ""


class Batches(Protocol):
    """The batches of one reading: Arrow record batches, in order, once."""

    def count(self) -> int:
        """Count the rows on the reading's own session and snapshot; before the first batch."""
        ...

    def cancel(self) -> None:
        """Break the call under way off, from another thread; the reading then cannot go on."""
        ...

    def __iter__(self) -> Iterator[Any]:
        """Yield objects with the Arrow PyCapsule interface, none of them empty."""
        ...


class TableSource(Protocol):
    """An Oracle database. SourceAway, LoginRefused, TableNotFound, UndoGone, ... as they are."""

    def status(self) -> SourceStatus:
        """Test the connection; never raises for what Oracle answers."""
        ...

    def catalogue(
        self, page: PageRequest, *, schema: str | None = None, search: str | None = None
    ) -> Page[TableListing]:
        """Return the tables and views that the account may read, by owner and name."""
        ...

    def schema(self) -> str:
        """Return the account's own schema, where unowned names are looked up first."""
        ...

    def query_shape(self, name: str, query: str) -> TableShape:
        """Return the columns of a statement that a transport names; its kind is QUERY."""
        ...

    def shape(self, table: TableName) -> TableShape:
        """Return what the dictionary says; an unowned name is looked up as Oracle would."""
        ...

    def database(self) -> str:
        """Return what tells the database from its clones and from its neighbours."""
        ...

    def current_scn(self) -> int | None:
        """Return the SCN of now, None where no way to ask is granted."""
        ...

    def can_flash_back(self, table: TableName, scn: int) -> bool:
        """Tell whether the account may read the table at an SCN, by trying.

        UndoGone or TableChanged where it might, but for what has happened since.
        """
        ...

    def count(self, reading: Reading) -> int:
        """Count the rows that the reading would give."""
        ...

    def boundaries(self, reading: Reading, *, parts: int) -> Sequence[str]:
        """Return up to `parts - 1` ROWIDs, in order, that cut the reading into similar parts."""
        ...

    def read(self, reading: Reading, *, batch_bytes: int) -> AbstractContextManager[Batches]:
        """Read rows in batches of about `batch_bytes`, each column in its plan's form."""
        ...

    def undo_retention_seconds(self) -> int | None:
        """Return how far undo is meant to reach, None where the account may not ask."""
        ...

    def close(self) -> None:
        """Close every connection."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """What an Oracle server says of itself and of the account; no name of anybody or anything."""

    release: str
    driver: str
    """The driver's version, its mode, and in thick mode the client's version."""
    character_set: str
    national_character_set: str
    clock_ahead_seconds: float
    """How far the server's clock is before ours."""
    answers: Mapping[str, str]
    """What else it was asked, and its answer."""
    refusals: Mapping[str, str]
    """What it would not answer, and the code of its error."""
    privileges: frozenset[str]
    """The system privileges of the account."""


class ScratchSchema(Protocol):
    """The account's own schema, to try things out: what is made there is removed again."""

    def facts(self) -> ServerFacts:
        """Ask the server about itself; this changes nothing."""
        ...

    def table(self, name: str, columns: str) -> AbstractContextManager[TableName]:
        """Make a new table for as long as the block runs; GiveUp where the name is taken.

        TableLeft where it could not be dropped, or nobody can tell whether it was made.
        """
        ...

    def insert(self, table: TableName, expressions: Sequence[str]) -> None:
        """Insert and commit a row of SQL expressions."""
        ...

    def close(self) -> None:
        """Close every connection."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WatcherToken:
    """What a watcher signs in with."""

    text: str = field(repr=False)
    expires_at: datetime


class WatcherSignIn(Protocol):
    """Lets people watch a tenant's progress where it is written."""

    def token(self, *, tenant: str) -> WatcherToken:
        """Return a token with which its bearer may read one tenant's progress, and no more."""
        ...


class SecretVault(Protocol):
    """Where secrets are fetched when they are needed, and not before."""

    def secret(self, reference: str) -> bytes:
        """Return the secret's bytes."""
        ...
