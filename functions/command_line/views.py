"""How each kind of document is shown to people, column by column."""

from __future__ import annotations

from collections.abc import Callable

from command_line.output import Answer, View
from command_line.printable import count, duration, percent, size


def job_figures(job: Answer) -> str:
    """Return what a job has carried, in one line."""
    metrics = job.get("metrics") or {}
    parts = (
        f"{count(metrics.get('total_rows') or 0)} rows",
        size(metrics.get("total_bytes")),
        duration(metrics.get("duration_seconds")),
    )
    return ", ".join(part for part in parts if part)


def _rows(table: Answer) -> str:
    if table.get("counted_rows") is not None:
        return count(table["counted_rows"])
    estimate = table.get("estimated_rows")
    return "" if estimate is None else f"~{count(estimate)}"


def _transport_status(transport: Answer) -> str:
    return str(transport["status"]) if transport.get("enabled", True) else "disabled"


def _schedule(transport: Answer) -> str:
    schedule = transport.get("schedule") or {}
    return f"{schedule['cron']} {schedule.get('time_zone', '')}" if schedule else ""


TABLE = View(
    event="table",
    columns={
        "TABLE": lambda table: table["name"],
        "KIND": lambda table: table.get("kind"),
        "COLUMNS": lambda table: table.get("columns"),
        "ROWS": _rows,
        "SIZE": lambda table: size(table.get("estimated_bytes")),
    },
)
COLUMN = View(
    event="column",
    columns={
        "COLUMN": lambda column: column["name"],
        "ORACLE": lambda column: column.get("oracle_type"),
        "KEY": lambda column: column.get("key"),
        "JSON": lambda column: column.get("json_type"),
        "BIGQUERY": lambda column: column.get("bigquery_type"),
        "NOTE": lambda column: column.get("note"),
    },
)
TRANSPORT = View(
    event="transport",
    columns={
        "TRANSPORT": lambda transport: transport["id"],
        "NAME": lambda transport: transport["name"],
        "STATUS": _transport_status,
        "TABLES": lambda transport: len(transport["tables"]),
        "BUCKET": lambda transport: transport.get("target_bucket"),
        "SCHEDULE": _schedule,
    },
)
JOB = View(
    event="job",
    columns={
        "JOB": lambda job: job["id"],
        "TRANSPORT": lambda job: job["transport_id"],
        "VERSION": lambda job: job.get("version"),
        "STATUS": lambda job: job["status"],
        "STARTED": lambda job: job.get("started_at"),
        "RESULT": job_figures,
    },
)
JOB_TABLE = View(
    event="job_table",
    columns={
        "TABLE": lambda table: table["table"],
        "STATUS": lambda table: table["status"],
        "ROWS": lambda table: count(table.get("row_count")),
        "SIZE": lambda table: size(table.get("byte_count")),
        "DONE": lambda table: percent(table.get("progress_percent")),
        "TIME": lambda table: duration(table.get("duration_seconds")),
        "WRITTEN TO, OR WHY NOT": lambda table: table.get("error") or table.get("gcs_path"),
    },
)


def rows_of(columns: list[str]) -> View:
    """Return the view of a table's own rows."""
    return View(event="row", columns={name: _cell(name) for name in columns})


def _cell(name: str) -> Callable[[Answer], object]:
    return lambda row: row.get(name)
