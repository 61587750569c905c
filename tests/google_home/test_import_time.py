"""What a new instance has to do before it can answer, in seconds of processor time.

Processor time and not the clock's, so that a busy machine changes little.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

MOST_SECONDS = {
    "import transport_api.main": 1.5,
    "import transport_api.application, oracle_etl.wiring.google_home": 4.0,
}
"""docs/decisions/0025 states what was measured; the bounds leave room for slow machines."""

HEAVY = ("google.cloud.run_v2", "pyarrow", "duckdb", "rich", "click.testing")


def run(code: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


class TestTheFunction:
    @pytest.mark.untraced
    @pytest.mark.parametrize("imports", list(MOST_SECONDS))
    def test_is_imported_soon(
        self, imports: str, record_property: Callable[[str, object], None]
    ) -> None:
        seconds = float(run(f"{imports}; import time; print(time.process_time())"))
        record_property("seconds of processor time", seconds)
        assert seconds < MOST_SECONDS[imports]

    def test_imports_nothing_that_only_others_need(self) -> None:
        imports = list(MOST_SECONDS)[-1]
        loaded = run(f"import sys; {imports}; print(*sys.modules)").split()
        assert [name for name in HEAVY if name in loaded] == []

    def test_knows_nothing_of_google_before_its_first_request(self) -> None:
        loaded = run("import sys; import transport_api.main; print(*sys.modules)").split()
        assert {"grpc", "oracledb", "google.cloud.firestore", "google.cloud.storage"} & set(
            loaded
        ) == set()
