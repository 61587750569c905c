"""Put what was read of a table at its final name, and end the table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from oracle_etl.flow.claim_work import Claim, claimed_table
from oracle_etl.flow.encode import member_header, member_trailer
from oracle_etl.flow.encode.schema_files import bigquery_schema
from oracle_etl.flow.end_work import fail_work
from oracle_etl.flow.every_item import every_item
from oracle_etl.flow.move_table import CONTENT_TYPES, bucket_of
from oracle_etl.model.job import Counts
from oracle_etl.model.objects import Extract, FinalObject, Piece, StoredObject
from oracle_etl.model.table_task import PartTask
from oracle_etl.model.transport import Carriage, Format
from oracle_etl.model.work import WorkStatus
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries, PageRequest

LARGEST_GZIP_FOR_BIGQUERY = 4 * 1024**3
_LONGEST_HEADER_AND_TRAILER = 64


def place_table(claim: Claim, *, outside: Outside) -> None:
    """Make the final objects of a claimed table whose rows have all been read.

    Every step may be repeated by a later attempt: names and contents are the same each time,
    and the store takes an equal object for the one that was meant.
    """
    if claim.table.parts_total:
        failed = next(_parts(claim, WorkStatus.FAILED, outside=outside), None)
        if failed is not None:
            assert failed.failure is not None, "a failed part says why"
            fail_work(claim, failed.failure, outside=outside)
            return
    extracts = tuple(_extracts(claim, outside=outside))
    assert len(extracts) == max(1, claim.table.parts_total), "every part has its extract"
    folder = _Folder(claim, outside)
    objects: tuple[FinalObject, ...]
    if claim.table.extract is not None:
        objects = (_whole(folder, claim.table.extract),)
    elif parts_stay(claim.job.transport.carriage, extracts):
        objects = tuple(_left_parts(folder, extracts))
    else:
        objects = (_one_member(folder, extracts),)
    _write_schema(claim, folder, outside=outside)
    _complete(claim, objects, outside=outside)
    for extract in extracts:
        # What a crash leaves of them is removed when the job is closed.
        outside.store.remove(extract.object)


def parts_stay(carriage: Carriage, extracts: Sequence[Extract]) -> bool:
    """Tell whether a split table is left in its parts.

    Only gzip members can be joined into one that every reader reads whole; BigQuery takes no
    gzip object over 4 GB.
    """
    size = sum(each.object.size for each in extracts) + _LONGEST_HEADER_AND_TRAILER
    too_large = size > LARGEST_GZIP_FOR_BIGQUERY
    return carriage.leave_parts or carriage.format is not Format.JSONL_GZ or too_large


class _Folder:
    """Where a table's objects go, and how they are named."""

    def __init__(self, claim: Claim, outside: Outside) -> None:
        job, table = claim.job, claim.table
        self.store = outside.store
        self.bucket = bucket_of(claim, outside=outside)
        self.format = job.transport.carriage.format
        self._stem = f"{job.folder}/{table.stem}"
        self._attempts = f"{job.attempts_folder}/{table.table_id}"

    @property
    def content_type(self) -> str:
        """The content type of the data."""
        return CONTENT_TYPES[self.format]

    @property
    def whole(self) -> str:
        """The name of the table in one object."""
        return f"{self._stem}.{self.format}"

    @property
    def schema(self) -> str:
        """The name of the table's BigQuery schema."""
        return f"{self._stem}.schema.json"

    def part(self, number: int, of: int) -> str:
        """Return the name of one of the parts that are left."""
        return f"{self._stem}/part-{number:05d}-of-{of:05d}.{self.format}"

    def frame(self, kind: str, data: bytes) -> StoredObject:
        """Store a header or a trailer beside the attempts; its name tells its content."""
        name = f"{self._attempts}-{kind}-{data.hex()}"
        with self.store.create(self.bucket, name, content_type=self.content_type) as target:
            target.write(data)
        return target.stored()

    def joined(self, name: str, sources: Sequence[StoredObject]) -> StoredObject:
        """Return the final object made of these."""
        return self.store.compose(self.bucket, name, sources, content_type=self.content_type)


def _whole(folder: _Folder, extract: Extract) -> FinalObject:
    placed = folder.joined(folder.whole, [extract.object])
    piece = Piece(first_byte=0, bytes=placed.size, rows=extract.rows, sha256=extract.sha256)
    return FinalObject(object=placed, rows=extract.rows, sha256=extract.sha256, pieces=(piece,))


def _one_member(folder: _Folder, extracts: Sequence[Extract]) -> FinalObject:
    return _member(folder, folder.whole, extracts)


def _member(folder: _Folder, name: str, extracts: Sequence[Extract]) -> FinalObject:
    header = member_header()
    trailer = member_trailer([(each.plain_crc32, each.plain_bytes) for each in extracts])
    placed = folder.joined(
        name,
        [
            folder.frame("header", header),
            *(each.object for each in extracts),
            folder.frame("trailer", trailer),
        ],
    )
    starts = accumulate((each.object.size for each in extracts), initial=len(header))
    pieces = tuple(
        Piece(first_byte=start, bytes=each.object.size, rows=each.rows, sha256=each.sha256)
        for start, each in zip(starts, extracts, strict=False)
    )
    rows = sum(each.rows for each in extracts)
    return FinalObject(object=placed, rows=rows, sha256=None, pieces=pieces)


def _left_parts(folder: _Folder, extracts: Sequence[Extract]) -> Iterator[FinalObject]:
    for number, extract in enumerate(extracts, start=1):
        name = folder.part(number, of=len(extracts))
        if folder.format is Format.JSONL_GZ:
            yield _member(folder, name, [extract])
            continue
        placed = folder.joined(name, [extract.object])
        yield FinalObject(object=placed, rows=extract.rows, sha256=extract.sha256)


def _write_schema(claim: Claim, folder: _Folder, *, outside: Outside) -> None:
    plan = outside.book.plan(claim.table.job_id, claim.table.table_id)
    assert plan is not None, "a table is read by its plan"
    with folder.store.create(
        folder.bucket, folder.schema, content_type="application/json"
    ) as target:
        target.write(bigquery_schema(plan))


def _extracts(claim: Claim, *, outside: Outside) -> Iterator[Extract]:
    if claim.table.extract is not None:
        yield claim.table.extract
        return
    for part in _parts(claim, WorkStatus.COMPLETED, outside=outside):
        assert part.extract is not None, "a completed part has its extract"
        yield part.extract


def _parts(claim: Claim, status: WorkStatus, *, outside: Outside) -> Iterator[PartTask]:
    table = claim.table
    parts = every_item(
        lambda token: outside.book.parts(
            table.job_id, table.table_id, PageRequest(size=500, token=token), status=status
        )
    )
    # Numbers beyond the total are left over from a plan that was never handed over.
    return (each for each in parts if each.number <= table.parts_total)


def _complete(claim: Claim, objects: tuple[FinalObject, ...], *, outside: Outside) -> None:
    now = outside.clock.now()

    def complete(entries: Entries) -> None:
        completed = claimed_table(entries, claim).completed(claim.fence, objects, now=now)
        entries.put_table(completed)
        entries.count_job(
            completed.job_id,
            Counts(tables_completed=1, rows=completed.rows, bytes=completed.bytes),
        )

    outside.book.transact(complete)
