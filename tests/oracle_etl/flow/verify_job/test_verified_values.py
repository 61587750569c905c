"""The rows of a version compared with those of the database, as far as that can be done."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.memory_source import ROWS_OF_A_BATCH, MemorySource
from flow_home import a_home, drain, put_transport, settle, start
from oracle_etl.flow.findings import Depth, Fault
from oracle_etl.flow.retry_job import retry_job
from oracle_etl.flow.tables_of import tables_of
from oracle_etl.flow.verify_job import verify_job
from oracle_etl.model.columns import ObjectKind, TableShape
from oracle_etl.model.errors import (
    AccessDenied,
    SecretRefused,
    SourceAway,
    UndoGone,
    UnreadableMoment,
)
from oracle_etl.model.names import TableName
from oracle_etl.model.reading import Reading
from oracle_etl.model.table_task import RowidRange
from oracle_etl.model.transport import Mask, MaskKind, TableChoice
from written_versions import (
    DEPT,
    EMP,
    KINDS,
    Written,
    faults,
    table_of,
    write_failed_version,
    write_version,
)

FEW = settings(max_examples=15, deadline=None)


class TestRowsThatTheDatabaseHoldsOtherwise:
    def hold(self, written: Written, *rows: tuple[int, str | None]) -> None:
        """Let the database say that it held other rows at the job's SCN all the time."""
        (scn, _), *_ = written.source.states["EMP"]
        written.source.states["EMP"] = [(scn, rows)]

    def test_are_counted_and_named_by_their_keys(self, any_kind: Written) -> None:
        before = dict(any_kind.source.states)
        self.hold(any_kind, *EMP[:-2], (100, "new"), (101, "newer"), (102, "newest"))
        try:
            report = any_kind.verify(Depth.VALUES)
        finally:
            any_kind.source.states.update(before)
        (finding,) = table_of(report, "EMP").findings
        assert finding.fault is Fault.VALUES_DIFFER
        assert "3 rows of the database are missing (ID=100; ID=101; ID=102)" in finding.message
        assert "and 2 rows are not in it (ID=23; ID=24)" in finding.message
        assert not faults(report, "DEPT")

    def test_are_no_difference_in_another_order(self, written: Written) -> None:
        self.hold(written, *reversed(EMP))
        assert not written.verify(Depth.VALUES).differs

    def test_are_found_where_one_stands_twice(self, written: Written) -> None:
        self.hold(written, *EMP, EMP[0])
        (finding,) = table_of(written.verify(Depth.VALUES), "EMP").findings
        assert "1 rows of the database are missing (ID=0), and 0 rows are not" in finding.message

    def test_are_found_in_one_value(self, written: Written) -> None:
        self.hold(written, *EMP[:-1], (24, "name 24 "))
        (finding,) = table_of(written.verify(Depth.VALUES), "EMP").findings
        assert "1 rows of the database are missing (ID=24), and 1 rows" in finding.message

    def test_are_named_by_no_more_than_a_few_keys(self, written: Written) -> None:
        self.hold(written)
        (finding,) = table_of(written.verify(Depth.VALUES), "EMP").findings
        assert "25 rows are not in it (ID=0; ID=1; ID=2; ID=3; ID=4; ...)" in finding.message

    def test_are_not_looked_at_unless_that_is_asked(self, written: Written) -> None:
        self.hold(written)
        assert not written.verify(Depth.LINES).differs

    @FEW
    @given(
        rows=st.lists(
            st.tuples(st.integers(0, 30), st.sampled_from([None, "", "name 3", "b\n\u2028"])),
            max_size=40,
        )
    )
    def test_are_found_whatever_they_are(
        self, any_kind: Written, rows: list[tuple[int, str | None]]
    ) -> None:
        before = dict(any_kind.source.states)
        self.hold(any_kind, *rows)
        try:
            report = any_kind.verify(Depth.VALUES)
        finally:
            any_kind.source.states.update(before)
        assert faults(report, "EMP") == {Fault.VALUES_DIFFER}


class TestKeysThatMayNotBeShown:
    @pytest.mark.parametrize(
        "choice",
        [
            TableChoice(table="EMP", exclude=("ID",)),
            TableChoice(table="EMP", masks=(Mask(column="ID", kind=MaskKind.NULL),)),
        ],
    )
    def test_are_not_in_the_report(self, tmp_path: Path, choice: TableChoice) -> None:
        written = write_version(tmp_path, choices=(choice,))
        (scn, rows), *_ = written.source.states["EMP"]
        written.source.states["EMP"] = [(scn, (*rows, (987654, "new")))]
        (finding,) = table_of(written.verify(Depth.VALUES), "EMP").findings
        written.home.close()
        assert "1 rows of the database are missing, and 0 rows" in finding.message
        assert "987654" not in finding.message
        assert "new" not in finding.message.replace("anew", "")


class Views(MemorySource):
    """A source whose objects cannot be read in ranges."""

    def shape(self, table: TableName) -> TableShape:
        return replace(super().shape(table), kind=ObjectKind.VIEW)


class TestATableThatCannotBeComparedAnyMore:
    def reasons(self, written: Written) -> list[str]:
        report = written.verify(Depth.VALUES)
        assert not report.differs
        assert not report.is_whole
        return [reason for each in report.tables for reason in each.unchecked]

    def test_because_undo_is_gone_says_so(self, written: Written) -> None:
        written.source.forget_before(written.source.scn + 1)
        reasons = self.reasons(written)
        assert len(reasons) == 2
        assert all("undo no longer reaches SCN 1002 (ORA-01555" in each for each in reasons)

    def test_because_the_privilege_was_revoked_says_so(self, written: Written) -> None:
        written.source.flashback = False
        assert "the account may not read HR.DEPT at SCN 1002 any more" in str(self.reasons(written))

    def test_because_undo_reaches_not_even_through_small_parts_says_so(
        self, written: Written
    ) -> None:
        written.source.rows_undo_reaches = 0
        for reason in self.reasons(written):
            assert "undo no longer reaches SCN 1002 (ORA-01555" in reason

    def test_because_it_had_a_transaction_of_its_own_says_so(self, tmp_path: Path) -> None:
        source = MemorySource(flashback=False)
        source.put("EMP", EMP)
        home = a_home(tmp_path, source=source)
        job = start(home, put_transport(home, "EMP"))
        drain(home)
        report = verify_job(job.id, outside=home, depth=Depth.VALUES)
        home.close()
        assert "in a transaction of its own" in report.tables[0].unchecked[0]

    def test_because_it_was_a_test_run_says_so(self, written: Written) -> None:
        job = start(written.home, put_transport(written.home, "EMP"), limit=3)
        drain(written.home)
        report = verify_job(job.id, outside=written.home, depth=Depth.VALUES)
        assert not report.differs
        assert "a test run took any rows" in report.tables[0].unchecked[0]

    def test_because_undo_goes_within_what_has_no_addresses_says_so(self, written: Written) -> None:
        views = Views(states=written.source.states, rows_undo_reaches=ROWS_OF_A_BATCH)
        home = replace(written.home, source=lambda _: views)
        report = verify_job(written.job.id, outside=home, depth=Depth.VALUES)
        assert "undo no longer reaches" in table_of(report, "EMP").unchecked[0]
        assert table_of(report, "DEPT").rows_compared == len(DEPT)

    def test_because_its_predicate_asks_for_the_time_says_so(self, tmp_path: Path) -> None:
        choice = TableChoice(table="EMP", where="CREATED >= sysdate - 1")
        written = write_version(tmp_path, choices=(choice,))
        [reason] = self.reasons(written)
        written.home.close()
        assert "its predicate asks for SYSDATE" in reason

    def test_because_the_source_is_away_spares_it_the_other_tables(self, written: Written) -> None:
        asked: list[str] = []

        def refuse(reading: Reading, _: int) -> None:
            asked.append(reading.table.name)
            raise SourceAway("the listener is down", hint="start it")

        written.source.before_batch = refuse
        reasons = self.reasons(written)
        assert asked == ["EMP"]
        assert len(reasons) == 2
        assert all("the listener is down; start it" in each for each in reasons)

    def test_because_its_object_is_gone_says_both(self, written: Written) -> None:
        written.of("EMP").unlink()
        emp = table_of(written.verify(Depth.VALUES), "EMP")
        assert [each.fault for each in emp.findings] == [Fault.OBJECT_MISSING]
        assert "has gone" in emp.unchecked[0]


class TestUndoThatReachesThroughPartsAlone:
    def ranges(self, written: Written) -> list[RowidRange | None]:
        """Return what ranges of EMP a comparison reads."""
        before = len(written.source.readings)
        report = written.verify(Depth.VALUES)
        assert (report.differs, report.is_whole) == (False, True)
        assert table_of(report, "EMP").rows_compared == len(EMP)
        read = written.source.readings[before:]
        return [each.rows_of for each in read if each.table.name == "EMP"]

    def test_is_read_in_halves_as_the_job_would_read_it(self, written: Written) -> None:
        written.source.rows_undo_reaches = ROWS_OF_A_BATCH
        ranges = self.ranges(written)
        assert ranges[0] is None
        assert len(ranges) > 3

    def test_is_read_in_the_parts_of_the_job_from_the_start(self, tmp_path: Path) -> None:
        written = write_version(tmp_path, KINDS["gzip put together"])
        parts = [each.rows_of for each in written.source.readings if each.table.name == "EMP"]
        assert None not in parts
        assert set(self.ranges(written)) == set(parts)
        written.home.close()

    def test_is_read_whole_where_the_book_has_lost_a_part(self, tmp_path: Path) -> None:
        written = write_version(tmp_path, KINDS["gzip put together"])
        emp = next(tables_of(written.job.id, outside=written.home))
        fewer = replace(emp, parts_total=emp.parts_total - 1)
        written.home.book.transact(lambda entries: entries.put_table(fewer))
        assert self.ranges(written) == [None]
        written.home.close()

    def test_that_goes_before_a_difference_is_looked_at_leaves_the_difference(
        self, written: Written
    ) -> None:
        (scn, _), *_ = written.source.states["EMP"]
        written.source.states["EMP"] = [(scn, (*EMP, (100, "new")))]
        read: list[str] = []

        def lose_undo(reading: Reading, number: int) -> None:
            if number == 0:
                read.append(reading.table.name)
            if read.count("EMP") > 1:
                raise UndoGone("ORA-01555: snapshot too old")

        written.source.before_batch = lose_undo
        (finding,) = table_of(written.verify(Depth.VALUES), "EMP").findings
        assert finding.fault is Fault.VALUES_DIFFER
        assert "26 rows of the database are not the 25 that lie here" in finding.message
        assert "undo went meanwhile" in finding.message


class TestYearsThatTheDriverCannotDeliver:
    def test_are_compared_as_text_as_they_were_written(self, written: Written) -> None:
        asked: list[str] = []

        def refuse_once(reading: Reading, _: int) -> None:
            asked.append(reading.table.name)
            if asked == ["EMP"]:
                raise UnreadableMoment("a moment cannot be delivered")

        written.source.before_batch = refuse_once
        report = written.verify(Depth.VALUES)
        assert not report.differs
        assert table_of(report, "EMP").rows_compared == len(EMP)


class TestATableThatTheDatabaseRefuses:
    def test_is_named_and_the_others_are_compared(self, written: Written) -> None:
        def refuse(reading: Reading, _: int) -> None:
            if reading.table.name == "EMP":
                raise AccessDenied("ORA-01031", hint="GRANT SELECT")

        written.source.before_batch = refuse
        report = written.verify(Depth.VALUES)
        assert "ORA-01031; GRANT SELECT" in table_of(report, "EMP").unchecked[0]
        assert table_of(report, "DEPT").rows_compared == len(DEPT)


CLONE = "CLONE/CLONE"
HASHED = TableChoice(table="EMP", masks=(Mask(column="NAME", kind=MaskKind.HASH),))


class TestASourceThatLeadsToAnotherDatabase:
    """Its SCNs look as good as any, and what it holds proves nothing."""

    def test_is_not_compared_with(self, written: Written) -> None:
        written.source.name = CLONE
        written.source.states["EMP"] = [(0, ((1, "of the clone"),))]
        report = written.verify(Depth.VALUES)
        assert (report.differs, report.is_whole) == (False, False)
        for each in report.tables:
            assert f"on database PROD/PROD, and source default now leads to {CLONE}" in str(
                each.unchecked
            )

    def test_is_compared_with_only_in_what_was_read_from_it(self, tmp_path: Path) -> None:
        failed = write_failed_version(tmp_path)
        failed.source.name = CLONE
        retried = settle(failed.home, retry_job(failed.job.id, outside=failed.home).job.id)
        report = verify_job(retried.id, outside=failed.home, depth=Depth.VALUES)
        failed.home.close()
        assert not report.differs
        assert "was begun on database PROD/PROD" in table_of(report, "EMP").unchecked[0]
        assert table_of(report, "DEPT").rows_compared == len(DEPT)

    def test_is_compared_with_where_an_earlier_release_did_not_note_which_it_was(
        self, written: Written
    ) -> None:
        unnoted = replace(written.job, read_with=None)
        written.home.book.transact(lambda entries: entries.put_job(unnoted))
        written.source.name = CLONE
        assert table_of(written.verify(Depth.VALUES), "EMP").rows_compared == len(EMP)


class TestAKeyOfHashMasksThatCannotBeHad:
    def test_keeps_no_table_without_a_hash_from_being_compared(self, tmp_path: Path) -> None:
        choices = (HASHED, TableChoice(table="DEPT"))
        written = write_version(tmp_path, choices=choices, mask_key=lambda: b"a key")

        def refused() -> bytes:
            raise SecretRefused("there is no secret named mask-key", hint="make it")

        home = replace(written.home, mask_key=refused)
        report = verify_job(written.job.id, outside=home, depth=Depth.VALUES)
        written.home.close()
        assert "there is no secret named mask-key; make it" in table_of(report, "EMP").unchecked[0]
        assert table_of(report, "DEPT").rows_compared == len(DEPT)


class TestAnotherKeyOfHashMasks:
    def test_keeps_from_being_compared_what_it_would_hash(self, tmp_path: Path) -> None:
        choices = (HASHED, TableChoice(table="DEPT"))
        written = write_version(tmp_path, choices=choices, mask_key=lambda: b"the first key")
        rotated = replace(written.home, mask_key=lambda: b"another key")
        report = verify_job(written.job.id, outside=rotated, depth=Depth.VALUES)
        written.home.close()
        assert not report.differs
        assert "another ETL_MASK_KEY" in table_of(report, "EMP").unchecked[0]
        assert table_of(report, "DEPT").rows_compared == len(DEPT)
