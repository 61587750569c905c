"""Say which final objects a table has, and what each of them is put together from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from oracle_etl.flow.bigquery_limits import LARGEST_GZIP_FOR_BIGQUERY
from oracle_etl.flow.claim_work import Claim
from oracle_etl.flow.encode import member_header, member_trailer
from oracle_etl.flow.move_table import CONTENT_TYPES
from oracle_etl.model.joined_crc32c import joined_crc32c
from oracle_etl.model.objects import Extract, FinalObject, Intent, Piece, StoredObject
from oracle_etl.model.transport import Carriage, Format
from oracle_etl.outside import Outside

_LONGEST_HEADER_AND_TRAILER = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A final object before it is there."""

    name: str
    sources: tuple[StoredObject, ...]
    """What it is put together from, in order."""
    rows: int
    plain_bytes: int
    sha256: str | None = None
    pieces: tuple[Piece, ...] = ()

    @property
    def intent(self) -> Intent:
        """What will stand under the name."""
        return Intent(
            name=self.name,
            size=sum(each.size for each in self.sources),
            crc32c=joined_crc32c((each.crc32c, each.size) for each in self.sources),
        )

    def placed(self, stored: StoredObject) -> FinalObject:
        """Return the object, now that it stands."""
        return FinalObject(
            object=stored,
            rows=self.rows,
            sha256=self.sha256,
            pieces=self.pieces,
            plain_bytes=self.plain_bytes,
        )


class TableFolder:
    """Where a table's objects go, and how they are named."""

    def __init__(self, claim: Claim, outside: Outside) -> None:
        job, table = claim.job, claim.table
        self.store = outside.store
        self.bucket = claim.job.bucket
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


def wanted_objects(
    folder: TableFolder, extracts: Sequence[Extract], *, carriage: Carriage, is_split: bool
) -> Iterator[Wanted]:
    """Yield the final objects of a table whose rows are all read."""
    if not is_split:
        yield _whole(folder.whole, extracts[0])
    elif not parts_stay(carriage, extracts):
        yield _member(folder, folder.whole, extracts)
    else:
        for number, extract in enumerate(extracts, start=1):
            name = folder.part(number, of=len(extracts))
            if folder.format is Format.JSONL_GZ:
                yield _member(folder, name, [extract])
            else:
                yield _same(name, extract)


def parts_stay(carriage: Carriage, extracts: Sequence[Extract]) -> bool:
    """Tell whether a split table is left in its parts.

    Only gzip members can be joined into one that every reader reads whole; BigQuery takes no
    gzip object over 4 GB.
    """
    size = sum(each.object.size for each in extracts) + _LONGEST_HEADER_AND_TRAILER
    too_large = size > LARGEST_GZIP_FOR_BIGQUERY
    return carriage.leave_parts or carriage.format is not Format.JSONL_GZ or too_large


def _whole(name: str, extract: Extract) -> Wanted:
    size = extract.object.size
    piece = Piece(first_byte=0, bytes=size, rows=extract.rows, sha256=extract.sha256)
    return replace(_same(name, extract), pieces=(piece,))


def _same(name: str, extract: Extract) -> Wanted:
    """Return an object of the same bytes as the attempt's."""
    return Wanted(
        name=name,
        sources=(extract.object,),
        rows=extract.rows,
        plain_bytes=extract.plain_bytes,
        sha256=extract.sha256,
    )


def _member(folder: TableFolder, name: str, extracts: Sequence[Extract]) -> Wanted:
    header = member_header()
    trailer = member_trailer([(each.plain_crc32, each.plain_bytes) for each in extracts])
    starts = accumulate((each.object.size for each in extracts), initial=len(header))
    return Wanted(
        name=name,
        sources=(
            folder.frame("header", header),
            *(each.object for each in extracts),
            folder.frame("trailer", trailer),
        ),
        rows=sum(each.rows for each in extracts),
        plain_bytes=sum(each.plain_bytes for each in extracts),
        pieces=tuple(
            Piece(first_byte=start, bytes=each.object.size, rows=each.rows, sha256=each.sha256)
            for start, each in zip(starts, extracts, strict=False)
        ),
    )
