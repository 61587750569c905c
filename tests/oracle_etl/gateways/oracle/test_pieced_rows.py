"""Rows that come over locators are the rows that come as data frames."""

from __future__ import annotations

import io
from contextlib import nullcontext
from dataclasses import replace
from typing import Self, cast

import oracledb
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carried_kinds import KINDS, CarriedKind
from column_shapes import shape_declared
from delivered_batches import read_lines
from oracle_at_hand import OracleAtHand, stand_in
from oracle_etl.flow.plan_columns import plan_columns
from oracle_etl.gateways.oracle import OracleTableSource, fetch_sizes, pieced_rows
from oracle_etl.gateways.oracle.statements import Statement
from oracle_etl.model.errors import UnreadableValue
from oracle_etl.model.names import TableName
from oracle_etl.model.reading import Reading
from oracle_etl.model.transport import Carriage, Format, TableChoice
from oracle_standin.values.text import US7ASCII
from oracle_tables import a_table, reading_of, rows_of
from round_trips import Row, carried, in_order, shape, stored
from standin_sql import database

LONGS = {"LONG", "LONG RAW"}
OTHERS = [kind for kind in KINDS if kind.declaration not in LONGS]
CLOB = next(kind for kind in KINDS if kind.declaration == "CLOB")
RELAXED = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def in_pieces(patch: pytest.MonkeyPatch) -> None:
    """Take every row with a LOB in pieces of three units."""
    patch.setattr(fetch_sizes, "SMALL_LOB", -1)
    patch.setattr(fetch_sizes, "MOST_AT_ONCE", -1)
    patch.setattr(pieced_rows, "_PIECE", 3)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[CarriedKind], list[Row]]:
    kinds = [*draw(st.lists(st.sampled_from(OTHERS), max_size=5)), CLOB]
    return kinds, draw(
        st.lists(st.tuples(*(st.none() | each.values for each in kinds)), max_size=5)
    )


class TestRandomRows:
    @RELAXED
    @given(table=tables())
    def test_are_the_same_lines(
        self,
        oracle: OracleAtHand,
        source: OracleTableSource,
        table: tuple[list[CarriedKind], list[Row]],
    ) -> None:
        kinds, rows = table
        with stored(oracle, kinds, rows):
            found = shape(oracle, kinds)
            at_once = in_order(read_lines(carried(source, found, Carriage())))
            with pytest.MonkeyPatch.context() as patch:
                in_pieces(patch)
                pieced = in_order(read_lines(carried(source, found, Carriage())))
        assert pieced == at_once

    @RELAXED
    @given(table=tables())
    def test_are_the_same_rows_of_parquet(
        self,
        oracle: OracleAtHand,
        source: OracleTableSource,
        table: tuple[list[CarriedKind], list[Row]],
    ) -> None:
        kinds, rows = table
        carriage = Carriage(format=Format.PARQUET)
        with stored(oracle, kinds, rows):
            found = shape(oracle, kinds)
            at_once = pq.read_table(io.BytesIO(carried(source, found, carriage)))
            with pytest.MonkeyPatch.context() as patch:
                in_pieces(patch)
                pieced = pq.read_table(io.BytesIO(carried(source, found, carriage)))
        # As text, since a NaN is not equal to itself.
        assert f"{pieced.sort_by('row').to_pylist()}" == f"{at_once.sort_by('row').to_pylist()}"
        assert pieced.schema == at_once.schema


class TestATableOfSmallLargeAndVeryLargeLobs:
    TEXTS = (None, "", "small", "가" * 40_000, "y😀" * 50_000, "x" * 200_000)

    def test_has_each_row_once(
        self, oracle: OracleAtHand, source: OracleTableSource, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(fetch_sizes, "MOST_AT_ONCE", 100_000)
        rows = [(one, other) for one in self.TEXTS for other in self.TEXTS]
        with a_table(oracle, "LOBS", "ID NUMBER(9), ONE CLOB, OTHER CLOB") as table:
            with oracle.session() as session, session.cursor() as cursor:
                for number, row in enumerate(rows):
                    cursor.execute("INSERT INTO LOBS VALUES (:1, :2, :3)", [number, *row])
                session.commit()
            reading = reading_of(source, table, scn=source.current_scn())
            found = rows_of(source, reading)
        assert {int(row["ID"]): (row["ONE"], row["OTHER"]) for row in found} == {
            number: (one or None, other or None) for number, (one, other) in enumerate(rows)
        }
        assert len(found) == len(rows)


class TestADecimalThatDoesNotFitItsPlan:
    @pytest.mark.parametrize("value", ["1E36", "0.12345"])
    def test_stops_the_table_with_the_columns_name(
        self,
        oracle: OracleAtHand,
        source: OracleTableSource,
        monkeypatch: pytest.MonkeyPatch,
        value: str,
    ) -> None:
        in_pieces(monkeypatch)
        with a_table(oracle, "DECIMALS", "C NUMBER(38,4), D CLOB") as table:
            planned = reading_of(source, table)
        with a_table(oracle, "DECIMALS", "C NUMBER, D CLOB", f"{value}, 'x'"):
            reading = replace(planned, scn=source.current_scn())
            with pytest.raises(UnreadableValue, match="column C holds"):
                rows_of(source, reading)


class Lob(oracledb.LOB):
    """A CLOB of some UTF-16 units, as one client or another reads it."""

    def __init__(self, units: bytes, *, errors: str = "strict", most: int = 9) -> None:
        """Ask no server."""
        self._units = units
        self._errors = errors
        self._most = most

    def __del__(self) -> None:
        """Tell no server."""

    def size(self) -> int:
        return len(self._units) // 2

    def read(self, offset: int = 1, amount: int | None = None) -> str:
        first = offset - 1
        end = first + min(amount or self.size(), self._most)
        return self._units[2 * first : 2 * end].decode("utf-16-le", self._errors)


class OneRow:
    """A connection, and a cursor, that gives one row."""

    def __init__(self, *row: object) -> None:
        self._rows = [row]

    def cursor(self) -> Self:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """Close nothing."""

    def execute(self, *_statement: object, **_how: object) -> None:
        """Ask nobody."""

    def fetchone(self) -> tuple[object, ...] | None:
        return self._rows.pop() if self._rows else None


def text_of(lob: oracledb.LOB, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the text of a row's only LOB, read in pieces of three units."""
    monkeypatch.setattr(pieced_rows, "_PIECE", 3)
    plan = plan_columns(shape_declared(C="CLOB"), TableChoice(table="T"), Carriage())
    [row] = pieced_rows.pieced_rows(
        cast("oracledb.Connection", OneRow(lob)),
        Reading(table=TableName(name="T"), plan=plan),
        Statement(text=""),
        call=nullcontext,
    )
    [text] = row.column(0).to_pylist()
    return cast("str", text)


class TestHalfOfACharacter:
    def test_stops_the_table_with_the_columns_name(self, monkeypatch: pytest.MonkeyPatch) -> None:
        half = b"a\x00\x3d\xd8" + b"b\x00" * 7
        with pytest.raises(UnreadableValue, match="column C holds half of a character"):
            text_of(Lob(half), monkeypatch)


class TestAClientThatReplacesHalvesOfCharacters:
    TEXTS = st.text("a😀\ufffd", max_size=20)

    @RELAXED
    @given(text=TEXTS)
    def test_gives_whole_ones(self, text: str) -> None:
        with pytest.MonkeyPatch.context() as patch:
            assert text_of(Lob(text.encode("utf-16-le"), errors="replace"), patch) == text


class TestAClientThatGivesLessThanItWasAskedFor:
    @pytest.mark.parametrize("most", [1, 2])
    def test_is_asked_for_the_rest(self, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
        assert text_of(Lob("abcdefgh".encode("utf-16-le"), most=most), monkeypatch) == "abcdefgh"

    def test_is_not_asked_for_ever(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(UnreadableValue, match="column C ends after 0 of the 8"):
            text_of(Lob("abcdefgh".encode("utf-16-le"), most=0), monkeypatch)


class TestATextBesideALargeLob:
    @pytest.mark.parametrize("first", ["'plain'", "UTL_RAW.CAST_TO_VARCHAR2(HEXTORAW('B0A1'))"])
    def test_that_is_no_text_stops_the_table_with_the_columns_that_may_be_meant(
        self, monkeypatch: pytest.MonkeyPatch, first: str
    ) -> None:
        in_pieces(monkeypatch)
        rows = (f"1,{first},'x'", "2,UTL_RAW.CAST_TO_VARCHAR2(HEXTORAW('B0A1')),'x'")
        with (
            stand_in(database(charset=US7ASCII)) as (oracle, _),
            oracle.source() as source,
            a_table(oracle, "PEOPLE", "ID NUMBER(9), NAME VARCHAR2(10), C CLOB", *rows) as table,
        ):
            reading = reading_of(source, table, scn=source.current_scn())
            with pytest.raises(UnreadableValue, match="columns NAME holds") as raised:
                rows_of(source, reading)
        assert "source_encoding" in raised.value.hint
