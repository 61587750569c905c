"""Read a manifest a table at a time, trusting nothing in it.

A manifest of ten thousand tables is large, so it is written one table to a line, and read so.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from oracle_etl.flow.decode.damage import Damaged
from oracle_etl.model.transport import Format

Document = Mapping[str, Any]
T = TypeVar("T")

_TABLES = b' "tables": ['
_END = b" ]"
_LONGEST = 64 * 1024 * 1024
_CRC_BYTES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenPiece:
    """Where one part lies in an object, and what it holds."""

    first_byte: int
    size: int
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenObject:
    """An object as a manifest names it."""

    bucket: str
    name: str
    generation: str
    size: int
    rows: int
    crc32c: int
    sha256: str | None
    pieces: tuple[WrittenPiece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenColumn:
    """A column as a manifest names it."""

    name: str
    bigquery_type: str
    nullable: bool
    mask: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenTable:
    """A table as a manifest names it."""

    table: str
    status: str
    rows: int
    size: int
    counted_rows: int | None
    objects: tuple[WrittenObject, ...]
    columns: tuple[WrittenColumn, ...]
    document: Document
    """All that is said of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenVersion:
    """What a manifest says before its tables."""

    job: str
    transport: str
    version: str | None
    mode: str
    status: str
    format: Format
    tool: str
    tables_total: int
    rows: int
    size: int
    document: Document
    """All that is said before the tables."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A manifest being read; the tables come once, in order."""

    version: WrittenVersion
    tables: Iterator[WrittenTable]


def open_manifest(chunks: Iterable[bytes]) -> Manifest:
    """Read a manifest's head; Damaged, here or among the tables, where it is none of ours."""
    lines = _lines(chunks)
    head = bytearray()
    for line in lines:
        if line == _TABLES:
            document = _parsed(bytes(head).rstrip().removesuffix(b",") + b"}")
            return Manifest(version=_version(document), tables=_tables(lines))
        head += line + b"\n"
        if len(head) > _LONGEST:
            break
    raise Damaged("the manifest has no tables, or is not laid out as oracle-etl writes it")


def _tables(lines: Iterator[bytes]) -> Iterator[WrittenTable]:
    for line in lines:
        if line == _END:
            if b"".join(lines).strip() != b"}":
                break
            return
        yield _table(_parsed(line.removesuffix(b",")))
    raise Damaged("the manifest is cut off, or something follows its end")


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
        if len(rest) > _LONGEST:
            raise Damaged(f"a line of the manifest is longer than {_LONGEST} bytes")
    if rest:
        yield rest


def _parsed(text: bytes) -> Document:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Damaged(f"the manifest holds what is no JSON: {error}") from error
    if not isinstance(document, dict):
        raise Damaged("the manifest holds something else where an object belongs")
    return document


def _version(document: Document) -> WrittenVersion:
    named = _field(document, "format", str)
    if named not in set(Format):
        raise Damaged(f"the manifest names the format {named!r:.40}, which is none")
    return WrittenVersion(
        job=_field(document, "job", str),
        transport=_field(_field(document, "transport", dict), "id", str),
        version=_optional(document, "version", str),
        mode=_field(document, "mode", str),
        status=_field(document, "status", str),
        format=Format(named),
        tool=_field(_field(document, "tool", dict), "version", str),
        tables_total=_number(document, "tables_total"),
        rows=_number(document, "rows"),
        size=_number(document, "bytes"),
        document=document,
    )


def _table(document: Document) -> WrittenTable:
    counted = document.get("counted_rows")
    return WrittenTable(
        table=_field(document, "table", str),
        status=_field(document, "status", str),
        rows=_number(document, "rows"),
        size=_number(document, "bytes"),
        counted_rows=None if counted is None else _number(document, "counted_rows"),
        objects=tuple(map(_object, _list(document, "objects"))),
        columns=tuple(map(_column, _list(document, "columns"))),
        document=document,
    )


def _column(document: Document) -> WrittenColumn:
    return WrittenColumn(
        name=_field(document, "name", str),
        bigquery_type=_field(document, "bigquery_type", str),
        nullable=_field(document, "nullable", bool),
        mask=_optional(document, "mask", str),
    )


def _object(document: Document) -> WrittenObject:
    return WrittenObject(
        bucket=_field(document, "bucket", str),
        name=_field(document, "name", str),
        generation=_field(document, "generation", str),
        size=_number(document, "bytes"),
        rows=_number(document, "rows"),
        crc32c=_crc32c(_field(document, "crc32c", str)),
        sha256=_optional(document, "sha256", str),
        pieces=tuple(map(_piece, _list(document, "parts"))),
    )


def _piece(document: Document) -> WrittenPiece:
    return WrittenPiece(
        first_byte=_number(document, "first_byte"),
        size=_number(document, "bytes"),
        rows=_number(document, "rows"),
        sha256=_field(document, "sha256", str),
    )


def _crc32c(shown: str) -> int:
    try:
        octets = base64.b64decode(shown, validate=True)
    except (binascii.Error, ValueError):
        octets = b""
    if len(octets) != _CRC_BYTES:
        raise Damaged(f"the manifest names the crc32c {shown!r:.40}, which is none")
    return int.from_bytes(octets, "big")


def _field(document: Document, name: str, kind: type[T]) -> T:
    value = document.get(name)
    if not isinstance(value, kind):
        raise Damaged(f"the manifest says nothing usable of {name!r}")
    return value


def _optional(document: Document, name: str, kind: type[T]) -> T | None:
    return None if document.get(name) is None else _field(document, name, kind)


def _number(document: Document, name: str) -> int:
    value = _field(document, name, int)
    if isinstance(value, bool) or value < 0:
        raise Damaged(f"the manifest says nothing usable of {name!r}")
    return value


def _list(document: Document, name: str) -> list[Document]:
    values = _field(document, name, list)
    if not all(isinstance(each, dict) for each in values):
        raise Damaged(f"the manifest says nothing usable of {name!r}")
    return values
