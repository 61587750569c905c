"""Measure our path over the driver alone, on replayed tables, and print and keep the figures.

python -m benchmarks --cases narrow,wide,ebs --formats jsonl.gz,parquet --parts 1,2 --json FILE
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import oracledb

from benchmarks.cases import CASES, Case
from benchmarks.measured import Figures, Request
from benchmarks.peers import measure_peers
from benchmarks.processes import run_measured, serving_replay

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
    with serving_replay() as dsn, tempfile.TemporaryDirectory(prefix="oracle-etl-peers-") as folder:
        for name in chosen.cases.split(","):
            peers = _peers(CASES[name], chosen, dsn, Path(folder))
            results += [replace(each, peers=peers) for each in _case(CASES[name], chosen, dsn)]
    document = {"machine": _machine(), "results": [asdict(each) for each in results]}
    if chosen.json:
        Path(chosen.json).write_text(json.dumps(document, indent=2) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--cases", default=",".join(CASES))
    parser.add_argument("--formats", default="jsonl.gz")
    parser.add_argument("--parts", default="1")
    parser.add_argument("--peers", choices=["none", "all"], default="none")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", default="")
    return parser.parse_args()


def _peers(case: Case, chosen: argparse.Namespace, dsn: str, folder: Path) -> dict[str, Any]:
    if chosen.peers == "none":
        return {}
    measured = dict(measure_peers(case, dsn, folder))
    for name, figures in measured.items():
        print(f"{case.name:7s} {name:14s} {_said(figures)}", flush=True)
    return measured


def _said(figures: dict[str, Any]) -> str:
    if "skipped" in figures:
        return f"skipped: {figures['skipped']}"
    return (
        f"{figures['rows_per_second']:>9,.0f} rows/s  "
        f"{figures['rows_per_cpu_second']:>9,.0f} per CPU-s  {figures['peak_rss_mb']:.0f} MB RSS  "
        f"{figures['differences']:,} of {figures['values']:,} values differ"
    )


def _case(case: Case, chosen: argparse.Namespace, dsn: str) -> Iterator[Result]:
    driver = max(
        median(
            _rate(run_measured(Request(what="driver", batch_rows=size, **_of(case, dsn))))
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
                _rate(run_measured(Request(what="driver", batch_rows=size, **_of(case, dsn))))
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
            return list(pool.map(run_measured, requests))


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


if __name__ == "__main__":
    main()
