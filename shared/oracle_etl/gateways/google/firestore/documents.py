"""Where each value is kept in Firestore, and the fields that are kept beside the model's own.

A document's fields are the model's, as `stored_documents` writes them. Beside them stand:

- `transport_id` of a job, since queries ask for it;
- `claimable_from` of a table or part: from when a worker may claim it, null while that
  depends on something else;
- `written_by`: which writing was the last, as a random mark;
- `changed_at` of a table: when the server was asked to change it;
- `placed` of a table: what is or was put at its final names, packed, since a table of 2,000 parts
  has so many that they would pass the 1 MiB that a document may have;
- `tables` of a transport, also of the one within a job: packed, since a thousand tables with their
  choices are tens of thousands of values, which the client takes milliseconds to unwrap;
- `expire_at`, by which Firestore removes the document: every collection group has it, since a
  job's removal leaves its tables.

Counters are fields of their own: they change by adding and are no part of what is put.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from google.cloud import firestore

from oracle_etl.gateways.stored_documents import (
    JOBS,
    LISTED,
    PARTS,
    PLACED,
    PLANS,
    TABLES,
    TRANSPORTS,
    Document,
    Listed,
    Placed,
)
from oracle_etl.model.columns import ColumnPlan
from oracle_etl.model.errors import GiveUp, InvalidRequest
from oracle_etl.model.job import Counts, Job
from oracle_etl.model.table_task import PartTask, Step, TableTask
from oracle_etl.model.transport import Transport
from oracle_etl.ports import CatalogueAsked, PartCounts

TRANSPORTS_IN: Final = "transports"
JOBS_IN: Final = "jobs"
TABLES_IN: Final = "tables"
PARTS_IN: Final = "parts"
PLANS_IN: Final = "plan"
RECEIPTS_IN: Final = "receipts"
SLOTS_IN: Final = "slots"
CATALOGUES_IN: Final = "catalogues"

WRITTEN_BY: Final = "written_by"

TABLE_COUNTERS: Final = tuple(f"parts_{each.name}" for each in fields(PartCounts))
_PLACED_FIELDS: Final = tuple(each.name for each in fields(Placed))
_AT_ONCE: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_ID_BYTES = 1500
_LARGEST_PLAN_BYTES = 1_000_000


def document_id(text: str) -> str:
    """Return a text as one step of a path: one to one, and unchanged where that can be."""
    try:
        encoded = quote(text, safe="$")
    except UnicodeEncodeError:
        raise InvalidRequest(f"{text!r} is no id", hint="use valid Unicode text") from None
    if encoded in {"", ".", ".."}:
        encoded = f"%{encoded.replace('.', '2E')}"
    if encoded.startswith("__"):
        encoded = f"%5F{encoded[1:]}"
    if len(encoded) > _LONGEST_ID_BYTES:
        raise InvalidRequest("an id is too long", hint=f"use at most {_LONGEST_ID_BYTES} bytes")
    return encoded


def transport_path(transport_id: str) -> str:
    """Return where a transport is kept."""
    return f"{TRANSPORTS_IN}/{document_id(transport_id)}"


def job_path(job_id: str) -> str:
    """Return where a job is kept."""
    return f"{JOBS_IN}/{document_id(job_id)}"


def table_path(job_id: str, table_id: str) -> str:
    """Return where a table is kept."""
    return f"{job_path(job_id)}/{TABLES_IN}/{document_id(table_id)}"


def part_path(job_id: str, table_id: str, number: int) -> str:
    """Return where a part is kept."""
    return f"{table_path(job_id, table_id)}/{PARTS_IN}/{number}"


def plan_path(job_id: str, table_id: str) -> str:
    """Return where a table's column plan is kept."""
    return f"{table_path(job_id, table_id)}/{PLANS_IN}/columns"


def receipt_path(key: str) -> str:
    """Return where an idempotency key's meaning is kept; the key is the caller's, so hashed."""
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{RECEIPTS_IN}/{digest}"


def slot_path(source: str, number: int) -> str:
    """Return where a session slot is kept; no id holds a colon of its own."""
    return f"{SLOTS_IN}/{document_id(source)}:{number}"


def catalogue_path(asked: CatalogueAsked) -> str:
    """Return where a page of a catalogue is kept; what is asked is the caller's, so hashed."""
    said = (asked.source, asked.schema, asked.search, asked.page.size, asked.page.token)
    digest = hashlib.sha256(repr(said).encode("utf-8", "surrogatepass")).hexdigest()
    return f"{CATALOGUES_IN}/{digest}"


def transport_document(transport: Transport) -> Document:
    """Return a transport's fields."""
    document = TRANSPORTS.to_document(transport, without=("tables",))
    return {**document, "tables": LISTED.to_packed(Listed(tables=transport.tables))}


def transport_in(document: Mapping[str, Any]) -> Transport:
    """Read what `transport_document` wrote."""
    listed = LISTED.from_packed(document.get("tables"))
    return TRANSPORTS.from_document({**document, "tables": listed.tables})


def job_document(job: Job) -> Document:
    """Return a job's fields, all but the counters and the live totals."""
    document = JOBS.to_document(job, without=("counts", "totals", "transport"))
    transport = transport_document(job.transport)
    return {**document, "transport": transport, "transport_id": job.transport_id}


def job_in(document: Mapping[str, Any]) -> Job:
    """Read what `job_document` wrote, with the counters and totals beside it."""
    transport = transport_in(document.get("transport") or {})
    return JOBS.from_document({**document, "transport": transport})


def table_document(table: TableTask, *, expire_at: datetime) -> Document:
    """Return a table's fields, all but the part counters."""
    return {
        **TABLES.to_document(table, without=(*TABLE_COUNTERS, *_PLACED_FIELDS)),
        "placed": PLACED.to_packed(Placed.of(table)),
        "claimable_from": None if table.step is Step.PARTS else _claimable_from(table),
        "changed_at": firestore.SERVER_TIMESTAMP,
        "expire_at": expire_at,
    }


def table_in(document: Mapping[str, Any]) -> TableTask:
    """Read what `table_document` wrote, and the counters beside it."""
    placed = PLACED.from_packed(document.get("placed"))
    return placed.put_into(TABLES.from_document(document))


def part_document(part: PartTask, *, expire_at: datetime) -> Document:
    """Return a part's fields."""
    return {
        **PARTS.to_document(part),
        "claimable_from": _claimable_from(part),
        "expire_at": expire_at,
    }


def _claimable_from(work: TableTask | PartTask) -> datetime | None:
    if work.status.ended:
        return None
    hold = work.hold
    return _AT_ONCE if hold.expires_at is None else hold.expires_at


def plan_document(plan: ColumnPlan, *, expire_at: datetime) -> Document:
    """Return a plan's fields: it is large and nobody asks for a part of it, so it is packed."""
    packed = PLANS.to_packed(plan)
    if len(packed) > _LARGEST_PLAN_BYTES:
        raise GiveUp(
            f"the plan of {len(plan.columns)} columns does not fit into a Firestore document",
            hint="carry the table as two, each with some of its columns",
        )
    return {"packed": packed, "expire_at": expire_at}


def plan_in(document: Mapping[str, Any]) -> ColumnPlan:
    """Read what `plan_document` wrote."""
    return PLANS.from_packed(document.get("packed"))


def model_fields(document: Mapping[str, Any] | None) -> Document:
    """Return a document's fields with times as the standard library has them."""
    plain: Document = _plain(document or {})
    return plain


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a document may hold
    if isinstance(value, datetime):
        # The client's own class of datetime is one that others refuse to serialise.
        return datetime.combine(value.date(), value.time(), tzinfo=UTC)
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value


def job_counters(counts: Counts) -> dict[str, int]:
    """Return a job's counters by field path."""
    return {f"counts.{each.name}": getattr(counts, each.name) for each in fields(counts)}


def table_counters(table: TableTask) -> dict[str, int]:
    """Return a table's part counters by field path."""
    return {name: getattr(table, name) for name in TABLE_COUNTERS}


def part_counters(counts: PartCounts) -> dict[str, int]:
    """Return what a part adds to its table, by field path."""
    return {f"parts_{each.name}": getattr(counts, each.name) for each in fields(counts)}


def nested(by_path: Mapping[str, Any]) -> Document:
    """Return fields given by path as a document: `counts.rows` within `counts`."""
    document: Document = {}
    for path, value in by_path.items():
        *outer, name = path.split(".")
        within = document
        for step in outer:
            within = within.setdefault(step, {})
        within[name] = value
    return document
