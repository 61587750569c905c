"""The service ends in the middle of a job, in every way; started again, it completes the job."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from journey_homes.bucket_watch import watched_bucket
from journey_homes.home import Home, StartHome
from journey_homes.oracle import Oracle
from journey_homes.waiting import until
from journey_homes.written import Version
from oracle_standin.faults import Action, Rule

ROWS = 800
NAMES = [f"RESTART_{letter}" for letter in "ABCDEF"]
SLOWLY = Rule(action=Action.TRICKLE, statement="AS OF SCN", bytes_per_second=150_000, times=None)

# On a loaded machine a lease may lapse while its worker lives: that is not to use all attempts up.
SHORT = {"ETL_LEASE": "2s", "ETL_RENEWAL": "500ms", "ETL_ATTEMPTS": "20"}


@pytest.fixture(scope="module")
def filled(oracle: Oracle) -> Oracle:
    for name in NAMES:
        rows = [(number, f"{name} {number} " + "x" * 150) for number in range(ROWS)]
        oracle.make_table(name, "ID NUMBER(9), NOTE VARCHAR2(200)", rows)
    return oracle


def told_to_end(home: Home) -> None:
    assert home.end_service(signal.SIGTERM) == 0
    assert home.left_processes() == []


def killed(home: Home) -> None:
    """Kill the service alone: its workers live on for a while, as they would."""
    home.end_service(signal.SIGKILL)


def lost_with_its_machine(home: Home) -> None:
    home.lose_machine()
    assert home.left_processes() == []


class TestAServiceThatEndsInTheMiddleOfAJob:
    @pytest.mark.parametrize(
        "ending",
        [told_to_end, lost_with_its_machine, pytest.param(killed, marks=pytest.mark.prove)],
    )
    def test_completes_it_when_it_is_started_again(
        self, start_home: StartHome, filled: Oracle, ending: Callable[[Home], None]
    ) -> None:
        with filled.going_wrong(SLOWLY), start_home(filled, **SHORT) as home, watched_bucket(home):
            transport = home.api.create([f"SHOP.{name}" for name in NAMES])
            job = home.api.execute(transport)
            until(
                lambda: home.api.job(job)["tables_completed"] >= 1,
                within_seconds=30,
                what="the first table",
            )
            assert home.api.job(job)["status"] == "running"
            ending(home)
            home.start_again()
            # Workers that lived on may have come to the end by now.
            assert home.api.job(job)["status"] in {"running", "completed"}
            ended = home.api.ended(job)
            assert (ended["status"], ended["version"]) == ("completed", "v001")
            version = Version(home=home, transport=transport)
            assert "_SUCCESS" in version.names
            for name in NAMES:
                found = sorted(row["ID"] for row in version.rows(name))
                assert found == list(range(ROWS))
            assert [name for name in home.names(home.bucket) if job in name] == []
