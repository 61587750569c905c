"""Check what people write of a transport, and tell all that is wrong at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from oracle_etl.flow.check_choice import Finding, check_encoding, findings_of_choices
from oracle_etl.flow.draft_transport import TransportDraft
from oracle_etl.flow.fire_times import next_fire
from oracle_etl.model.errors import InvalidRequest
from oracle_etl.model.transport import Carriage, Format, Proof, Schedule

_LONGEST_NAME = 200
_LONGEST_DESCRIPTION = 2000
_LONGEST_PREFIX_BYTES = 300
_MOST_PARALLEL_TABLES = 100
_MOST_GRACE_SECONDS = 7 * 24 * 3600
_FEWEST_PART_BYTES = 1024 * 1024
_MOST_PART_BYTES = 1024**4
_MOST_PERCENT = 100
_MOST_BUCKET_LENGTH = 63
_MOST_DOTTED_BUCKET_LENGTH = 222
_LEVELS = {Format.JSONL_GZ: range(10), Format.JSONL_ZST: range(1, 23), Format.PARQUET: range(1, 23)}

_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z")
_BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9_.-]*[a-z0-9])\Z")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+\Z")
_PREFIX_PART = re.compile(r"[A-Za-z0-9_.=+@-]+\Z")
_RESERVED_PREFIX_PARTS = {".", "..", "_attempts"}
_BUCKET_RULE = (
    "must be a bucket's name: 3 to 63 small letters, digits, -, _ and dots, "
    "a letter or digit at either end"
)
_PREFIX_RULE = (
    "must be folders of letters, digits and _.=+@- with slashes between, such as "
    f"`exports/sap`, at most {_LONGEST_PREFIX_BYTES} bytes; _attempts is taken"
)
_ANY_MOMENT = datetime(2023, 1, 1, tzinfo=UTC)


def check_draft(draft: TransportDraft) -> None:
    """Refuse a draft that no job could run, naming each field and what would be right."""
    findings: dict[str, str] = {}
    for field, right in _findings(draft):
        findings.setdefault(field, right)
    if findings:
        raise InvalidRequest(
            "the transport cannot be kept as written: "
            + "; ".join(f"{field} {right}" for field, right in list(findings.items())[:3]),
            hint="correct what is named, and send it again",
            details=findings,
        )


def _findings(draft: TransportDraft) -> Iterator[Finding]:
    yield from _of_texts(draft)
    yield from _of_target(draft)
    yield from _of_carriage(draft.carriage)
    yield from _of_proof(draft.proof)
    if not 1 <= draft.parallel_tables <= _MOST_PARALLEL_TABLES:
        yield "parallel_tables", f"must be between 1 and {_MOST_PARALLEL_TABLES}"
    if draft.schedule is not None:
        yield from _of_schedule(draft.schedule)
    yield from findings_of_choices(draft.tables)


def _of_texts(draft: TransportDraft) -> Iterator[Finding]:
    name = draft.name
    if not name or name != name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME:
        yield (
            "name",
            f"must have 1 to {_LONGEST_NAME} printable characters, no space at either end",
        )
    if len(draft.description) > _LONGEST_DESCRIPTION:
        yield "description", f"must have at most {_LONGEST_DESCRIPTION} characters"
    if not all(each.isprintable() or each in "\n\t" for each in draft.description):
        yield "description", "must hold printable text"
    if not _SOURCE.match(draft.source):
        yield "source", "must be the name of a configured source, such as `default`"


def _of_target(draft: TransportDraft) -> Iterator[Finding]:
    if draft.target_bucket and not is_bucket(draft.target_bucket):
        yield "target_bucket", _BUCKET_RULE
    parts = draft.prefix.strip("/").split("/") if draft.prefix.strip("/") else []
    safe = all(_PREFIX_PART.match(each) and each not in _RESERVED_PREFIX_PARTS for each in parts)
    if not safe or len(draft.prefix.encode()) > _LONGEST_PREFIX_BYTES:
        yield "prefix", _PREFIX_RULE


def is_bucket(name: str) -> bool:
    """Tell whether Cloud Storage could have a bucket of this name."""
    if not _BUCKET.match(name) or _ADDRESS.match(name) or ".." in name:
        return False
    if name.startswith("goog") or "google" in name or len(name) < len("abc"):
        return False
    most = _MOST_DOTTED_BUCKET_LENGTH if "." in name else _MOST_BUCKET_LENGTH
    return len(name) <= most and all(len(part) <= _MOST_BUCKET_LENGTH for part in name.split("."))


def _of_carriage(carriage: Carriage) -> Iterator[Finding]:
    levels = _LEVELS[carriage.format]
    if carriage.compression_level is not None and carriage.compression_level not in levels:
        yield (
            "compression_level",
            f"must be between {levels[0]} and {levels[-1]} for {carriage.format}",
        )
    yield from check_encoding("source_encoding", carriage.source_encoding)
    size = carriage.part_bytes
    if size is not None and not _FEWEST_PART_BYTES <= size <= _MOST_PART_BYTES:
        yield "part_bytes", f"must be between {_FEWEST_PART_BYTES} and {_MOST_PART_BYTES}"


def _of_proof(proof: Proof) -> Iterator[Finding]:
    drop = proof.max_row_drop_percent
    if drop is not None and not 0 <= drop <= _MOST_PERCENT:
        yield "max_row_drop_percent", f"must be between 0 and {_MOST_PERCENT}"


def _of_schedule(schedule: Schedule) -> Iterator[Finding]:
    if not 0 <= schedule.grace_seconds <= _MOST_GRACE_SECONDS:
        yield "schedule.grace_seconds", f"must be between 0 and {_MOST_GRACE_SECONDS}"
    try:
        next_fire(schedule, after=_ANY_MOMENT)
    except InvalidRequest as error:
        for field, right in error.details.items():
            yield field, str(right)
