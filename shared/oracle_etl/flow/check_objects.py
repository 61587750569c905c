"""Read an object again, and hold it against what its manifest says of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace

import google_crc32c

from oracle_etl.flow.check_manifest import inconsistent
from oracle_etl.flow.decode import Damaged, RowCounter, open_counter
from oracle_etl.flow.decode.manifest import WrittenColumn, WrittenObject, WrittenTable
from oracle_etl.flow.findings import Depth, Fault, Finding
from oracle_etl.model.errors import GiveUp, NoSuchObject
from oracle_etl.model.objects import StoredObject
from oracle_etl.model.transport import Format
from oracle_etl.ports import ObjectStore

_HEADER_BYTES, _TRAILER_BYTES = 10, 10
"""Around the parts of a gzip member; the trailer's first two bytes are an empty last block."""
_FIELD_KEYS = ("name", "type", "mode")
_LARGEST_SCHEMA = 16 * 1024 * 1024
_AGAIN = "run the transport again: what this version holds cannot be trusted"
_COPIED = "somebody copied or restored it; its content is what was written"
_RESTORE = "restore this generation if the bucket keeps versions, or run the transport again"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedObject:
    """What was found of one object."""

    findings: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()


def check_object(
    written: WrittenObject,
    table: WrittenTable,
    format_: Format,
    depth: Depth,
    *,
    store: ObjectStore,
) -> CheckedObject:
    """Return what is wrong with an object; memory is bounded whatever its size.

    Another generation alone is a warning: every byte was read and is the one that was written.
    """
    columns = None if depth is Depth.OBJECTS else frozenset(each.name for each in table.columns)
    found = tuple(_or_unreadable(written.name, _object(written, format_, columns, store)))
    if [each.fault for each in found] == [Fault.GENERATION_CHANGED]:
        return CheckedObject(warnings=tuple(replace(each, hint=_COPIED) for each in found))
    return CheckedObject(findings=found)


def check_schema(
    name: str, table: WrittenTable, *, bucket: str, store: ObjectStore
) -> Iterator[Finding]:
    """Yield what is wrong with a table's BigQuery schema."""
    return _or_unreadable(name, _schema(name, table, bucket, store))


def _or_unreadable(name: str, findings: Iterator[Finding]) -> Iterator[Finding]:
    """Yield findings; what the store refuses for good is one more."""
    try:
        yield from findings
    except (GiveUp, NoSuchObject) as error:
        yield Finding(
            fault=Fault.OBJECT_UNREADABLE,
            message=error.message,
            hint=error.hint or "check the name in the manifest, and the permission to read it",
            object=name,
        )


def _object(
    written: WrittenObject, format_: Format, columns: frozenset[str] | None, store: ObjectStore
) -> Iterator[Finding]:
    stored = store.stat(written.bucket, written.name)
    if stored is None:
        yield _finding(written, Fault.OBJECT_MISSING, "it is not there", _RESTORE)
        return
    yield from _facts(written, stored)
    with closing(open_counter(format_, columns=columns)) as counter:
        yield from _content(written, _Reading(stored, counter, store), format_)


def _schema(name: str, table: WrittenTable, bucket: str, store: ObjectStore) -> Iterator[Finding]:
    stored = store.stat(bucket, name)
    if stored is None:
        yield Finding(
            fault=Fault.SCHEMA_MISSING,
            message="the table's BigQuery schema is not there",
            hint="`bq load` needs it: restore it, or write it from the manifest's columns",
            object=name,
        )
        return
    with store.open(stored, size=min(stored.size, _LARGEST_SCHEMA)) as chunks:
        fields = b"".join(chunks)
    if _shown(fields) != [_field(each) for each in table.columns]:
        yield Finding(
            fault=Fault.SCHEMA_DIFFERS,
            message="the table's BigQuery schema has other columns than the manifest",
            hint="restore it, or write it anew from the manifest's columns",
            object=name,
        )


def _facts(written: WrittenObject, stored: StoredObject) -> Iterator[Finding]:
    if stored.generation != written.generation:
        yield _finding(
            written,
            Fault.GENERATION_CHANGED,
            f"generation {stored.generation} stands there, and {written.generation} was written",
            "somebody replaced it",
        )
    if stored.size != written.size:
        said = f"it has {stored.size} bytes, and {written.size} were written"
        yield _finding(written, Fault.SIZE_DIFFERS, said, _RESTORE)
    if stored.crc32c != written.crc32c:
        said = f"the store's crc32c is {stored.crc32c:08x}, and {written.crc32c:08x} was written"
        yield _finding(written, Fault.CRC32C_DIFFERS, said, _RESTORE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """Bytes that are looked at together: a part, or what stands around the parts."""

    first_byte: int
    size: int
    rows: int | None = None
    sha256: str | None = None


def _spans(written: WrittenObject, size: int) -> list[_Span]:
    """Return the spans of an object, which cover all of its bytes, in order."""
    spans: list[_Span] = []
    reached = 0
    for piece in written.pieces:
        if piece.first_byte > reached:
            spans.append(_Span(first_byte=reached, size=piece.first_byte - reached))
        spans.append(
            _Span(
                first_byte=piece.first_byte, size=piece.size, rows=piece.rows, sha256=piece.sha256
            )
        )
        reached = piece.first_byte + piece.size
    if reached < size:
        spans.append(_Span(first_byte=reached, size=size - reached))
    return spans


def _is_tiled(written: WrittenObject) -> bool:
    """Tell whether parts lie one after the other, with a header and a trailer or nothing around."""
    reached = first = written.pieces[0].first_byte
    for piece in written.pieces:
        if piece.first_byte != reached:
            return False
        reached += piece.size
    around = (first, written.size - reached)
    return around in {(0, 0), (_HEADER_BYTES, _TRAILER_BYTES)}


class _Reading:
    """One pass over an object's bytes."""

    def __init__(self, stored: StoredObject, counter: RowCounter, store: ObjectStore) -> None:
        self._stored = stored
        self._counter = counter
        self._store = store
        self._sha256 = hashlib.sha256()
        self.crc32c = 0
        self.damage = ""

    @property
    def sha256(self) -> str:
        """The digest of all bytes so far."""
        return self._sha256.hexdigest()

    @property
    def rows(self) -> int:
        """Rows so far."""
        return self._counter.rows

    def store_agrees(self, written: WrittenObject) -> bool:
        """Tell whether the store has the checksum that was written."""
        return self._stored.crc32c == written.crc32c

    @property
    def total(self) -> int:
        """Bytes that the store says there are."""
        return self._stored.size

    def digest(self, first_byte: int, size: int) -> str:
        """Read a span and return its own digest."""
        digest = hashlib.sha256()
        with self._store.open(self._stored, first_byte=first_byte, size=size) as chunks:
            for chunk in chunks:
                digest.update(chunk)
                self._take(chunk)
        return digest.hexdigest()

    def end(self) -> None:
        """Let the counter finish, unless it has found damage already."""
        if not self.damage:
            self._count(self._counter.end)

    def _take(self, chunk: bytes) -> None:
        self.crc32c = google_crc32c.extend(self.crc32c, chunk)
        self._sha256.update(chunk)
        if not self.damage:
            self._count(lambda: self._counter.take(chunk))

    def _count(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Damaged as damage:
            self.damage = str(damage)


def _content(written: WrittenObject, reading: _Reading, format_: Format) -> Iterator[Finding]:
    if written.pieces and not _is_tiled(written):
        yield inconsistent(f"the parts of {written.name} do not lie one after the other")
        written = replace(written, pieces=())
    differing = [
        finding
        for span in _spans(written, reading.total)
        for finding in _span(written, span, reading)
    ]
    if written.sha256 not in {None, reading.sha256}:
        said = f"its sha256 is {reading.sha256}, and {written.sha256} was written"
        differing.append(_finding(written, Fault.SHA256_DIFFERS, said, _AGAIN))
    yield from differing
    # What is no longer the Parquet file that was written is not read as one.
    if format_ is not Format.PARQUET or not differing:
        reading.end()
        yield from _rows(written, reading)
    yield from _read_checksum(written, reading)


def _span(written: WrittenObject, span: _Span, reading: _Reading) -> Iterator[Finding]:
    before = reading.rows
    digest = reading.digest(span.first_byte, span.size)
    here = f"bytes {span.first_byte} to {span.first_byte + span.size}"
    # Where the whole has a digest of its own, that one tells.
    if written.sha256 is None and span.sha256 not in {None, digest}:
        said = f"the sha256 of {here} is {digest}, and {span.sha256} was written"
        yield _finding(written, Fault.SHA256_DIFFERS, said, _AGAIN)
    rows = reading.rows - before
    if len(written.pieces) > 1 and not reading.damage and span.rows not in {None, rows}:
        said = f"{here} hold {rows} rows, and {span.rows} were written"
        yield _finding(written, Fault.ROWS_DIFFER, said, _AGAIN)


def _rows(written: WrittenObject, reading: _Reading) -> Iterator[Finding]:
    if reading.damage:
        yield _finding(written, Fault.OBJECT_DAMAGED, reading.damage, _AGAIN)
    elif reading.rows != written.rows:
        said = f"it holds {reading.rows} rows, and the manifest says {written.rows}"
        yield _finding(written, Fault.ROWS_DIFFER, said, _AGAIN)


def _read_checksum(written: WrittenObject, reading: _Reading) -> Iterator[Finding]:
    """Yield where the bytes are not those that the store has a checksum of."""
    if reading.store_agrees(written) and reading.crc32c != written.crc32c:
        said = f"its bytes have the crc32c {reading.crc32c:08x}, not the store's own"
        hint = f"the disk or the way to it damages data; {_RESTORE}"
        yield _finding(written, Fault.CRC32C_DIFFERS, said, hint)


def _shown(fields: bytes) -> object:
    try:
        return [{key: each.get(key) for key in _FIELD_KEYS} for each in json.loads(fields)]
    except (ValueError, RecursionError, AttributeError, TypeError):
        return None


def _field(column: WrittenColumn) -> dict[str, str]:
    mode = "NULLABLE" if column.nullable else "REQUIRED"
    return {"name": column.name, "type": column.bigquery_type, "mode": mode}


def _finding(written: WrittenObject, fault: Fault, message: str, hint: str) -> Finding:
    return Finding(fault=fault, message=message, hint=hint, object=written.name)
