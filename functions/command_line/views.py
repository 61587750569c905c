"""How each kind of document is shown to people, column by column."""

from __future__ import annotations

from collections.abc import Callable

from command_line.output import Document, View
from command_line.printable import count, duration, moment, percent, size


def job_figures(job: Document) -> str:
    """Return what a job has carried, in one line."""
    metrics = job["metrics"]
    parts = (
        f"{count(metrics['rows_processed'])} rows",
        size(metrics["bytes_transferred"]),
        duration(metrics["duration_seconds"]),
    )
    return ", ".join(part for part in parts if part)


def _rows(table: Document) -> str:
    if table["row_count"] is not None:
        return count(table["row_count"])
    estimate = table["estimated_rows"]
    return "" if estimate is None else f"~{count(estimate)}"


def _transport_status(transport: Document) -> str:
    return str(transport["status"]) if transport["enabled"] else "disabled"


def _schedule(transport: Document) -> str:
    schedule = transport["schedule"]
    return f"{schedule['cron']} {schedule['time_zone']}" if schedule else ""


def _job(job: Document) -> Document:
    """Return what people want to know of a job: what says nothing is left out."""
    failure = job["failure"] or {}
    told = {
        "job": job["id"],
        "transport": job["transport_id"],
        "version": job["version"] or f"none: a {job['kind']} run",
        "status": job["status"],
        "waits behind": job["queue_position"],
        "started": moment(job["started_at"]),
        "ended": moment(job["completed_at"]),
        "result": job_figures(job),
        "tables": f"{job['tables_completed']} of {job['tables_total']} complete",
        "error": failure.get("message"),
        "what to do": failure.get("hint"),
        "read at": job["scn"] and f"SCN {job['scn']}",
        "retry of": job["retry_of"],
        "lies in": job["location"],
        "manifest": job["manifest"],
    }
    warnings = {f"warning {number}": each for number, each in enumerate(job["warnings"], start=1)}
    return {name: value for name, value in {**told, **warnings}.items() if value}


TABLE = View(
    event="table",
    columns={
        "SCHEMA": lambda table: table["schema"],
        "TABLE": lambda table: table["table_name"],
        "KIND": lambda table: table["kind"],
        "COLUMNS": lambda table: table["columns"],
        "ROWS": _rows,
        "SIZE": lambda table: size(table["estimated_bytes"]),
    },
)
COLUMN = View(
    event="column",
    columns={
        "COLUMN": lambda column: column["name"],
        "ORACLE": lambda column: column["oracle_type"],
        "NULL": lambda column: column["nullable"],
        "JSON": lambda column: column["json_type"],
        "BIGQUERY": lambda column: column["bigquery_type"],
        "NOTE": lambda column: column["note"],
    },
)
TRANSPORT = View(
    event="transport",
    columns={
        "TRANSPORT": lambda transport: transport["id"],
        "NAME": lambda transport: transport["name"],
        "STATUS": _transport_status,
        "TABLES": lambda transport: len(transport["tables"]),
        "BUCKET": lambda transport: transport["target_bucket"],
        "SCHEDULE": _schedule,
    },
)
JOB = View(
    event="job",
    columns={
        "JOB": lambda job: job["id"],
        "TRANSPORT": lambda job: job["transport_id"],
        "VERSION": lambda job: job["version"] or f"{job['kind']} run",
        "STATUS": lambda job: job["status"],
        "STARTED": lambda job: moment(job["started_at"]),
        "RESULT": job_figures,
    },
    whole=_job,
)
JOB_TABLE = View(
    event="job_table",
    columns={
        "TABLE": lambda table: table["table_name"],
        "STATUS": lambda table: table["status"],
        "ROWS": lambda table: count(table["row_count"]),
        "SIZE": lambda table: size(table["bytes_transferred"]),
        "DONE": lambda table: percent(table["progress_percent"]),
        "WRITTEN TO, OR WHY NOT": lambda table: table["error"] or table["gcs_path"],
    },
)


def rows_of(columns: list[str]) -> View:
    """Return the view of a table's own rows."""
    return View(event="row", columns={name: _cell(name) for name in columns})


def _cell(name: str) -> Callable[[Document], object]:
    return lambda row: row[name]
