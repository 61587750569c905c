"""One measured run in a process of its own: a request comes in as JSON, the figures go out."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import oracledb

from benchmarks.bare_parquet import bare_parquet
from benchmarks.cases import CASES, Case
from benchmarks.ours import Run, carry
from benchmarks.peak_memory import peak_rss_mb
from benchmarks.replay_cells import PASSWORD, USER


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to run, over which rows."""

    what: str
    """`ours`, `driver` or `bare`."""
    case: str
    dsn: str
    format: str = "jsonl.gz"
    folder: str = ""
    batch_rows: int = 0
    level: int | None = None
    compression: str = ""
    """What a bare run writes with; empty where it only fetches."""
    first_row: int = 0
    end_row: int | None = None
    first_table: int = 0
    tables: int = 1
    share: float = 1.0
    """How much of the case the replay holds."""
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a run took."""

    rows: int
    seconds: float
    cpu_seconds: float
    peak_rss_mb: float
    plain_bytes: int = 0
    written_bytes: int = 0


def measured(run: Run) -> Figures:
    """Run and time what returns rows, plain bytes and written bytes."""
    began, cpu_began = time.perf_counter(), time.process_time()
    rows, plain, written = run()
    return Figures(
        rows=rows,
        seconds=time.perf_counter() - began,
        cpu_seconds=time.process_time() - cpu_began,
        peak_rss_mb=peak_rss_mb(),
        plain_bytes=plain,
        written_bytes=written,
    )


@contextmanager
def driver_alone(case: Case, request: Request) -> Iterator[Run]:
    """Give a function that fetches the plain columns as data frames and drops them.

    It is logged in before, as ours is.
    """
    oracledb.defaults.fetch_decimals = True
    columns = ",".join(f'"{column.name}"' for column in case.columns)
    with oracledb.connect(user=USER, password=PASSWORD, dsn=request.dsn) as connection:

        def run() -> tuple[int, int, int]:
            rows = 0
            for table in range(request.first_table, request.first_table + request.tables):
                statement = f'SELECT {columns} FROM "SCOTT"."{case.name.upper()}_{table}"'
                for frame in connection.fetch_df_batches(statement, size=request.batch_rows):
                    rows += frame.num_rows()
                    if request.end_row is not None and rows >= request.end_row:
                        break
            return rows, 0, 0

        yield run


_MEASURED = {"ours": carry, "driver": driver_alone, "bare": bare_parquet}


def main() -> None:
    """Read a request, run it, print the figures."""
    request = Request(**json.loads(sys.stdin.read()))
    case = CASES[request.case].shrunk(request.share)
    with _MEASURED[request.what](case, request) as run:
        figures = measured(run)
    print(json.dumps(asdict(figures)))


if __name__ == "__main__":
    main()
