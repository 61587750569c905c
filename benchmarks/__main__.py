"""Measure our path over the driver alone, on replayed tables, and print and keep the figures.

python -m benchmarks --cases narrow,wide,ebs --formats jsonl.gz,parquet --parts 1,2 --json FILE
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.cases import CASES, Case
from benchmarks.measured import Figures, Request
from benchmarks.peers import measure_peers
from benchmarks.processes import run_measured, serving_replay
from benchmarks.results import (
    Result,
    document,
    line_of,
    lines_of_document,
    lines_of_peers,
    machine_now,
)

_BLOCK = 100


def main() -> None:
    """Run what was asked for, or show what an earlier run stored."""
    chosen = _arguments()
    if chosen.show:
        stored = json.loads(Path(chosen.show).read_text(encoding="utf-8"))
        print("\n".join(lines_of_document(stored)))
        return
    machine = machine_now()
    with (
        serving_replay(chosen.share) as dsn,
        tempfile.TemporaryDirectory(prefix="oracle-etl-peers-") as folder,
    ):
        results = [
            result
            for name in chosen.cases.split(",")
            for result in _Bench(CASES[name], chosen, dsn).results(Path(folder))
        ]
    if chosen.json:
        found = document(results, machine=machine)
        Path(chosen.json).write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--cases", default=",".join(CASES), help=f"of {','.join(CASES)}")
    parser.add_argument("--formats", default="jsonl.gz,parquet")
    parser.add_argument("--parts", default="1,2", help="how many workers share the rows")
    parser.add_argument(
        "--peers",
        choices=["none", "all"],
        default="all",
        help="each is installed into an environment of its own, for which PyPI is asked",
    )
    parser.add_argument("--repeats", type=int, default=3, help="figures are medians of so many")
    parser.add_argument(
        "--share", type=float, default=1.0, help="of each table's rows, to try it out"
    )
    parser.add_argument("--json", default="", help="where the figures are stored")
    parser.add_argument("--show", default="", help="print such a file's lines; measure nothing")
    return parser.parse_args()


class _Bench:
    """One case, measured as was asked."""

    def __init__(self, case: Case, chosen: argparse.Namespace, dsn: str) -> None:
        self._case = case.shrunk(chosen.share)
        self._chosen = chosen
        self._common: dict[str, Any] = {"case": case.name, "dsn": dsn, "share": chosen.share}

    def results(self, folder: Path) -> Iterator[Result]:
        """Measure the driver at its best, ours in every format and split, and the peers."""
        results = list(self._ours_alone())
        peers = self._peers(folder)
        for line in lines_of_peers(results, peers):
            print(line, flush=True)
        for result in results:
            yield replace(result, peers=peers)

    def _ours_alone(self) -> Iterator[Result]:
        size = self._best_size()
        for format_ in self._chosen.formats.split(","):
            for parts in map(int, self._chosen.parts.split(",")):
                # The driver runs right after each of ours, since other load changes with time.
                runs, drivers = zip(
                    *(
                        (self._ours(format_, parts), self._driver(size))
                        for _ in range(self._chosen.repeats)
                    ),
                    strict=True,
                )
                result = Result.of(self._case, runs, format_=format_, drivers=drivers)
                print(line_of(result), flush=True)
                yield result

    def _peers(self, folder: Path) -> dict[str, Any]:
        if self._chosen.peers == "none":
            return {}
        dsn, share = self._common["dsn"], self._chosen.share
        return dict(measure_peers(self._case, dsn, folder, share=share))

    def _best_size(self) -> int:
        """Return the batch size at which the driver alone reads fastest."""
        rates = {
            size: median(self._driver(size) for _ in range(self._chosen.repeats))
            for size in self._case.driver_sizes
        }
        best = max(rates, key=rates.__getitem__)
        print(f"{self._case.name}: the driver alone {rates[best]:,.0f} rows per CPU-second")
        return best

    def _driver(self, batch_rows: int) -> float:
        """Return what the driver alone does in a run, in rows per CPU-second."""
        run = run_measured(
            Request(what="driver", batch_rows=batch_rows, tables=self._case.tables, **self._common)
        )
        return run.rows / run.cpu_seconds

    def _ours(self, format_: str, parts: int) -> list[Figures]:
        with tempfile.TemporaryDirectory(prefix="oracle-etl-bench-") as folder:
            common: dict[str, Any] = {
                "what": "ours",
                "format": format_,
                "folder": folder,
                **self._common,
            }
            shares = shared_out(self._case, parts)
            requests = [Request(**common, **each) for each in shares]
            with ThreadPoolExecutor(parts) as pool:
                return list(pool.map(run_measured, requests))


def shared_out(case: Case, parts: int) -> list[dict[str, Any]]:
    """Return what each of the workers carries: some of the tables, or some rows of the only one."""
    if parts == 1:
        return [{"tables": case.tables}]
    if case.tables > 1:
        cuts = [case.tables * at // parts for at in range(parts + 1)]
        return [{"first_table": low, "tables": high - low} for low, high in pairwise(cuts)]
    cuts = [case.rows * at // parts // _BLOCK * _BLOCK for at in range(parts)] + [case.rows]
    return [{"first_row": low, "end_row": high} for low, high in pairwise(cuts)]


if __name__ == "__main__":
    main()
