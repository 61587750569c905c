"""A thick source beside a thin one on one machine: each has workers that touch no other's work.

No Instant Client is at hand, so the thick workers' attempts end at its door; by whom an attempt was
made shows in its failure.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from journey_homes.embedded_home import EmbeddedHome, embedded_home
from journey_homes.oracle import Oracle, an_oracle

ROWS = [(number, f"note {number}") for number in range(50)]


@pytest.fixture(scope="module")
def oracle() -> Iterator[Oracle]:
    with an_oracle() as running:
        running.make_table("ORDERS", "ID NUMBER(9), NOTE VARCHAR2(200)", ROWS)
        yield running


@pytest.fixture(scope="module")
def home(oracle: Oracle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedHome]:
    folder = tmp_path_factory.mktemp("home")
    old = {
        "dsn": oracle.settings["ORACLE_DSN"],
        "username": oracle.settings["ORACLE_USERNAME"],
        "password": oracle.settings["ORACLE_PASSWORD"],
        "mode": "thick",
        "client_library": str(folder / "no-instant-client"),
    }
    config = folder / "config.yaml"
    config.write_text(json.dumps({"sources": {"old": old}}))
    told = {"CONFIG_PATH": str(config), "ETL_RUNNING_JOBS": "2", "ETL_ATTEMPTS": "2"}
    with embedded_home(folder / "data", oracle, told) as running:
        yield running


class TestAThickSourceBesideAThinOne:
    def test_is_left_to_thick_workers_while_thin_ones_carry_the_other(
        self, home: EmbeddedHome
    ) -> None:
        thick = home.api.execute(home.api.create(["SHOP.ORDERS"], source="old"))
        thin = home.api.execute(home.api.create(["SHOP.ORDERS"]))
        assert home.api.ended(thin)["status"] == "completed"
        assert home.api.ended(thick)["status"] == "failed"
        [table] = home.api.tables(thick).values()
        assert "DPI-1047" in table["failure"]["message"]
        assert "ORACLE_CLIENT_LIBRARY" in table["failure"]["hint"]
