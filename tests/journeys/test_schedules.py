"""A transport with a schedule starts by itself, once for each due minute."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from journey_homes.api import Document
from journey_homes.home import StartHome
from journey_homes.oracle import Oracle
from journey_homes.waiting import until

TO_THE_NEXT_MINUTE = 75.0


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.fixture(scope="module")
def table(oracle: Oracle) -> str:
    oracle.make_table("DUE", "ID NUMBER(9)", [(1,)])
    return "SHOP.DUE"


class TestATransportThatIsDue:
    @pytest.mark.prove
    def test_is_started_by_the_tick_once(
        self, start_home: StartHome, oracle: Oracle, table: str
    ) -> None:
        """A cron expression knows no seconds: the next due moment is up to a minute away."""
        with start_home(oracle) as home:
            api = home.api
            transport = api.create([table], schedule={"cron": "* * * * *"})
            due_at = api.get(f"/transports/{transport}")["next_fire_at"]

            def started() -> list[Document]:
                jobs: list[Document] = api.get(f"/jobs?transport={transport}")["jobs"]
                return jobs

            [job] = until(started, within_seconds=TO_THE_NEXT_MINUTE, what="the scheduled job")
            ended = api.ended(job["id"])
            assert ended["status"] == "completed"
            assert ended["trigger"].startswith("schedule:")
            assert moment(ended["created_at"]) >= moment(due_at)
            # Ticks come five times a second: many have passed since the start.
            assert len(api.get(f"/jobs?transport={transport}")["jobs"]) == 1
            next_at = api.get(f"/transports/{transport}")["next_fire_at"]
            assert moment(next_at) == moment(due_at) + timedelta(minutes=1)
            api.ask("PATCH", f"/transports/{transport}", json={"schedule": None})
