from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.away import Away
from fakes.memory_source import MemorySource
from flow_home import a_home
from oracle_etl.flow.check_up import Finding, Health, check_up
from oracle_etl.model.errors import BookAway, InvalidRequest, QueueAway, SourceAway, StoreRefused
from oracle_etl.outside import Lane, Outside
from oracle_etl.ports import ServerFacts, SourceStatus

PLENTY = 1024**4
FACTS = ServerFacts(
    release="19.3.0.0.0",
    driver="python-oracledb, thin",
    character_set="AL32UTF8",
    national_character_set="AL16UTF16",
    clock_ahead_seconds=-0.2,
    answers={"SCN by DBMS_FLASHBACK": "answered", "undo_retention": "900"},
    refusals={},
    privileges=frozenset({"CREATE SESSION"}),
)


@pytest.fixture
def source() -> MemorySource:
    source = MemorySource()
    source.put("EMP", [(1, "row")])
    return source


@pytest.fixture
def home(tmp_path: Path, source: MemorySource) -> Iterator[Outside]:
    home = a_home(tmp_path, source=source)
    yield home
    home.close()


def found(
    home: Outside,
    *,
    facts: Callable[[], ServerFacts] = lambda: FACTS,
    free_bytes: int | None = PLENTY,
) -> Mapping[str, Finding]:
    """Return the findings by their parts."""
    findings = check_up(home, {"default": facts}, free_bytes=free_bytes)
    return {each.part: each for each in findings}


class TestAHomeThatIsWell:
    def test_is_found_so_in_every_part(self, home: Outside) -> None:
        findings = found(home)
        assert list(findings) == [
            "state",
            "queue",
            "workers",
            "object store",
            "disk",
            "source default",
            "source default: moment",
            "source default: undo",
            "source default: clock",
            "source default: tables",
        ]
        assert {each.health for each in findings.values()} == {Health.WELL}
        assert {each.advice for each in findings.values()} == {""}

    def test_has_no_disk_of_ours_where_others_keep_the_objects(self, home: Outside) -> None:
        assert "disk" not in found(home, free_bytes=None)


class TestAPartThatIsAway:
    @pytest.mark.parametrize(
        ("part", "broken"),
        [
            ("state", {"book": Away(BookAway("the state is away", hint="wait"))}),
            ("queue", {"queue": Away(QueueAway("the queue is away", hint="wait"))}),
            ("workers", {"launcher": Away(QueueAway("no job of workers", hint="wait"))}),
            ("object store", {"store": Away(StoreRefused("no right to write", hint="wait"))}),
        ],
    )
    def test_is_broken_and_the_others_are_looked_at(
        self, home: Outside, part: str, broken: dict[str, object]
    ) -> None:
        findings = found(replace(home, **broken))  # type: ignore[arg-type]
        assert [each.part for each in findings.values() if each.health is Health.BROKEN] == [part]
        assert findings[part].advice == "wait"
        assert len(findings) == 10


class TestSourcesOfOtherWorkers:
    def test_have_a_queue_and_workers_of_their_own_that_are_looked_at(self, home: Outside) -> None:
        away = Away(QueueAway("the topic is gone", hint="deploy it"))
        lane = Lane(queue=away, launcher=home.launcher)
        findings = found(replace(home, elsewhere={"erp": lane}))
        assert findings["queue of erp"].health is Health.BROKEN
        assert findings["workers of erp"].health is Health.WELL


class TestADisk:
    @pytest.mark.parametrize(
        ("free", "health"),
        [(10 * 1024**2, Health.BROKEN), (1024**3, Health.WELL), (PLENTY, Health.WELL)],
    )
    def test_is_broken_where_it_is_full(self, home: Outside, free: int, health: Health) -> None:
        assert found(home, free_bytes=free)["disk"].health is health

    def test_is_warned_of_where_a_part_of_each_worker_has_no_room(self, home: Outside) -> None:
        many = replace(home, limits=replace(home.limits, workers=8))
        disk = found(many, free_bytes=2 * 1024**3)["disk"]
        assert (disk.health, disk.found) == (Health.WARNING, "2.0 GiB free")
        assert "ETL_PART_BYTES" in disk.advice


class TestASource:
    def test_that_is_not_configured_is_broken(self, home: Outside) -> None:
        def none(name: str) -> MemorySource:
            raise InvalidRequest(f"the source {name} has no address", hint="set ORACLE_DSN")

        findings = found(replace(home, source=none))
        assert findings["source default"].health is Health.BROKEN
        assert findings["source default"].advice == "set ORACLE_DSN"

    @pytest.mark.parametrize("error", ["ORA-12541", None])
    def test_that_does_not_answer_is_broken_and_asked_nothing_more(
        self, home: Outside, error: str | None
    ) -> None:
        class Silent(MemorySource):
            def status(self) -> SourceStatus:
                return SourceStatus(source="default", reachable=False, error=error, hint="start it")

        findings = found(replace(home, source=lambda _: Silent()))
        assert [each for each in findings if each.startswith("source")] == ["source default"]
        assert findings["source default"].found == (error or "it does not answer")

    def test_that_goes_away_meanwhile_is_broken(self, home: Outside) -> None:
        def gone() -> ServerFacts:
            raise SourceAway("ORA-03113", hint="try again")

        *_, last = check_up(home, {"default": gone}, free_bytes=None)
        assert (last.part, last.health, last.found) == (
            "source default",
            Health.BROKEN,
            "ORA-03113",
        )

    def test_whose_account_sees_no_table_is_warned_of(self, home: Outside) -> None:
        tables = found(replace(home, source=lambda _: MemorySource()))["source default: tables"]
        assert tables.health is Health.WARNING
        assert "GRANT SELECT" in tables.advice


class TestWhatAServerTells:
    @pytest.mark.parametrize(
        ("answers", "health", "told"),
        [
            ({"SCN by DBMS_FLASHBACK": "answered"}, Health.WELL, "by DBMS_FLASHBACK"),
            ({"SCN by V$DATABASE": "answered"}, Health.WELL, "by V$DATABASE"),
            ({"SCN by TIMESTAMP_TO_SCN": "answered"}, Health.WELL, "up to 3 s old"),
            ({}, Health.WARNING, "a moment of its own"),
        ],
    )
    def test_of_the_moment(
        self, home: Outside, answers: dict[str, str], health: Health, told: str
    ) -> None:
        moment = found(home, facts=lambda: replace(FACTS, answers=answers))[
            "source default: moment"
        ]
        assert moment.health is health
        assert told in moment.found
        assert bool(moment.advice) is (health is Health.WARNING)

    def test_of_undo_is_missed_where_it_may_not_be_asked(self, home: Outside) -> None:
        undo = found(home, facts=lambda: replace(FACTS, answers={}))["source default: undo"]
        assert undo.health is Health.WARNING
        assert "V_$PARAMETER" in undo.advice

    @pytest.mark.parametrize(
        ("ahead", "health", "told"),
        [
            (0.4, Health.WELL, "0.4 s before this machine's"),
            (-60.0, Health.WELL, "60.0 s behind this machine's"),
            (61.0, Health.WARNING, "61.0 s before this machine's"),
            (-3600.0, Health.WARNING, "3600.0 s behind this machine's"),
        ],
    )
    def test_of_its_clock(self, home: Outside, ahead: float, health: Health, told: str) -> None:
        facts = replace(FACTS, clock_ahead_seconds=ahead)
        clock = found(home, facts=lambda: facts)["source default: clock"]
        assert (clock.health, clock.found) == (health, told)
