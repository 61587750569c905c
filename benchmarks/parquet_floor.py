"""Measure how fast Parquet could be beside jsonl.gz if nothing of ours cost anything.

    python -m benchmarks.parquet_floor

carries the wide table as jsonl.gz and as Parquet on the whole path; then fetches the columns of the
Parquet plan and drops them, and writes them with arro3 to memory: no look at texts, no footer put
together, no checksum, no progress, no file. The ratio in those lines is a bound that no work on our
code can pass.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import median

from benchmarks.measured import Figures, Request
from benchmarks.processes import run_measured, serving_replay

_ROUNDS = 5
_COMPRESSIONS = ("zstd(1)", "lz4_raw", "snappy", "uncompressed")


def main() -> None:
    """Measure all of them in turn, and print the medians."""
    with serving_replay() as dsn, tempfile.TemporaryDirectory(prefix="oracle-etl-bare-") as folder:
        wide = Request(what="bare", case="wide", format="parquet", dsn=dsn)
        asked = {
            "jsonl.gz, the whole path": replace(wide, what="ours", format="jsonl.gz"),
            "parquet, the whole path": replace(wide, what="ours"),
            "fetched, and dropped": wide,
        } | {f"fetched, arro3 {each}": replace(wide, compression=each) for each in _COMPRESSIONS}
        taken: dict[str, list[Figures]] = {name: [] for name in asked}
        for round_ in range(_ROUNDS):
            for name, request in asked.items():
                into = Path(folder) / f"{round_}-{name[:7]}"
                into.mkdir(exist_ok=True)
                taken[name].append(run_measured(replace(request, folder=str(into))))
    _show(taken)


def _show(taken: dict[str, list[Figures]]) -> None:
    def micros(name: str) -> float:
        return median(each.cpu_seconds / each.rows * 1e6 for each in taken[name])

    json_lines = micros("jsonl.gz, the whole path")
    for name, runs in taken.items():
        ratio = json_lines / micros(name)
        saved = 100 - 100 * runs[0].written_bytes / runs[0].plain_bytes
        print(f"{name:<28}{micros(name):6.1f} us a row {ratio:6.2f} times  saves {saved:.0f} %")


if __name__ == "__main__":
    main()
