"""Whoever watches a job learns each stage of each table, once and in order, also across gaps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from journey_homes.event_stream import Event
from journey_homes.home import Home, StartHome
from journey_homes.oracle import Oracle
from oracle_standin.faults import Action, Rule

ROWS = 600
NAMES = [f"WATCHED_{letter}" for letter in "ABCDE"]
SLOWLY = Rule(action=Action.TRICKLE, statement="AS OF SCN", bytes_per_second=150_000, times=None)
STUMBLE = Rule(action=Action.DROP, statement=r'SELECT "ID".*"WATCHED_C"', after_rows=200)
FAIL = Rule(action=Action.ERROR, statement=r'SELECT "ID".*"WATCHED_D"', code=8103, times=None)


@pytest.fixture(scope="module")
def filled(oracle: Oracle) -> Oracle:
    for name in NAMES:
        rows = [(number, f"{name} {number} " + "x" * 150) for number in range(ROWS)]
        oracle.make_table(name, "ID NUMBER(9), NOTE VARCHAR2(200)", rows)
    return oracle


@pytest.fixture(scope="module")
def watched_home(start_home: StartHome, filled: Oracle) -> Iterator[Home]:
    """Run a home that ends every stream soon: watchers have to come back."""
    with start_home(filled, SERVER_STREAM_SECONDS="700ms") as home:
        yield home


def stage_of(event: Event) -> str:
    match event.name:
        case "table_start":
            return "planning"
        case "table_complete":
            return "completed"
        case "error":
            return "returned" if event.data["will_retry"] else "failed"
        case _:
            stage: str = event.data["stage"]
            return stage


def stages_told(events: Iterable[Event]) -> dict[str, list[str]]:
    """Return what a watcher knows of each table; live progress within a stage is no new one."""
    told: dict[str, list[str]] = defaultdict(list)
    for event in events:
        table = event.data.get("table")
        if table is None:
            continue
        stages = told[table.rpartition(".")[2]]
        if event.name != "progress" or stage_of(event) != stages[-1]:
            stages.append(stage_of(event))
    return told


def told_of_tables(events: Sequence[Event]) -> list[tuple[str, str]]:
    """Return what was told of tables, but for their live progress."""
    return [
        (each.name, each.data["table"])
        for each in events
        if each.name != "progress" and each.data.get("table") is not None
    ]


class TestTwoWatchersOfOneJob:
    def test_learn_every_stage_in_order(self, watched_home: Home, filled: Oracle) -> None:
        api = watched_home.api
        with filled.going_wrong(STUMBLE, FAIL, SLOWLY), ThreadPoolExecutor(2) as watchers:
            job = api.execute(api.create([f"SHOP.{name}" for name in NAMES]))
            patient = watchers.submit(lambda: list(watched_home.api.watch(job)))
            restless = watchers.submit(lambda: list(watched_home.api.watch(job, reconnect_after=2)))
            seen = [patient.result(timeout=60), restless.result(timeout=60)]
        truth = {
            name: [stage["name"] for stage in table["stages"] if stage["name"] != "pending"]
            for name, table in api.tables(job).items()
        }
        assert truth["WATCHED_C"].count("planning") == 2
        assert "returned" in truth["WATCHED_C"]
        assert truth["WATCHED_D"][-1] == "failed"
        for events in seen:
            assert stages_told(events) == truth
            assert events[-1].name == "complete"
            assert events[-1].data["status"] == "failed"
        # Whose stages come first where two tables changed between looks, each watcher's looks say.
        assert sorted(told_of_tables(seen[0])) == sorted(told_of_tables(seen[1]))

    def test_who_come_late_are_told_the_same(self, watched_home: Home, filled: Oracle) -> None:
        api = watched_home.api
        transport = api.create([f"SHOP.{name}" for name in NAMES])
        job = api.execute(transport)
        live = list(api.watch(job))
        late = list(api.watch(job))
        assert stages_told(late) == stages_told(live)
        assert sorted(told_of_tables(late)) == sorted(told_of_tables(live))
        assert late[-1].data == live[-1].data

    def test_who_know_the_end_are_told_to_stay_away(
        self, watched_home: Home, filled: Oracle
    ) -> None:
        api = watched_home.api
        job = api.execute(api.create(["SHOP.WATCHED_A"]))
        *_, last = api.watch(job)
        reply = api.ask("GET", f"/jobs/{job}/events", headers={"Last-Event-ID": last.id})
        assert reply.status_code == 204
