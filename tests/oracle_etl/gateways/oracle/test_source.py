"""A source that reads Oracle."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from flow_home import a_home
from oracle_at_hand import OracleAtHand, stand_in
from oracle_etl.flow.plan_columns import plan_columns, with_moments_as_text
from oracle_etl.flow.refused_logins import RefusedLogins
from oracle_etl.gateways.oracle import OracleTableSource
from oracle_etl.gateways.oracle import source as source_module
from oracle_etl.model.columns import ObjectKind
from oracle_etl.model.errors import (
    GiveUp,
    InvalidRequest,
    LoginRefused,
    SourceAway,
    TableChanged,
    TableNotFound,
    TransportError,
    UndoGone,
    UnreadableMoment,
)
from oracle_etl.model.names import TableName
from oracle_etl.model.reading import Reading
from oracle_etl.model.table_task import RowidRange
from oracle_etl.model.transport import Carriage, Mask, MaskKind, TableChoice
from oracle_standin.engine.database import OracleDatabase
from oracle_standin.faults import Action, FaultBook, Rule
from oracle_tables import BATCH_BYTES, a_table, reading_of, rows_of


class TestTheDatabase:
    def test_is_told_by_its_unique_name_and_its_containers(
        self, oracle: OracleAtHand, source: OracleTableSource
    ) -> None:
        with oracle.session() as session, session.cursor() as cursor:
            cursor.execute(
                "SELECT SYS_CONTEXT('USERENV','DB_UNIQUE_NAME'),"
                "SYS_CONTEXT('USERENV','DB_NAME') FROM DUAL"
            )
            unique, name = cursor.fetchone() or ("", "")
        assert unique
        assert source.database() == f"{unique}/{name}"


class TestTheShapeOfATable:
    def test_says_what_the_dictionary_says(
        self, oracle: OracleAtHand, source: OracleTableSource
    ) -> None:
        columns = "ID NUMBER(9) PRIMARY KEY, NAME VARCHAR2(30 CHAR) NOT NULL, AT TIMESTAMP(3)"
        with a_table(oracle, "SHAPED", columns) as table:
            oracle.execute("COMMENT ON COLUMN SHAPED.NAME IS 'what it is called'")
            shape = source.shape(table)
        assert (shape.table, shape.kind) == (table, ObjectKind.HEAP)
        assert shape.primary_key == ("ID",)
        assert [each.name for each in shape.columns] == ["ID", "NAME", "AT"]
        number, text, moment = shape.columns
        assert (number.precision, number.scale, number.nullable) == (9, 0, False)
        assert (text.characters, text.nullable) == (30, False)
        assert text.comment == "what it is called"
        assert (moment.data_type, moment.scale, moment.nullable) == ("TIMESTAMP(3)", 3, True)
        assert shape.character_set
        assert not shape.has_policy

    def test_is_found_without_its_owner(
        self, oracle: OracleAtHand, source: OracleTableSource
    ) -> None:
        with a_table(oracle, "UNOWNED", "ID NUMBER(9)") as table:
            assert source.shape(TableName(name="UNOWNED")).table == table

    def test_is_found_behind_synonyms(
        self, oracle: OracleAtHand, source: OracleTableSource
    ) -> None:
        with a_table(oracle, "BEHIND", "ID NUMBER(9)") as table:
            oracle.execute("CREATE SYNONYM ONE FOR BEHIND", "CREATE SYNONYM TWO FOR ONE")
            try:
                assert source.shape(TableName(name="TWO")).table == table
            finally:
                oracle.execute("DROP SYNONYM ONE", "DROP SYNONYM TWO")

    def test_keeps_mixed_case(self, oracle: OracleAtHand, source: OracleTableSource) -> None:
        with a_table(oracle, '"Mixed Case"', '"a b" NUMBER(9)', "7") as table:
            assert rows_of(source, reading_of(source, table)) == [{"a b": 7}]

    def test_of_a_view_has_no_rowids_to_split_by(
        self, oracle: OracleAtHand, source: OracleTableSource
    ) -> None:
        with a_table(oracle, "VIEWED", "ID NUMBER(9)", "1"):
            oracle.execute("CREATE VIEW SEEN AS SELECT ID, ID*2 AS TWICE FROM VIEWED")
            try:
                shape = source.shape(TableName(name="SEEN"))
                found = rows_of(source, reading_of(source, shape.table))
            finally:
                oracle.execute("DROP VIEW SEEN")
        assert shape.kind is ObjectKind.VIEW
        assert found == [{"ID": 1, "TWICE": "2"}]

    def test_tells_invisible_columns(self, oracle: OracleAtHand, source: OracleTableSource) -> None:
        columns = "ID NUMBER(9), SECRET VARCHAR2(9) INVISIBLE, TWICE AS (ID*2), NOTE DATE"
        with a_table(oracle, "HALF_SEEN", columns) as table:
            oracle.execute("INSERT INTO HALF_SEEN (ID, SECRET) VALUES (1, 'x')")
            shape = source.shape(table)
            choice = TableChoice(table="HALF_SEEN", columns=("ID", "SECRET"))
            found = rows_of(source, reading_of(source, table, choice=choice))
        visible = [each.name for each in shape.columns if not each.invisible]
        assert visible == ["ID", "TWICE", "NOTE"]
        assert [each.name for each in shape.columns if each.invisible] == ["SECRET"]
        assert found == [{"ID": 1, "SECRET": "x"}]

    def test_tells_the_size_of_a_table_without_statistics_from_a_sample(
        self, oracle: OracleAtHand, source: OracleTableSource, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(source_module, "_SIZING_PERCENT", 50.0)
        with a_table(oracle, "UNKNOWN_SIZE", "ID NUMBER(9), FILLING CHAR(500)") as table:
            empty = source.shape(table).estimated_bytes
            with oracle.session() as session, session.cursor() as cursor:
                cursor.executemany(
                    "INSERT INTO UNKNOWN_SIZE VALUES (:1, 'x')", [(each,) for each in range(4000)]
                )
                session.commit()
            filled = source.shape(table).estimated_bytes
            monkeypatch.setattr(source_module, "_MOST_SIZING_ROWS", 2)
            looked_at_little = source.shape(table).estimated_bytes
        assert empty is None
        assert filled is not None
        assert 1_000_000 < filled < 4_000_000
        assert looked_at_little in {2 * 8192, 4 * 8192}

    def test_of_nothing_is_an_error_with_the_name(self, source: OracleTableSource) -> None:
        with pytest.raises(TableNotFound, match="NOWHERE is not there") as raised:
            source.shape(TableName(name="NOWHERE"))
        assert "GRANT SELECT" in raised.value.hint


class TestAQuery:
    def test_is_described_and_read(self, oracle: OracleAtHand, source: OracleTableSource) -> None:
        query = "SELECT ID, NAME, AMOUNT/4 AS SHARE FROM QUERIED WHERE ID > :least"
        columns = "ID NUMBER(9), NAME VARCHAR2(9), AMOUNT NUMBER(9,2)"
        with a_table(oracle, "QUERIED", columns, "1,'a',2", "2,'b',2"):
            shape = source.query_shape("Q", query.replace(":least", "0"))
            plan = plan_columns(shape, TableChoice(table="Q", query=query), Carriage())
            reading = Reading(table=shape.table, query=query, plan=plan, binds={"least": 1})
            assert rows_of(source, reading) == [{"ID": 2, "NAME": "b", "SHARE": "0.5"}]
            assert source.count(reading) == 1
        assert shape.kind is ObjectKind.QUERY

    def test_that_is_no_query_is_refused(self, source: OracleTableSource) -> None:
        with pytest.raises(InvalidRequest, match="must start with SELECT"):
            source.query_shape("Q", "DROP TABLE EMP")


class TestAReadingAtAnScn:
    def test_sees_that_moment_whatever_happens_since(
        self, oracle: OracleAtHand, source: OracleTableSource
    ) -> None:
        with a_table(oracle, "MOVING", "ID NUMBER(9)", "1", "2") as table:
            reading = reading_of(source, table, scn=source.current_scn())
            oracle.execute("DELETE FROM MOVING WHERE ID = 1", "INSERT INTO MOVING VALUES (3)")
            assert rows_of(source, reading) == [{"ID": 1}, {"ID": 2}]
            assert source.count(reading) == 2
            assert rows_of(source, replace(reading, scn=source.current_scn())) == [
                {"ID": 2},
                {"ID": 3},
            ]

    def test_is_possible_where_trying_says_so(
        self, oracle: OracleAtHand, source: OracleTableSource
    ) -> None:
        with a_table(oracle, "FLASHED", "ID NUMBER(9)") as table:
            scn = source.current_scn()
            assert scn is not None
            assert source.can_flash_back(table, scn)

    def test_is_not_possible_before_the_tables_last_ddl(
        self, oracle: OracleAtHand, source: OracleTableSource
    ) -> None:
        with a_table(oracle, "CHANGED", "ID NUMBER(9)", "1") as table:
            scn = source.current_scn()
            assert scn is not None
            oracle.execute("ALTER TABLE CHANGED ADD (NAME VARCHAR2(9))")
            with pytest.raises(TableChanged):
                source.can_flash_back(table, scn)

    @pytest.mark.parametrize("code", [439, 942, 1031, 1702, 2030, 8182, 30657])
    def test_is_not_possible_where_oracle_refuses_it(self, code: int) -> None:
        assert not tried_with(code)

    @pytest.mark.parametrize(
        ("code", "raised"), [(1652, SourceAway), (600, TransportError), (1555, UndoGone)]
    )
    def test_is_not_given_up_for_what_merely_went_wrong(
        self, code: int, raised: type[TransportError]
    ) -> None:
        with pytest.raises(raised):
            tried_with(code)


def tried_with(code: int) -> bool:
    """Tell whether a table can be read at an SCN, of an Oracle that answers that with an error."""
    faults = FaultBook()
    with (
        stand_in(faults=faults) as (oracle, _),
        a_table(oracle, "FLASHED", "ID NUMBER(9)") as table,
        oracle.source() as source,
    ):
        scn = source.current_scn()
        assert scn is not None
        faults.add(Rule(action=Action.ERROR, statement="AS OF SCN", code=code))
        try:
            return source.can_flash_back(table, scn)
        finally:
            faults.clear()


class TestAReadingOfOneTransaction:
    def test_counts_what_it_reads(self, oracle: OracleAtHand, source: OracleTableSource) -> None:
        with a_table(oracle, "STEADY", "ID NUMBER(9)", "1", "2") as table:
            reading = reading_of(source, table)
            with source.read(reading, batch_bytes=BATCH_BYTES) as batches:
                counted = batches.count()
                oracle.execute("INSERT INTO STEADY VALUES (3)")
                assert batches.count() == counted == 2
                assert sum(batch.num_rows for batch in batches) == 2


class TestTheRowsOfAReading:
    def test_follow_predicate_order_and_limit(
        self, oracle: OracleAtHand, source: OracleTableSource
    ) -> None:
        rows = [f"{number},'n{number % 3}'" for number in range(20)]
        with a_table(oracle, "CHOSEN", "ID NUMBER(9), NAME VARCHAR2(9)", *rows) as table:
            reading = reading_of(
                source,
                table,
                where="NAME = :name",
                binds={"name": "n1"},
                order=("ID DESC",),
                limit=3,
            )
            assert [row["ID"] for row in rows_of(source, reading)] == [19, 16, 13]
            assert source.count(reading) == 3

    def test_come_from_every_part_once(
        self, oracle: OracleAtHand, source: OracleTableSource
    ) -> None:
        columns = "ID NUMBER(9), FILLING CHAR(500)"
        with a_table(oracle, "PARTED", columns) as table:
            with oracle.session() as session, session.cursor() as cursor:
                cursor.executemany(
                    "INSERT INTO PARTED VALUES (:1, 'x')", [(number,) for number in range(2000)]
                )
                session.commit()
            reading = reading_of(source, table, scn=source.current_scn())
            cuts = [None, *source.boundaries(reading, parts=4), None]
            parts = [
                replace(reading, rows_of=RowidRange(low=low, high=high))
                for low, high in pairwise(cuts)
            ]
            found = [[int(row["ID"]) for row in rows_of(source, part)] for part in parts]
            counted = [source.count(part) for part in parts]
        assert len(parts) == 4
        assert all(found)
        assert counted == [len(part) for part in found]
        assert sorted(number for part in found for number in part) == list(range(2000))

    def test_of_a_table_that_grew_since_it_was_analysed_hold_few_rowids(
        self, oracle: OracleAtHand, source: OracleTableSource, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(source_module, "_MOST_ROWIDS_OF_A_SAMPLE", 0.25)
        with a_table(oracle, "GREW", "ID NUMBER(9), FILLING CHAR(500)") as table:
            with oracle.session() as session, session.cursor() as cursor:
                cursor.executemany(
                    "INSERT INTO GREW VALUES (:1, 'x')", [(number,) for number in range(2000)]
                )
                session.commit()
            reading = reading_of(source, table, scn=source.current_scn())
            cuts = [None, *source.boundaries(reading, parts=4), None]
            counted = [
                source.count(replace(reading, rows_of=RowidRange(low=low, high=high)))
                for low, high in pairwise(cuts)
            ]
        assert (len(counted), sum(counted)) == (4, 2000)
        assert min(counted) > 100

    def test_of_a_part_come_once_from_its_halves(
        self, oracle: OracleAtHand, source: OracleTableSource
    ) -> None:
        with a_table(oracle, "HALVED", "ID NUMBER(9), FILLING CHAR(500)") as table:
            with oracle.session() as session, session.cursor() as cursor:
                cursor.executemany(
                    "INSERT INTO HALVED VALUES (:1, 'x')", [(number,) for number in range(2000)]
                )
                session.commit()
            reading = reading_of(source, table, scn=source.current_scn())
            low, _, high = source.boundaries(reading, parts=4)
            part = replace(reading, rows_of=RowidRange(low=low, high=high))
            [cut] = source.boundaries(part, parts=2)
            halves = [
                source.count(replace(reading, rows_of=bounds))
                for bounds in (RowidRange(low=low, high=cut), RowidRange(low=cut, high=high))
            ]
            assert all(halves)
            assert sum(halves) == source.count(part) < source.count(reading)

    def test_with_small_and_large_lobs_come_whole(
        self, oracle: OracleAtHand, source: OracleTableSource
    ) -> None:
        texts = {1: None, 2: "small", 3: "가" * 40_000, 4: "y" * 200_000}
        with a_table(oracle, "LOBS", "ID NUMBER(9), TEXT CLOB") as table:
            with oracle.session() as session, session.cursor() as cursor:
                for number, text in texts.items():
                    cursor.execute("INSERT INTO LOBS VALUES (:1, :2)", [number, text])
                session.commit()
            found = rows_of(source, reading_of(source, table))
        assert {int(row["ID"]): row["TEXT"] for row in found} == texts

    def test_with_a_long_come_whole(self, oracle: OracleAtHand, source: OracleTableSource) -> None:
        with a_table(oracle, "LONGS", "ID NUMBER(9), OLD LONG", "1,'long text'", "2,NULL") as table:
            assert rows_of(source, reading_of(source, table)) == [
                {"ID": 1, "OLD": "long text"},
                {"ID": 2, "OLD": None},
            ]

    def test_before_year_1_come_as_text(
        self, oracle: OracleAtHand, source: OracleTableSource
    ) -> None:
        row = "TO_DATE('-4712-01-01','SYYYY-MM-DD'), TO_DATE('2024-02-29','YYYY-MM-DD')"
        with a_table(oracle, "ANCIENT", "OLD DATE, NEW DATE", row) as table:
            reading = reading_of(source, table)
            with pytest.raises(UnreadableMoment):
                rows_of(source, reading)
            text = with_moments_as_text(reading.plan, source.shape(table), Carriage())
            assert rows_of(source, replace(reading, plan=text)) == [
                {"OLD": "-4712-01-01T00:00:00", "NEW": "2024-02-29T00:00:00"}
            ]

    def test_of_days_of_the_julian_calendar_alone_come_as_text(
        self, oracle: OracleAtHand, source: OracleTableSource
    ) -> None:
        rows = [f"TO_DATE('{day}','YYYY-MM-DD')" for day in ("0100-02-29", "1500-02-29")]
        with a_table(oracle, "JULIAN", "OLD DATE", *rows) as table:
            reading = reading_of(source, table)
            with pytest.raises(UnreadableMoment):
                rows_of(source, reading)
            text = with_moments_as_text(reading.plan, source.shape(table), Carriage())
            assert rows_of(source, replace(reading, plan=text)) == [
                {"OLD": "0100-02-29T00:00:00"},
                {"OLD": "1500-02-29T00:00:00"},
            ]

    def test_of_an_altered_table_have_their_new_types(
        self, oracle: OracleAtHand, source: OracleTableSource
    ) -> None:
        with a_table(oracle, "ALTERED", "C NUMBER(9,2)", "1.5") as table:
            assert rows_of(source, reading_of(source, table)) == [{"C": 1.5}]
        with a_table(oracle, "ALTERED", "C VARCHAR2(9)", "'text'") as table:
            assert rows_of(source, reading_of(source, table)) == [{"C": "text"}]


class TestAMaskedColumn:
    KEY = b"key of the transport"

    def masked(
        self, oracle: OracleAtHand, source: OracleTableSource, kind: MaskKind
    ) -> dict[str, Any]:
        columns = "CARD VARCHAR2(20), BORN DATE, AMOUNT NUMBER"
        row = "'4111-1111-1111', TO_DATE('1970-05-06','YYYY-MM-DD'), -.5"
        names = ("BORN",) if kind is MaskKind.YEAR else ("CARD", "AMOUNT")
        masks = tuple(Mask(column=name, kind=kind) for name in names)
        with a_table(oracle, "MASKED", columns, row) as table:
            choice = TableChoice(table="MASKED", masks=masks, columns=names)
            reading = reading_of(source, table, choice=choice, mask_key=self.KEY)
            [found] = rows_of(source, reading)
        return found

    def hashed(self, text: str) -> str:
        return hmac.new(self.KEY, text.encode(), hashlib.sha256).hexdigest()

    def test_shows_what_its_mask_leaves(
        self, oracle: OracleAtHand, source: OracleTableSource
    ) -> None:
        assert self.masked(oracle, source, MaskKind.NULL) == {"CARD": None, "AMOUNT": None}
        assert self.masked(oracle, source, MaskKind.REDACT) == {"CARD": "***", "AMOUNT": "***"}
        assert self.masked(oracle, source, MaskKind.YEAR) == {"BORN": 1970}
        assert self.masked(oracle, source, MaskKind.KEEP_LAST)["CARD"] == "**********1111"
        assert self.masked(oracle, source, MaskKind.HASH) == {
            "CARD": self.hashed("4111-1111-1111"),
            "AMOUNT": self.hashed("-0.5"),
        }


class TestAWrongPassword:
    def test_is_tried_once_and_no_more(self) -> None:
        tried: list[str] = []

        class Counting(OracleDatabase):
            def password_of(self, user: str) -> str | None:
                tried.append(user)
                return super().password_of(user)

        with stand_in(Counting()) as (oracle, _), oracle.source(password="wrong") as source:
            tried.clear()
            status = source.status()
            with pytest.raises(LoginRefused, match="not tried again"):
                source.current_scn()
            with pytest.raises(LoginRefused, match="not tried again"):
                source.shape(TableName(name="EMP"))
        assert not status.reachable
        assert "ORACLE_PASSWORD" in status.hint
        assert len(tried) == 1

    def test_is_tried_by_no_other_process_and_a_new_one_is(self, tmp_path: Path) -> None:
        home = a_home(tmp_path)
        refusals = RefusedLogins(book=home.book, clock=home.clock)
        with stand_in() as (oracle, _):
            with oracle.source(password="wrong", refusals=refusals) as first:
                assert not first.status().reachable
            with oracle.source(password="wrong", refusals=refusals) as second:
                said = second.status().error
            with oracle.source(refusals=refusals) as renewed:
                assert renewed.status().reachable
            home.clock.wait(301)
            with oracle.source(password="wrong", refusals=refusals) as later:
                said_later = later.status().error
        home.close()
        assert "another process" in str(said)
        assert "ORA-01017" in str(said_later)


class TestAnOracleThatIsNotThere:
    def test_is_away(self) -> None:
        with stand_in() as (oracle, _):
            pass
        with oracle.source(connect_timeout_seconds=1.0) as source:
            status = source.status()
            with pytest.raises(SourceAway):
                source.current_scn()
        assert not status.reachable
        assert status.error
        assert "ORACLE_DSN" in status.hint


class TestAnOracleThatBreaks:
    def broken(self, rule: Rule, *, call_timeout_seconds: float = 20.0) -> TransportError:
        faults = FaultBook()
        with (
            stand_in(faults=faults) as (oracle, _),
            a_table(oracle, "BROKEN", "ID NUMBER(9)", *map(str, range(50))) as table,
            oracle.source(call_timeout_seconds=call_timeout_seconds, fetch_rows=10) as source,
        ):
            reading = reading_of(source, table)
            faults.add(rule)
            with pytest.raises(TransportError) as raised:
                rows_of(source, reading)
            faults.clear()
        return raised.value

    def test_by_dropping_the_connection_is_away(self) -> None:
        rule = Rule(action=Action.DROP, statement='SELECT "ID"')
        assert isinstance(self.broken(rule), SourceAway)

    def test_by_losing_its_undo_says_so(self) -> None:
        rule = Rule(action=Action.ERROR, statement='SELECT "ID"', code=1555)
        error = self.broken(rule)
        assert isinstance(error, UndoGone)
        assert "UNDO_RETENTION" in error.hint

    def test_in_a_way_nobody_knows_gives_up_with_its_text(self) -> None:
        rule = Rule(action=Action.ERROR, statement='SELECT "ID"', code=600)
        error = self.broken(rule)
        assert isinstance(error, GiveUp | SourceAway)
        assert "ORA-00600" in str(error)

    def test_by_falling_silent_is_away(self) -> None:
        rule = Rule(action=Action.STALL, statement='SELECT "ID"', seconds=30)
        assert isinstance(self.broken(rule, call_timeout_seconds=0.3), SourceAway)

    def test_by_a_slow_trickle_is_away(self) -> None:
        rule = Rule(action=Action.TRICKLE, statement='SELECT "ID"', bytes_per_second=100)
        assert isinstance(self.broken(rule, call_timeout_seconds=0.3), SourceAway)
