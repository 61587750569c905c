"""What a run of the benchmark found: the document that is stored, and the lines that are read."""

from __future__ import annotations

import os
import platform
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from itertools import groupby
from operator import itemgetter, truediv
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.cases import Case
from benchmarks.measured import Figures
from oracle_etl.gateways.system_clock import SystemClock

_OF_PEERS = "jsonl.gz"
_LIBRARIES = ("oracle-etl", "oracledb", "arro3-core", "arro3-io", "isal", "numpy", "nanoarrow")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One case in one format and so many parts; a median of its runs."""

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
    peers: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        case: Case,
        runs: Sequence[Sequence[Figures]],
        *,
        format_: str,
        drivers: Sequence[float],
    ) -> Result:
        """Sum up runs of so many parts, each with the driver's rate beside it."""
        rows = sum(each.rows for each in runs[0])
        wall = median(max(each.seconds for each in run) for run in runs)
        rates = [rows / sum(each.cpu_seconds for each in run) for run in runs]
        plain = sum(each.plain_bytes for each in runs[0])
        written = sum(each.written_bytes for each in runs[0])
        return cls(
            case=case.name,
            format=format_,
            parts=len(runs[0]),
            rows=rows,
            rows_per_second=rows / wall,
            rows_per_cpu_second=median(rates),
            over_driver=median(map(truediv, rates, drivers)),
            json_mb_per_second=plain / wall / 1e6,
            peak_rss_mb=max(each.peak_rss_mb for run in runs for each in run),
            saved_percent=100 - 100 * written / plain,
        )


def document(results: Sequence[Result], *, machine: dict[str, Any]) -> dict[str, Any]:
    """Return what is stored as JSON."""
    return {"machine": machine, "results": [asdict(each) for each in results]}


def machine_now() -> dict[str, Any]:
    """Return on what, with what and beside what a run was made."""
    return {
        "at": f"{SystemClock().now():%Y-%m-%d %H:%M} UTC",
        "cores": os.cpu_count(),
        "processor": _processor(),
        "system": f"{platform.system()} {platform.release()}",
        "load_average": list(os.getloadavg()),
        "objects_in": tempfile.gettempdir(),
        "python": platform.python_version(),
        **{name: version(name) for name in _LIBRARIES},
    }


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    text = described.read_text(encoding="utf-8") if described.exists() else ""
    named = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return named[1] if named else platform.machine()


def line_of(result: Result) -> str:
    """Return a result as a line of the table."""
    return (
        f"{result.case:7s} {result.format:9s} parts {result.parts}  {result.rows:>9,} rows  "
        f"{result.rows_per_second:>9,.0f} rows/s  {result.rows_per_cpu_second:>9,.0f} per CPU-s  "
        f"{result.over_driver:.2f} over the driver  {result.json_mb_per_second:>5.0f} MB/s  "
        f"{result.peak_rss_mb:.0f} MB RSS  saves {result.saved_percent:.0f} %"
    )


def lines_of_peers(results: Sequence[Result], peers: dict[str, Any]) -> Iterator[str]:
    """Yield a line for each peer, with how many times as many rows ours carries in a CPU-second.

    That is ours over the whole table, in what peers write too: a few rows alone would count the
    start of the process for much.
    """
    case = results[0].case
    alike = [
        each.rows_per_cpu_second for each in results if each.format == _OF_PEERS and each.parts == 1
    ]
    for name, figures in peers.items():
        yield f"{case:7s} {name:14s} {_said(figures, max(alike, default=0.0))}"


def lines_of_document(stored: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of what was stored: every result, and behind those of a case its peers."""
    for _, of_case in groupby(stored["results"], key=itemgetter("case")):
        results = [Result(**each) for each in of_case]
        yield from map(line_of, results)
        yield from lines_of_peers(results, results[0].peers)


def _said(figures: dict[str, Any], ours: float) -> str:
    for kind in ("skipped", "failed"):
        if kind in figures:
            return f"{kind}: {figures[kind]}"
    rate = figures["rows_per_cpu_second"]
    return (
        f"{figures['rows']:>9,} rows  {figures['rows_per_second']:>9,.0f} rows/s  "
        f"{rate:>9,.0f} per CPU-s  ours is {ours / rate:>5.1f} times  "
        f"{figures['peak_rss_mb']:.0f} MB RSS  "
        f"{figures['differences']:,} of {figures['values']:,} values differ"
    )
