"""Compare our path with the driver alone in a few seconds, to notice a clear loss.

python -m benchmarks.guard

prints the best of several ratios as a number: each is of two runs beside each other, in rows
per CPU-second, so neither the machine nor what else it does matters much.
"""

from __future__ import annotations

import tempfile

from benchmarks.measured import Request
from benchmarks.processes import run_measured, serving_replay

_ROWS = 100_000
_ROUNDS = 3
_DRIVER_ROWS = 5000


def best_ratio() -> float:
    """Measure the narrow table."""
    with serving_replay() as dsn:
        return max(_ratio(dsn) for _ in range(_ROUNDS))


def _ratio(dsn: str) -> float:
    with tempfile.TemporaryDirectory(prefix="oracle-etl-guard-") as folder:
        ours = run_measured(
            Request(what="ours", case="narrow", dsn=dsn, folder=folder, end_row=_ROWS)
        )
    driver = run_measured(
        Request(what="driver", case="narrow", dsn=dsn, batch_rows=_DRIVER_ROWS, end_row=_ROWS)
    )
    return (ours.rows / ours.cpu_seconds) / (driver.rows / driver.cpu_seconds)


if __name__ == "__main__":
    print(f"{best_ratio():.3f}")
