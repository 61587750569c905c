"""Measure our path over the driver alone, on replayed tables, and print and keep the figures.

python -m benchmarks --cases narrow,wide,ebs --formats jsonl.gz,parquet --parts 1,2 --json FILE
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import oracledb

from benchmarks.cases import CASES, Case
from benchmarks.measured import Figures, Request

_ROOT = Path(__file__).parent.parent
_BLOCK = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One line of the table."""

    case: str
    format: str
    parts: int
    rows: int
    rows_per_second: float
    rows_per_cpu_second: float
    over_driver: float
    json_mb_per_second: float
    peak_rss_mb: float
    saved_percent: float
    peers: dict[str, Any]


def main() -> None:
    """Run what was asked for."""
    chosen = _arguments()
    results: list[Result] = []
    with _server() as dsn:
        for name in chosen.cases.split(","):
            results += _case(CASES[name], chosen, dsn)
    document = {"machine": _machine(), "results": [asdict(each) for each in results]}
    if chosen.json:
        Path(chosen.json).write_text(json.dumps(document, indent=2) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--cases", default=",".join(CASES))
    parser.add_argument("--formats", default="jsonl.gz")
    parser.add_argument("--parts", default="1")
    parser.add_argument("--peers", choices=["none"], default="none")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", default="")
    return parser.parse_args()


def _case(case: Case, chosen: argparse.Namespace, dsn: str) -> Iterator[Result]:
    driver = max(
        median(
            _rate(_run(Request(what="driver", batch_rows=size, **_of(case, dsn))))
            for _ in range(chosen.repeats)
        )
        for size in case.driver_sizes
    )
    print(f"{case.name}: the driver alone {driver:,.0f} rows per CPU-second")
    for format_ in chosen.formats.split(","):
        for parts in (int(each) for each in chosen.parts.split(",")):
            # The driver is measured again beside each, since other load changes with time.
            size = case.driver_sizes[0]
            runs = [_ours(case, dsn, format_, parts) for _ in range(chosen.repeats)]
            beside = [
                _rate(_run(Request(what="driver", batch_rows=size, **_of(case, dsn))))
                for _ in range(chosen.repeats)
            ]
            result = _result(case, format_, parts, runs, max(driver, median(beside)))
            print(_line(result), flush=True)
            yield result


def _of(case: Case, dsn: str) -> dict[str, Any]:
    return {"case": case.name, "dsn": dsn, "tables": case.tables}


def _rate(figures: Figures) -> float:
    return figures.rows / figures.cpu_seconds


def _ours(case: Case, dsn: str, format_: str, parts: int) -> list[Figures]:
    with tempfile.TemporaryDirectory(prefix="oracle-etl-bench-") as folder:
        requests = _requests(case, dsn, format_, parts, folder)
        with ThreadPoolExecutor(parts) as pool:
            return list(pool.map(_run, requests))


def _requests(case: Case, dsn: str, format_: str, parts: int, folder: str) -> list[Request]:
    common: dict[str, Any] = {
        "what": "ours",
        "case": case.name,
        "dsn": dsn,
        "format": format_,
        "folder": folder,
    }
    if parts == 1:
        return [Request(**common, tables=case.tables)]
    if case.tables > 1:
        share = case.tables // parts
        return [Request(**common, first_table=at * share, tables=share) for at in range(parts)]
    cuts = [case.rows * at // parts // _BLOCK * _BLOCK for at in range(parts)] + [case.rows]
    return [Request(**common, first_row=low, end_row=high) for low, high in pairwise(cuts)]


def _run(request: Request) -> Figures:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.measured"],
        input=json.dumps(asdict(request)),
        capture_output=True,
        text=True,
        check=False,
        cwd=_ROOT,
    )
    if done.returncode:
        sys.exit(f"{request}\n{done.stderr}")
    return Figures(**json.loads(done.stdout))


def _result(
    case: Case, format_: str, parts: int, runs: Sequence[Sequence[Figures]], driver: float
) -> Result:
    rows = sum(each.rows for each in runs[0])
    wall = median(max(each.seconds for each in run) for run in runs)
    cpu = median(sum(each.cpu_seconds for each in run) for run in runs)
    plain = sum(each.plain_bytes for each in runs[0])
    written = sum(each.written_bytes for each in runs[0])
    return Result(
        case=case.name,
        format=format_,
        parts=parts,
        rows=rows,
        rows_per_second=rows / wall,
        rows_per_cpu_second=rows / cpu,
        over_driver=rows / cpu / driver,
        json_mb_per_second=plain / wall / 1e6,
        peak_rss_mb=max(each.peak_rss_mb for run in runs for each in run),
        saved_percent=100 - 100 * written / plain,
        peers={},
    )


def _line(result: Result) -> str:
    return (
        f"{result.case:7s} {result.format:9s} parts {result.parts}  {result.rows:>9,} rows  "
        f"{result.rows_per_second:>9,.0f} rows/s  {result.rows_per_cpu_second:>9,.0f} per CPU-s  "
        f"{result.over_driver:.2f} over the driver  {result.json_mb_per_second:>5.0f} MB/s  "
        f"{result.peak_rss_mb:.0f} MB RSS  saves {result.saved_percent:.0f} %"
    )


def _machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "processor": platform.machine(),
        "python": platform.python_version(),
        "oracledb": oracledb.__version__,
        "load": os.getloadavg()[0],
    }


@contextmanager
def _server() -> Iterator[str]:
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=_ROOT,
    ) as process:
        assert process.stdout is not None, "it was asked for"
        yield process.stdout.readline().strip()
        process.communicate()


if __name__ == "__main__":
    main()
