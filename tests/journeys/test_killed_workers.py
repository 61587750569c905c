"""Workers that are killed at any moment: every row is there once, and nothing partial ever was."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable
from threading import Event, Thread

import pytest

from journey_homes.api import ENDED
from journey_homes.bucket_watch import watched_bucket
from journey_homes.home import Home, StartHome
from journey_homes.oracle import Oracle
from journey_homes.written import Version
from oracle_standin.faults import Action, Rule

SMALL = {f"SMALL_{number:02d}": 150 + 7 * number for number in range(19)}
LARGE_ROWS = 3_000
TABLES = {**SMALL, "LARGE": LARGE_ROWS}
COLUMNS = "ID NUMBER(9), NOTE VARCHAR2(200)"
SLOWLY = Rule(action=Action.TRICKLE, statement="AS OF SCN", bytes_per_second=200_000, times=None)
"""So that the job lasts some seconds on any machine, and most kills find a worker reading."""

SETTINGS = {
    "ETL_PART_BYTES": "32768",
    "ETL_ATTEMPTS": "50",
    "ETL_LEASE": "2s",
    "ETL_RENEWAL": "500ms",
}


def note(table: str, number: int) -> str:
    return f"{table} {number} " + "값" * (number % 20) + "x" * 60


@pytest.fixture(scope="module")
def filled(oracle: Oracle) -> Oracle:
    for table, rows in TABLES.items():
        oracle.make_table(table, COLUMNS, [(n, note(table, n)) for n in range(rows)])
    return oracle


class Killer:
    """Sends a signal to a worker at random moments, until told to end or tired of it."""

    def __init__(self, home: Home, number: signal.Signals, *, seed: int, most: int) -> None:
        self._home = home
        self._number = number
        self._chance = random.Random(seed)  # noqa: S311 - a seed makes the moments come again
        self._most = most
        self.killed = 0

    def run(self, has_ended: Callable[[], bool], ended: Event) -> None:
        while self.killed < self._most and not has_ended():
            ended.wait(self._chance.uniform(0.05, 1.5))
            workers = self._home.workers()
            if workers:
                self._home.end_worker(self._chance.choice(workers), self._number)
                self.killed += 1


def carry_and_kill(
    home: Home, oracle: Oracle, number: signal.Signals, *, seed: int, most: int
) -> tuple[str, str, int]:
    """Run a job of all tables while workers get the signal; return transport, job and kills."""
    killer, ended = Killer(home, number, seed=seed, most=most), Event()
    with oracle.going_wrong(SLOWLY), watched_bucket(home) as watch:
        transport = home.api.create([f"SHOP.{table}" for table in TABLES], parallel_tables=4)
        job = home.api.execute(transport)
        api = home.api
        thread = Thread(target=killer.run, args=(lambda: api.job(job)["status"] in ENDED, ended))
        thread.start()
        try:
            home.api.ended(job, within_seconds=240)
        finally:
            ended.set()
            thread.join()
    assert watch.looks > 100
    return transport, job, killer.killed


def check_rows(home: Home, transport: str) -> None:
    version = Version(home=home, transport=transport)
    assert "_SUCCESS" in version.names
    for table, rows in TABLES.items():
        found = sorted(version.rows(table), key=lambda row: int(row["ID"]))
        assert found == [{"ID": n, "NOTE": note(table, n)} for n in range(rows)]


@pytest.mark.timeout(300)
class TestWorkersThatAreKilled:
    @pytest.mark.parametrize(
        ("seed", "most"),
        [
            (1, 4),
            *(pytest.param(seed, 25, marks=pytest.mark.prove) for seed in range(2, 12)),
        ],
    )
    def test_cost_no_row_and_leave_nothing_partial(
        self,
        start_home: StartHome,
        filled: Oracle,
        seed: int,
        most: int,
        record_property: Callable[[str, object], None],
    ) -> None:
        with start_home(filled, **SETTINGS) as home:
            transport, job, killed = carry_and_kill(
                home, filled, signal.SIGKILL, seed=seed, most=most
            )
            record_property("workers killed", killed)
            tables = home.api.tables(job)
            assert home.api.job(job)["status"] == "completed"
            assert tables["LARGE"]["parts_total"] > 3
            assert killed >= min(most, 3)
            check_rows(home, transport)
            left = [name for name in home.names(home.bucket) if job in name]
            assert left == []


class TestWorkersThatAreToldToEnd:
    def test_give_back_what_they_hold(self, start_home: StartHome, filled: Oracle) -> None:
        # With this lease, work that was not given back would outlast the test.
        with start_home(filled, **{**SETTINGS, "ETL_LEASE": "300s", "ETL_ATTEMPTS": "2"}) as home:
            transport, job, told = carry_and_kill(home, filled, signal.SIGTERM, seed=7, most=3)
            assert home.api.job(job)["status"] == "completed"
            assert told >= 2
            assert {each["attempts_failed"] for each in home.api.tables(job).values()} == {0}
            check_rows(home, transport)
