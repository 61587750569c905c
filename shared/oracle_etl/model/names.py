"""Names: of tables as Oracle knows them, of objects in the store, of transports and jobs."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from oracle_etl.model.errors import InvalidRequest

_UNQUOTED = re.compile(r"[A-Za-z][A-Za-z0-9_$#]*\Z")
_TRANSPORT_ID = re.compile(r"TRPID-[0-9a-z]{8}\Z")
_JOB_ID = re.compile(r"JOB-[0-9]{8}-[0-9]{6}-[0-9a-z]{4}\Z")
_TEXT = re.compile(r'\s*(?:("(?:[^"])+"|[^".\s]+)\.)?("(?:[^"])+"|[^".\s]+)\s*\Z')
_LONGEST_IDENTIFIER_BYTES = 128
_LONGEST_STEM = 240
"""With `.schema.json` behind it, still a file's name."""
_DIGITS_OF_DIGEST = 40
_UNNAMEABLE = frozenset({"Cc", "Cs"})
"""Unicode's categories of control characters and of halves of characters."""
_BROKEN_ESCAPE = re.compile(r"%[0-9A-F]?\Z")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class TableName:
    """A table as the dictionary spells it: no quotes, case as stored."""

    owner: str | None = None
    name: str

    def __post_init__(self) -> None:
        for part in (self.owner, self.name):
            if part is not None and not _is_identifier(part):
                raise InvalidRequest(
                    f"{part!r} is not an Oracle identifier",
                    hint="use 1 to 128 bytes without double quotes or control characters",
                )

    @classmethod
    def parse(cls, text: str) -> TableName:
        """Read `EMP`, `hr.emp` or `"Hr"."Mixed Case"` as Oracle would: unquoted is upper case."""
        match = _TEXT.match(text)
        if match is None:
            raise InvalidRequest(
                f"{text!r} is not a table name",
                hint='write TABLE, OWNER.TABLE, or "Quoted Owner"."Quoted Table"',
            )
        owner, name = match.groups()
        return cls(
            owner=None if owner is None else _dictionary_form(owner), name=_dictionary_form(name)
        )

    @property
    def quoted(self) -> str:
        """The name for a statement, always in double quotes."""
        name = quote_identifier(self.name)
        return name if self.owner is None else f"{quote_identifier(self.owner)}.{name}"

    def __str__(self) -> str:
        return self.name if self.owner is None else f"{self.owner}.{self.name}"


def quote_identifier(identifier: str) -> str:
    """Put an identifier in double quotes, refusing what no identifier may hold."""
    if not _is_identifier(identifier):
        raise InvalidRequest(f"{identifier!r} is not an Oracle identifier")
    return f'"{identifier}"'


def _is_identifier(text: str) -> bool:
    # Oracle takes more than is usual: blanks of any width, and characters that nobody sees.
    if not text or '"' in text or not _UNNAMEABLE.isdisjoint(map(unicodedata.category, text)):
        return False
    return len(text.encode("utf-8", "surrogatepass")) <= _LONGEST_IDENTIFIER_BYTES


def _dictionary_form(text: str) -> str:
    if text.startswith('"'):
        return text[1:-1]
    if not _UNQUOTED.match(text) and text.isascii():
        raise InvalidRequest(
            f"{text!r} must be written in double quotes",
            hint="unquoted identifiers start with a letter and hold letters, digits, _, $ and #",
        )
    return text.upper()


def object_stem(table: TableName, *, owner_shown: bool) -> str:
    """Return the table's part of an object name: one to one, and safe in every store.

    File systems take names of 255 bytes. A longer one is cut, and ends with a digest of the whole:
    no other one holds a tilde.
    """
    stem = _object_safe(table.name)
    if owner_shown and table.owner is not None:
        stem = f"{_object_safe(table.owner)}.{stem}"
    if len(stem) <= _LONGEST_STEM:
        return stem
    digest = hashlib.sha256(stem.encode()).hexdigest()[:_DIGITS_OF_DIGEST]
    kept = _BROKEN_ESCAPE.sub("", stem[: _LONGEST_STEM - _DIGITS_OF_DIGEST - 1])
    return f"{kept}~{digest}"


def _object_safe(identifier: str) -> str:
    # A dot separates owner and table, so a dot of the identifier's own is encoded too.
    encoded = quote(identifier, safe="$#").replace("~", "%7E")
    return encoded.replace(".", "%2E")


def new_transport_id(random_hex: str) -> str:
    """Return `TRPID-xxxxxxxx` from at least eight hexadecimal digits."""
    return f"TRPID-{random_hex[:8]}"


def new_job_id(at: datetime, random_hex: str) -> str:
    """Return `JOB-YYYYMMDD-HHMMSS-xxxx`, in UTC."""
    return f"JOB-{at.astimezone(UTC):%Y%m%d-%H%M%S}-{random_hex[:4]}"


def is_transport_id(text: str) -> bool:
    """Tell whether a text has the form of a transport's id."""
    return _TRANSPORT_ID.match(text) is not None


def is_job_id(text: str) -> bool:
    """Tell whether a text has the form of a job's id."""
    return _JOB_ID.match(text) is not None


def version_label(version: int) -> str:
    """Return `v001`, `v002`, ... as object names and clients show it."""
    return f"v{version:03d}"
