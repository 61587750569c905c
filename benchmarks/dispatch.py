"""Measure how long a job of many tables takes to be accepted, and its pages to be shown.

    python -m benchmarks.dispatch --tables 1000

The service runs as it does for users; the tables are named outright, so Oracle is not asked.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.api_latency import serving, store_history

_SECONDS = 60
_TIMES = 20


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dispatch")
    parser.add_argument("--tables", type=int, default=1000)
    tables = parser.parse_args().tables
    with tempfile.TemporaryDirectory() as folder:
        store_history(Path(folder), transports=1, jobs=1)
        with (
            serving(Path(folder)) as port,
            closing(HTTPConnection("127.0.0.1", port, timeout=_SECONDS)) as connection,
        ):
            for what, seconds in _steps(connection, tables):
                print(f"{what:40} {seconds * 1000:9.1f} ms")


def _steps(connection: HTTPConnection, tables: int) -> Iterator[tuple[str, float]]:
    body = {"name": "many", "tables": [f"T{each}" for each in range(tables)]}
    transport, seconds = _asked(connection, "POST", "/api/transports", body)
    yield f"POST a transport of {tables} tables", seconds
    identifier = transport["id"]
    job, seconds = _asked(connection, "POST", f"/api/transports/{identifier}/execute", {})
    yield f"POST execute: {tables} tables dispatched", seconds
    page = f"/api/jobs/{job['id']}"
    for path in (page, f"{page}/tables", f"{page}/tables?page_size=500"):
        took = [_asked(connection, "GET", path, None)[1] for _ in range(_TIMES)]
        shown = path.replace(job["id"], "{id}")
        yield f"GET {shown} (median)", median(took)
    shown_job, _ = _asked(connection, "GET", page, None)
    print(json.dumps(shown_job)[:300])


def _asked(
    connection: HTTPConnection, method: str, path: str, body: dict[str, Any] | None
) -> tuple[dict[str, Any], float]:
    began = time.perf_counter()
    connection.request(
        method,
        path,
        body=None if body is None else json.dumps(body),
        headers={"Content-Type": "application/json"},
    )
    response = connection.getresponse()
    content = response.read()
    took = time.perf_counter() - began
    if response.status >= 400:  # noqa: PLR2004  where errors begin
        raise RuntimeError(f"{method} {path}: {response.status} {content[:500]!r}")
    answer: dict[str, Any] = json.loads(content)
    return answer, took


if __name__ == "__main__":
    main()
