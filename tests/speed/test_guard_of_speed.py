"""Our whole path against the driver alone: a clear loss of speed fails here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CLEARLY_SLOW = 0.25
"""About half of what is reached: a column written value by value falls below."""


class TestANarrowTable:
    def test_takes_no_more_than_four_times_what_the_driver_needs_to_decode_it(self) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.guard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert float(done.stdout) > CLEARLY_SLOW
