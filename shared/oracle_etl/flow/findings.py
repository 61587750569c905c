"""What a verification found, by table, and what to do about it."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Depth(enum.StrEnum):
    """How much a verification looks at; each depth includes the one before."""

    OBJECTS = "objects"
    """Presence, generation, size, checksums, compression and rows of every object."""
    LINES = "lines"
    """Every line is JSON with the table's columns."""
    VALUES = "values"
    """The rows are those of the database at the table's SCN, as far as undo reaches."""


class Basis(enum.StrEnum):
    """What said how things have to be."""

    BOTH = "manifest and job book"
    MANIFEST = "manifest alone"
    """The job book does not have the job any more, or cannot be asked."""
    BOOK = "job book alone"
    """The manifest is gone, or cannot be read."""


class Fault(enum.StrEnum):
    """What is wrong, for programs."""

    MANIFEST_MISSING = "MANIFEST_MISSING"
    MANIFEST_DAMAGED = "MANIFEST_DAMAGED"
    MANIFEST_DIFFERS = "MANIFEST_DIFFERS"
    MANIFEST_INCONSISTENT = "MANIFEST_INCONSISTENT"
    SUCCESS_MISSING = "SUCCESS_MISSING"
    SUCCESS_UNEXPECTED = "SUCCESS_UNEXPECTED"
    STRAY_OBJECT = "STRAY_OBJECT"
    SCHEMA_MISSING = "SCHEMA_MISSING"
    SCHEMA_DIFFERS = "SCHEMA_DIFFERS"
    OBJECT_MISSING = "OBJECT_MISSING"
    OBJECT_UNREADABLE = "OBJECT_UNREADABLE"
    OBJECT_DAMAGED = "OBJECT_DAMAGED"
    GENERATION_CHANGED = "GENERATION_CHANGED"
    SIZE_DIFFERS = "SIZE_DIFFERS"
    CRC32C_DIFFERS = "CRC32C_DIFFERS"
    SHA256_DIFFERS = "SHA256_DIFFERS"
    ROWS_DIFFER = "ROWS_DIFFER"
    VALUES_DIFFER = "VALUES_DIFFER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it should be."""

    fault: Fault
    message: str
    hint: str
    object: str | None = None
    """The name of the object that it is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableReport:
    """What was found of one table."""

    table: str
    status: str
    """How the table ended in its job; only a completed one has objects."""
    objects: int
    rows: int
    bytes: int
    findings: tuple[Finding, ...] = ()
    unchecked: tuple[str, ...] = ()
    """What was asked for and could not be checked, and why."""
    rows_compared: int | None = None
    """Rows that were compared with the database; None where none were."""
    warnings: tuple[Finding, ...] = ()
    """What is not as it was left, and does no harm: an object that a copy of itself replaced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was found of a version."""

    job: str
    transport: str
    version: str | None
    manifest: str
    """Where it lies, as a person writes it."""
    depth: Depth
    basis: Basis
    tables: tuple[TableReport, ...]
    findings: tuple[Finding, ...] = ()
    """Of the version as a whole."""
    unchecked: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether anything is not as it should be."""
        return bool(self.findings) or any(each.findings for each in self.tables)

    @property
    def is_whole(self) -> bool:
        """Whether everything that was asked for could be checked."""
        return not self.unchecked and not any(each.unchecked for each in self.tables)
