"""Which hosts mean this machine, for the service as for the commands."""

from __future__ import annotations

import pytest

from oracle_etl.loopback import is_loopback


class TestAHost:
    @pytest.mark.parametrize(
        "host", ["localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]", "::ffff:127.0.0.1"]
    )
    def test_is_this_machine(self, host: str) -> None:
        assert is_loopback(host)

    @pytest.mark.parametrize(
        "host",
        ["0.0.0.0", "", "example.org", "localhost.example.org", "::ffff:10.0.0.1"],  # noqa: S104
    )
    def test_is_another_or_any(self, host: str) -> None:
        assert not is_loopback(host)
