"""Our whole path against the driver alone: a clear loss of speed fails here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CLEARLY_SLOW = {"narrow jsonl.gz": 0.25, "wide jsonl.gz": 0.21, "wide parquet": 0.28}
"""About half of what is reached: a column written value by value falls below."""


@pytest.fixture(scope="module")
def ratios() -> dict[str, float]:
    """What the guard prints: rows per CPU-second, ours over the driver's."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.guard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = (line.split(": ") for line in done.stdout.splitlines())
    return {name: float(ratio) for name, ratio in lines}


class TestATable:
    @pytest.mark.parametrize("name", CLEARLY_SLOW)
    def test_takes_no_more_than_some_times_what_the_driver_needs_to_decode_it(
        self, name: str, ratios: dict[str, float]
    ) -> None:
        assert ratios[name] > CLEARLY_SLOW[name]
