from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from oracle_etl.gateways.system_clock import SystemClock


class TestTheSystemClock:
    def test_tells_the_machines_time_in_utc(self, tmp_path: Path) -> None:
        written = tmp_path / "now"
        written.touch()
        now = SystemClock().now()
        assert now.tzinfo is UTC
        assert abs(now - datetime.fromtimestamp(written.stat().st_mtime, UTC)) < timedelta(
            minutes=1
        )

    def test_waits_at_least_as_long_as_asked(self) -> None:
        clock = SystemClock()
        before = clock.monotonic()
        clock.wait(0.02)
        assert clock.monotonic() - before >= 0.02

    def test_does_not_wait_for_what_has_passed(self) -> None:
        clock = SystemClock()
        before = clock.monotonic()
        clock.wait(-10)
        assert 0 <= clock.monotonic() - before < 5
