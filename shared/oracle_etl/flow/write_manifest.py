"""Write the manifest: everything a consumer has to know of a version, in one object."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from oracle_etl.flow.judge_version import Verdict
from oracle_etl.flow.keep_closing import nothing_to_keep
from oracle_etl.flow.load_into_bigquery import load_into_bigquery
from oracle_etl.flow.tables_of import tables_of
from oracle_etl.model.columns import CarriedColumn
from oracle_etl.model.job import Job, JobKind, JobStatus
from oracle_etl.model.names import version_label
from oracle_etl.model.objects import FinalObject, StoredObject
from oracle_etl.model.table_task import TableTask
from oracle_etl.outside import Outside

SCHEMA_VERSION = 1


def write_manifest(
    job: Job, verdict: Verdict, *, keep: Callable[[], None], outside: Outside
) -> StoredObject:
    """Write a job's manifest and return it; `keep` is called at every table.

    Nothing in it depends on when it is written, so writing it again gives the same object. A
    version that is not complete has a manifest under the job's name: a retry may complete it.
    """
    name = f"{job.folder}/{_file_name(job, verdict)}"
    with outside.store.create(job.bucket, name, content_type="application/json") as target:
        for piece in manifest_text(job, verdict, keep=keep, outside=outside):
            target.write(piece)
    return target.stored()


def manifest_text(
    job: Job, verdict: Verdict, *, keep: Callable[[], None] = nothing_to_keep, outside: Outside
) -> Iterator[bytes]:
    """Yield the manifest's JSON, a table at a time."""
    head = json.dumps(_head(job, verdict), ensure_ascii=False, indent=1)
    yield head.removesuffix("\n}").encode() + b',\n "tables": ['
    separator = b"\n"
    ended = replace(job, status=verdict.status)
    for table in tables_of(job.id, outside=outside):
        keep()
        shown = json.dumps(_table(table, ended, outside=outside), ensure_ascii=False)
        yield separator + b"  " + shown.encode()
        separator = b",\n"
    yield b"\n ]\n}\n"


def _file_name(job: Job, verdict: Verdict) -> str:
    is_complete = verdict.status is JobStatus.COMPLETED
    return "manifest.json" if is_complete else f"manifest-{job.id}.json"


def _head(job: Job, verdict: Verdict) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "oracle-etl", "version": job.release},
        "transport": {"id": job.transport_id, "name": job.transport.name},
        "source": job.transport.source,
        "job": job.id,
        "retry_of": job.request.retry_of,
        "version": None if job.version is None else version_label(job.version),
        "mode": _mode(job),
        "limit": job.request.limit,
        "status": verdict.status,
        "failure": None if verdict.failure is None else verdict.failure.message,
        "format": job.transport.carriage.format,
        "scn": job.scn,
        "consistency": replace(job, is_mixed=verdict.is_mixed).consistency,
        "created_at": job.created_at.isoformat(),
        "started_at": None if job.started_at is None else job.started_at.isoformat(),
        "finished_at": None if verdict.finished_at is None else verdict.finished_at.isoformat(),
        "tables_total": job.tables_total,
        "rows": job.counts.rows,
        "bytes": job.counts.bytes,
        "warnings": list(verdict.warnings),
    }


def _mode(job: Job) -> str:
    return {JobKind.FULL: "full", JobKind.SUBSET: "subset", JobKind.TEST: "test"}[job.kind]


def _table(table: TableTask, job: Job, *, outside: Outside) -> dict[str, Any]:
    plan = outside.book.plan(table.job_id, table.table_id)
    load = load_into_bigquery(table, job, outside=outside)
    counted = table.rows if job.transport.proof.count_rows and table.objects else None
    return {
        "table": str(table.table),
        "resolved": None if table.resolved is None else str(table.resolved),
        "status": table.status,
        "failure": None if table.failure is None else table.failure.message,
        "scn": table.scn,
        "rows": table.rows,
        "counted_rows": counted,
        "proof": _proof(table, counted),
        "bytes": table.bytes,
        "carried_from": table.carried_from,
        "started_at": None if table.started_at is None else table.started_at.isoformat(),
        "finished_at": None if table.completed_at is None else table.completed_at.isoformat(),
        "where": table.choice.where,
        "objects": [_object(each) for each in table.objects],
        "columns": [_column(each) for each in plan.columns] if plan else [],
        "columns_left_out": list(plan.skipped) if plan else [],
        "bq_load": None if load is None else load.command,
        "warnings": list(table.warnings),
    }


def _proof(table: TableTask, counted: int | None) -> str:
    if counted is None:
        return "unverified"
    return "counted in the same transaction" if table.scn is None else "counted at the same SCN"


def _object(final: FinalObject) -> dict[str, Any]:
    stored = final.object
    return {
        "bucket": stored.bucket,
        "name": stored.name,
        "generation": stored.generation,
        "bytes": stored.size,
        "rows": final.rows,
        "crc32c": shown_crc32c(stored),
        "sha256": final.sha256,
        "parts": [
            {
                "first_byte": each.first_byte,
                "bytes": each.bytes,
                "rows": each.rows,
                "sha256": each.sha256,
            }
            for each in final.pieces
        ],
    }


def shown_crc32c(stored: StoredObject) -> str:
    """Return the checksum as Cloud Storage shows it: base64 of four bytes."""
    return base64.b64encode(stored.crc32c.to_bytes(4, "big")).decode()


def _column(column: CarriedColumn) -> dict[str, Any]:
    return {
        "name": column.name,
        "oracle_type": column.oracle_type,
        "expression": column.expression,
        "json_type": column.json_type,
        "bigquery_type": column.bigquery_type,
        "parquet_type": column.parquet_type,
        "duckdb_type": column.duckdb_type,
        "nullable": column.nullable,
        "mask": column.mask,
        "note": column.note,
    }
