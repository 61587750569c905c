"""A table whose last part will be read after undo is gone says so early, and in figures."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fakes.memory_source import ROWS_OF_A_BATCH, MemorySource
from flow_home import (
    LIMITS,
    SMALL_PARTS,
    a_home,
    drain,
    manifest,
    put_transport,
    rows,
    settle,
    start,
    tables,
)
from oracle_etl.flow import divide_work as dividing
from oracle_etl.flow.claim_work import Claim, claim_work
from oracle_etl.flow.foresee_undo import foresee_undo
from oracle_etl.flow.retry_job import retry_job
from oracle_etl.model.errors import GiveUp, UndoGone
from oracle_etl.model.job import Job, JobStatus
from oracle_etl.model.progress import StageName
from oracle_etl.model.reading import Reading
from oracle_etl.model.transport import Carriage
from oracle_etl.outside import Limits, Outside
from oracle_etl.ports import PageRequest

PARTS = 8
ROWS_OF_A_PART = 40
EMP = tuple((number, f"name {number}") for number in range(PARTS * ROWS_OF_A_PART))
IN_PARTS = Carriage(part_bytes=8192 // PARTS)
ONE_WORKER = replace(LIMITS, workers=1, lease=1e6)
FIGURES = re.compile(r"at least (\d+) s \(now (\d+) s\)")


class SlowSource(MemorySource):
    """A source whose every part takes so many seconds, and whose undo may really end."""

    def __init__(self, seconds_of_a_part: float) -> None:
        super().__init__()
        self.seconds = seconds_of_a_part
        self.undo_ends_at: float | None = None
        self.clock: Any = None
        self.before_batch = self.pass_time
        self.put("EMP", EMP)

    def pass_time(self, reading: Reading, batch: int) -> None:
        del reading, batch
        if self.undo_ends_at is not None and self.clock.monotonic() > self.undo_ends_at:
            raise UndoGone("ORA-01555: snapshot too old")
        self.clock.wait(self.seconds * ROWS_OF_A_BATCH / ROWS_OF_A_PART)


def home_of(source: SlowSource, folder: Path, limits: Limits = ONE_WORKER) -> Outside:
    home = a_home(folder, source=source, limits=limits)
    source.clock = home.clock
    return home


@pytest.fixture
def source() -> SlowSource:
    return SlowSource(100)


@pytest.fixture
def home(tmp_path: Path, source: SlowSource) -> Iterator[Outside]:
    made = home_of(source, tmp_path)
    yield made
    made.close()


def carried(home: Outside, *names: str) -> Job:
    job = start(home, put_transport(home, *(names or ("EMP",)), carriage=IN_PARTS))
    drain(home)
    return settle(home, job.id)


def figures(text: str) -> tuple[int, int]:
    found = FIGURES.search(text)
    assert found is not None, text
    return int(found[1]), int(found[2])


class TestATableThatOutlastsUndo:
    def test_is_warned_of_in_the_job_the_table_its_stages_and_the_manifest(
        self, home: Outside, source: SlowSource
    ) -> None:
        source.undo_retention = 300
        job = carried(home)
        (warning,) = job.warnings
        table = tables(home, job)["EMP"]
        assert job.status is JobStatus.COMPLETED
        assert table.warnings == (warning,)
        (told,) = [each for each in table.stages if each.note]
        assert (told.name, told.note) == (StageName.EXTRACTING, warning)
        written = manifest(home, job)
        assert (written["warnings"], written["tables"][0]["warnings"]) == ([warning], [warning])

    def test_is_told_what_to_ask_for_with_figures(self, home: Outside, source: SlowSource) -> None:
        source.undo_retention = 300
        (warning,) = carried(home).warnings
        needed, kept = figures(warning)
        assert (800 <= needed <= 805, kept) == (True, 300)
        assert "UNDO_RETENTION" in warning
        assert "RETENTION GUARANTEE" in warning

    def test_is_warned_of_once_the_first_part_is_read(
        self, home: Outside, source: SlowSource
    ) -> None:
        source.undo_retention = 300
        job = carried(home)
        stages = tables(home, job)["EMP"].stages
        (told,) = [each for each in stages if each.note]
        assert job.scn_at is not None
        assert 100 <= (told.at - job.scn_at).total_seconds() <= 105

    def test_has_its_waiting_parts_read_in_quarters(
        self, home: Outside, source: SlowSource
    ) -> None:
        source.undo_retention = 300
        job = carried(home)
        assert tables(home, job)["EMP"].parts_total == 1 + 4 * (PARTS - 1)
        assert rows(home, f"{job.folder}/EMP.jsonl.gz") == Counter(EMP)

    def test_is_divided_no_further_once_it_has_many_parts(
        self, home: Outside, source: SlowSource, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(dividing, "_MOST_PARTS_EARLY", PARTS + 2)
        source.undo_retention = 300
        job = carried(home)
        assert tables(home, job)["EMP"].parts_total == PARTS + 2
        assert rows(home, f"{job.folder}/EMP.jsonl.gz") == Counter(EMP)

    def test_whose_parts_are_one_row_each_is_read_as_it_is(
        self, home: Outside, source: SlowSource
    ) -> None:
        source.put("EMP", EMP[:PARTS])
        source.undo_retention = 50
        job = carried(home)
        assert len(job.warnings) == 1
        assert tables(home, job)["EMP"].parts_total == PARTS

    def test_loses_a_quarter_of_a_part_when_undo_ends_in_fact(
        self, home: Outside, source: SlowSource
    ) -> None:
        source.undo_retention = 300
        source.undo_ends_at = 300
        job = carried(home)
        table = tables(home, job)["EMP"]
        assert table.failure.code == "SNAPSHOT_GONE"
        assert "now 300 s" in table.failure.hint
        assert job.warnings != ()
        # Read before the end: the first part, and quarters up to the one in which undo ended.
        assert table.parts_rows >= ROWS_OF_A_PART * 2.75


class TestATableThatUndoOutlasts:
    def test_is_not_warned_of(self, home: Outside, source: SlowSource) -> None:
        source.undo_retention = 900
        job = carried(home)
        assert (job.warnings, tables(home, job)["EMP"].parts_total) == ((), PARTS)

    def test_thanks_to_several_workers_is_not_warned_of(self, tmp_path: Path) -> None:
        source = SlowSource(100)
        source.undo_retention = 500
        home = home_of(source, tmp_path, replace(ONE_WORKER, workers=4))
        job = start(home, put_transport(home, "EMP", carriage=IN_PARTS))
        claim = claim_work(tables(home, job)["EMP"].ref, owner="w", outside=home)
        assert isinstance(claim, Claim)
        drain(replace(home, limits=replace(home.limits, task_timeout=101.0, task_floor=1.0)))
        assert home.book.job(job.id).warnings == ()
        home.close()


class TestAnUndoThatTheAccountMayNotAskFor:
    def test_is_said_once_a_job(self, home: Outside, source: SlowSource) -> None:
        source.undo_retention = None
        source.seconds = 200
        source.put("LOG", EMP)
        job = carried(home, "EMP", "LOG")
        (warning,) = job.warnings
        assert "GRANT SELECT ON V_$PARAMETER" in warning
        assert "at least" in warning
        assert all(each.undo_needed for each in tables(home, job).values())

    def test_is_no_matter_where_the_usual_one_is_enough(
        self, home: Outside, source: SlowSource
    ) -> None:
        source.undo_retention = None
        assert carried(home).warnings == ()


class TestManyTablesThatOutlastUndo:
    def test_are_named_up_to_twenty(self, home: Outside, source: SlowSource) -> None:
        source.undo_retention = 1
        listed = [f"T{number:02d}" for number in range(22)]
        for name in listed:
            source.put(name, EMP[:80])
        job = start(home, put_transport(home, *listed, carriage=SMALL_PARTS, parallel_tables=22))
        job = settle(home, job.id, rounds=60)
        assert len(job.warnings) == 20
        assert all(each.undo_needed for each in tables(home, job).values())


class TestARetry:
    def test_counts_from_the_first_jobs_moment(self, home: Outside, source: SlowSource) -> None:
        def fail(reading: Reading, batch: int) -> None:
            source.pass_time(reading, batch)
            if len(source.readings) > 2:
                raise GiveUp("it cannot be read")

        source.undo_retention = 4000
        source.before_batch = fail
        job = carried(home)
        assert (job.status, job.warnings) == (JobStatus.FAILED, ())
        source.before_batch = source.pass_time
        home.clock.wait(3500)
        again = settle(home, retry_job(job.id, outside=home).job.id)
        assert again.status is JobStatus.COMPLETED
        needed, _ = figures(again.warnings[0])
        assert needed > 4000


class TestPartsThatTellNothing:
    def test_are_those_without_rows(self, home: Outside, source: SlowSource) -> None:
        source.undo_retention = 1
        source.seconds = 0.0
        job = carried(home)
        table = tables(home, job)["EMP"]
        assert table.undo_needed is None

    def test_are_those_of_a_table_that_ended_meanwhile(
        self, home: Outside, source: SlowSource
    ) -> None:
        source.undo_retention = 1
        job = start(home, put_transport(home, "EMP", carriage=IN_PARTS))
        claim = claim_work(tables(home, job)["EMP"].ref, owner="w", outside=home)
        assert isinstance(claim, Claim)
        seen: list[Any] = []

        class Stale:
            """A book that shows the table as it was a moment ago."""

            def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the real thing has it
                return getattr(home.book, name)

            def table(self, job_id: str, table_id: str) -> Any:  # noqa: ANN401 - a table
                return seen[0]

        drain(home)
        ended = settle(home, job.id)
        (table,) = tables(home, ended).values()
        seen.append(replace(table, undo_needed=None, parts_completed=1, parts_total=PARTS))
        page = PageRequest(size=1)
        (part,) = home.book.parts(ended.id, table.table_id, page).items
        assert part.extract is not None
        before = tables(home, ended)
        foresee_undo(
            replace(claim, job=home.book.job(job.id)),
            part.extract,
            1e6,
            outside=replace(home, book=Stale()),
        )
        assert tables(home, ended) == before


@settings(max_examples=30, deadline=None)
@given(
    seconds=st.integers(5, 300),
    retention=st.integers(50, 2500),
    parts=st.integers(2, PARTS),
)
def test_who_reads_alone_at_an_even_speed_is_warned_exactly_when_undo_ends_too_early(
    seconds: int, retention: int, parts: int
) -> None:
    takes = seconds * parts
    assume(abs(takes - retention) > 20)
    source = SlowSource(seconds)
    source.put("EMP", EMP[: parts * ROWS_OF_A_PART])
    source.undo_retention = retention
    with tempfile.TemporaryDirectory() as folder:
        home = home_of(source, Path(folder))
        job = start(
            home, put_transport(home, "EMP", carriage=Carriage(part_bytes=8192 // parts + 1))
        )
        drain(home)
        job = settle(home, job.id)
        assert job.status is JobStatus.COMPLETED
        assert rows(home, f"{job.folder}/EMP.jsonl.gz") == Counter(EMP[: parts * ROWS_OF_A_PART])
        warned = [figures(each) for each in job.warnings]
        home.close()
    assert bool(warned) == (takes > retention)
    assert all(abs(needed - takes) <= 20 and kept == retention for needed, kept in warned)
