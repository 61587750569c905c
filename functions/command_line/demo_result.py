"""Read everything back that the demo's job wrote, and compare it with the source."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import oracledb

from command_line.api_client import path
from command_line.output import Document, View
from command_line.printable import count, duration, size
from command_line.reading_back import Written, verify
from command_line.session import Session

_RESULT = View(
    event="verified",
    columns={
        "TABLE": lambda table: table["table"],
        "ROWS": lambda table: count(table["rows"]),
        "SIZE": lambda table: size(table["bytes"]),
        "TIME": lambda table: duration(table["seconds"]),
        "SAME AS IN ORACLE": lambda _: "yes, every value",
        "FILE": lambda table: ", ".join(Path(file).name for file in table["files"]),
    },
)


def show_result(session: Session, job: Document, *, user: str, password: str, dsn: str) -> None:
    """Read every table back, compare each of its values with Oracle's, and show the result."""
    session.output.note("reading everything back, and comparing it with the source ...")
    tables = session.api.pages(path("jobs", job["id"], "tables"), "tables", query={})
    with oracledb.connect(user=user, password=password, dsn=dsn) as connection:
        session.output.rows(_RESULT, (_verified(connection, table) for table in tables))


def _verified(connection: oracledb.Connection, table: Document) -> Document:
    owner, name = table["table_name"].split(".", 1)
    files = tuple(Path(each["path"]) for each in table["objects"])
    rows = verify(connection, Written(owner=owner, table=name, files=files))
    return {
        "table": table["table_name"],
        "rows": rows,
        "bytes": table["bytes_transferred"],
        "seconds": _seconds(table["started_at"], table["completed_at"]),
        "files": [str(file) for file in files],
    }


def _seconds(began: str, ended: str) -> float:
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()
