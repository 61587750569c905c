"""Compare our path with the driver alone in a few seconds, to notice a clear loss.

    python -m benchmarks.guard

prints a line for each table and format: the best of several ratios, each of two runs beside each
other, in rows per CPU-second. So neither the machine nor what else it does matters much.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass

from benchmarks.measured import Request
from benchmarks.processes import run_measured, serving_replay

_SHARE = 0.1
_ROUNDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """A table in a format, and the batch size at which the driver alone reads it best."""

    case: str
    format: str
    driver_rows: int

    @property
    def name(self) -> str:
        """What it is called in the output."""
        return f"{self.case} {self.format}"


GUARDED = (
    Guarded(case="narrow", format="jsonl.gz", driver_rows=5000),
    Guarded(case="wide", format="jsonl.gz", driver_rows=500),
    Guarded(case="wide", format="parquet", driver_rows=500),
)


def main() -> None:
    """Measure each, and print its ratio."""
    with serving_replay(_SHARE) as dsn:
        for guarded in GUARDED:
            best = max(_ratio(guarded, dsn) for _ in range(_ROUNDS))
            print(f"{guarded.name}: {best:.3f}", flush=True)


def _ratio(guarded: Guarded, dsn: str) -> float:
    with tempfile.TemporaryDirectory(prefix="oracle-etl-guard-") as folder:
        ours = run_measured(
            Request(
                what="ours",
                case=guarded.case,
                format=guarded.format,
                dsn=dsn,
                folder=folder,
                share=_SHARE,
            )
        )
    driver = run_measured(
        Request(
            what="driver",
            case=guarded.case,
            dsn=dsn,
            batch_rows=guarded.driver_rows,
            share=_SHARE,
        )
    )
    return (ours.rows / ours.cpu_seconds) / (driver.rows / driver.cpu_seconds)


if __name__ == "__main__":
    main()
