from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import oracledb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oracle_standin.port import Bind, OracleError, OracleType, Outcome
from oracle_standin.values.cells import NULL, cell, content
from oracle_standin.values.number import decode_number, encode_number
from oracle_standin.values.oson import decode_oson
from oracle_value_kinds import LONG_TEXT, TEXT
from scripted_oracle import ScriptedDatabase, column, echoed

quick = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
ECHO = "SELECT :1 FROM DUAL"


@pytest.fixture(autouse=True)
def drivers_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fetch numbers exactly and LOBs as locators, whatever other tests left behind."""
    monkeypatch.setattr(oracledb.defaults, "fetch_decimals", True)
    monkeypatch.setattr(oracledb.defaults, "fetch_lobs", True)


def echo(connection: oracledb.Connection, value: object, kind: object = None) -> Any:  # noqa: ANN401
    cursor = connection.cursor()
    if kind is not None:
        cursor.setinputsizes(kind)
    ((seen,),) = cursor.execute(ECHO, [value]).fetchall()
    return seen


class TestABind:
    @quick
    @given(
        st.one_of(
            st.integers(-(10**38), 10**38),
            st.decimals(allow_nan=False, allow_infinity=False, places=6, max_value=1e20),
            LONG_TEXT,
            st.binary(min_size=1, max_size=400),
            st.datetimes().map(lambda moment: moment.replace(microsecond=0)),
            st.timedeltas(timedelta(days=-99_999), timedelta(days=99_999)),
        )
    )
    def test_of_any_value_comes_back(self, connection: oracledb.Connection, value: object) -> None:
        assert echo(connection, value) == value

    @pytest.mark.parametrize("value", ["글🙂x" * 9000, bytes(range(256)) * 300])
    def test_of_a_long_value_comes_back(
        self, connection: oracledb.Connection, value: object
    ) -> None:
        assert echo(connection, value) == value

    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            (oracledb.DB_TYPE_NVARCHAR, "한글 🙂"),
            (oracledb.DB_TYPE_NCHAR, "한글"),
            (oracledb.DB_TYPE_CHAR, "fixed "),
            (oracledb.DB_TYPE_BINARY_DOUBLE, 1.5e300),
            (oracledb.DB_TYPE_BINARY_FLOAT, 0.5),
            (oracledb.DB_TYPE_BINARY_INTEGER, 7),
            (oracledb.DB_TYPE_DATE, datetime(2024, 2, 29, 1, 2, 3)),  # noqa: DTZ001 - DATE has no zone
            (oracledb.DB_TYPE_TIMESTAMP, datetime(2024, 2, 29, 1, 2, 3, 4)),  # noqa: DTZ001 - as above
            (oracledb.DB_TYPE_INTERVAL_YM, oracledb.IntervalYM(-3, -2)),
            (oracledb.DB_TYPE_RAW, b"\x00\xff"),
            (oracledb.DB_TYPE_ROWID, "AAAAaoAATAAABrXAAA"),
            (oracledb.DB_TYPE_JSON, {"a": [1, "x", None]}),
        ],
    )
    def test_of_a_named_type_comes_back(
        self, connection: oracledb.Connection, kind: object, value: object
    ) -> None:
        assert echo(connection, value, kind) == value

    def test_of_a_boolean_travels_as_one_where_there_are_any(
        self, connection: oracledb.Connection, framing: object
    ) -> None:
        expected = (True, False, None) if "23ai" in str(framing) else (1, 0, None)
        seen = [echo(connection, value, oracledb.DB_TYPE_BOOLEAN) for value in expected]
        assert tuple(seen) == (True, False, None)

    def test_with_a_zone_keeps_its_clock(self, connection: oracledb.Connection) -> None:
        value = datetime(2024, 2, 29, 1, 2, 3, 4, tzinfo=UTC)
        seen = echo(connection, value, oracledb.DB_TYPE_TIMESTAMP_TZ)
        assert seen == value.replace(tzinfo=None)

    @pytest.mark.parametrize("value", [None, ""])
    def test_of_nothing_is_null(self, connection: oracledb.Connection, value: object) -> None:
        assert echo(connection, value) is None

    def test_arrives_for_each_place_where_its_name_stands(
        self, connection: oracledb.Connection, database: ScriptedDatabase
    ) -> None:
        statement = """
            SELECT /* :no */ ':nor this', q'[ :or 'this ]', :b, :a, :"Mixed", :b -- :gone
            FROM DUAL"""
        database.answers[statement] = lambda rows: echoed(rows[0])
        row = connection.cursor().execute(statement, {"a": 1, "b": "x", '"Mixed"': 3}).fetchone()
        assert row == ("x", 1, 3, "x")

    def test_may_differ_between_places_of_one_name(
        self, connection: oracledb.Connection, database: ScriptedDatabase
    ) -> None:
        database.answers["SELECT :1, :1 FROM DUAL"] = lambda rows: echoed(rows[0])
        row = connection.cursor().execute("SELECT :1, :1 FROM DUAL", [1, 2]).fetchone()
        assert row == (1, 2)

    def test_of_a_type_beyond_the_stand_in_leaves_the_session_usable(
        self, connection: oracledb.Connection
    ) -> None:
        with connection.cursor() as inner, pytest.raises(oracledb.DatabaseError, match="ORA-03115"):
            connection.cursor().execute("BEGIN X(:1); END;", [inner])
        assert echo(connection, 1) == 1


class TestManyRowsOfBinds:
    def test_are_inserted_with_one_call(
        self, connection: oracledb.Connection, database: ScriptedDatabase
    ) -> None:
        rows = [(n, f"텍스트 {n}", None if n % 3 else "y" * 40_000) for n in range(50)]
        table = database.table(
            "MANY",
            column("A", OracleType.NUMBER),
            column("B", OracleType.VARCHAR2),
            column("C", OracleType.LONG),
        )
        cursor = connection.cursor()
        cursor.setinputsizes(None, None, oracledb.DB_TYPE_LONG)
        cursor.executemany("INSERT INTO MANY VALUES (:1, :2, :3)", rows)
        assert cursor.rowcount == 50
        assert len(table.rows) == 50
        assert connection.cursor().execute("SELECT * FROM MANY").fetchall() == rows

    def test_are_inserted_again_with_the_cached_statement(
        self, connection: oracledb.Connection, database: ScriptedDatabase
    ) -> None:
        table = database.table("AGAIN", column("A", OracleType.NUMBER))
        for size in (1, 3, 2):
            connection.cursor().executemany(
                "INSERT INTO AGAIN VALUES (:1)", [(n,) for n in range(size)]
            )
        assert [decode_number(content(row[0]) or b"") for row in table.rows] == [0, 0, 1, 2, 0, 1]

    def test_of_which_some_fail_report_each_failure(
        self, connection: oracledb.Connection, database: ScriptedDatabase
    ) -> None:
        def only_even(rows: Sequence[Sequence[Bind]]) -> Outcome:
            number = decode_number(rows[0][0].content or b"")
            if number % 2:
                raise OracleError(1, f"unique constraint (S.K{number}) violated")
            return Outcome(row_count=1)

        database.answers["INSERT INTO PICKY VALUES (:1)"] = only_even
        cursor = connection.cursor()
        cursor.executemany(
            "INSERT INTO PICKY VALUES (:1)",
            [(n,) for n in range(5)],
            batcherrors=True,
            arraydmlrowcounts=True,
        )
        failures = [(error.offset, error.code) for error in cursor.getbatcherrors()]
        assert failures == [(1, 1), (3, 1)]
        assert "S.K3" in cursor.getbatcherrors()[1].message
        assert cursor.getarraydmlrowcounts() == [1, 0, 1, 0, 1]


class TestReturning:
    def test_gives_the_values_of_each_row_touched(
        self, connection: oracledb.Connection, database: ScriptedDatabase
    ) -> None:
        statement = "UPDATE T SET A = :new WHERE B = :b RETURNING A, B INTO :x, :y"

        def update(rows: Sequence[Sequence[Bind]]) -> Outcome:
            ((new, _, x, y),) = rows
            assert (x.content, y.content) == (None, None)
            value = decode_number(new.content or b"")
            touched = ((cell(encode_number(value)), cell(b"t")),) * int(value)
            return Outcome(row_count=int(value), out_binds=touched)

        database.answers[statement] = update
        cursor = connection.cursor()
        numbers, texts = cursor.var(int, arraysize=2), cursor.var(str, arraysize=2)
        cursor.executemany(statement, [(2, "p", numbers, texts), (1, "q", numbers, texts)])
        assert [numbers.getvalue(0), numbers.getvalue(1)] == [[2, 2], [1]]
        assert [texts.getvalue(0), texts.getvalue(1)] == [["t", "t"], ["t"]]
        assert cursor.rowcount == 3
        cursor.executemany(statement, [(1, "p", numbers, texts), (0, "q", numbers, texts)])
        assert [numbers.getvalue(0), numbers.getvalue(1)] == [[1], []]


class TestAPlsqlBlock:
    def test_writes_into_its_binds(
        self, connection: oracledb.Connection, database: ScriptedDatabase
    ) -> None:
        statement = "BEGIN :out := :a + :a; END;"

        def add(rows: Sequence[Sequence[Bind]]) -> Outcome:
            ((out, a),) = rows
            assert out.size
            doubled = 2 * decode_number(a.content or b"")
            return Outcome(out_binds=((cell(encode_number(doubled)), None),))

        database.answers[statement] = add
        cursor = connection.cursor()
        out = cursor.var(oracledb.DB_TYPE_NUMBER)
        for value in (4, 5):
            cursor.execute(statement, out=out, a=value)
            assert out.getvalue() == 2 * value

    def test_writes_texts_nulls_and_lobs(
        self, connection: oracledb.Connection, database: ScriptedDatabase
    ) -> None:
        statement = "BEGIN P(:t, :n, :c); END;"
        written = (cell("글".encode()), NULL, cell(b"long text"))
        database.answers[statement] = lambda _: Outcome(out_binds=(written,))
        cursor = connection.cursor()
        text, nothing, lob = cursor.var(str), cursor.var(str), cursor.var(oracledb.DB_TYPE_CLOB)
        cursor.execute(statement, t=text, n=nothing, c=lob)
        assert (text.getvalue(), nothing.getvalue()) == ("글", None)
        assert lob.getvalue().read() == "long text"

    def test_without_written_binds_only_reads(
        self, connection: oracledb.Connection, database: ScriptedDatabase
    ) -> None:
        database.answers["BEGIN NOTE(:1); END;"] = lambda _: Outcome()
        connection.cursor().execute("BEGIN NOTE(:1); END;", ["x"])
        assert echo(connection, 1) == 1


class TestALob:
    @quick
    @given(TEXT)
    def test_of_text_counts_and_cuts_in_utf16_units(
        self, connection: oracledb.Connection, database: ScriptedDatabase, text: str
    ) -> None:
        text *= 700
        for national in (False, True):
            kind = column("C", OracleType.CLOB, national=national)
            database.query(f"LOB {national}", [kind], [[cell(text.encode())]])
            database.answers["SELECT LOB"] = database.answers[f"LOB {national}"]
            statement = f"SELECT /* {national} */ C FROM LOBS"
            database.answers[statement] = database.table(
                "LOBS", kind, rows=[[cell(text.encode())]]
            ).selected
            ((lob,),) = connection.cursor().execute(statement, fetch_lobs=True).fetchall()
            units = text.encode("utf-16-be")
            assert lob.size() == len(units) // 2
            assert lob.read() == text
            part = units[20 : 20 + 2 * 30]
            if _splits(part):
                with pytest.raises(UnicodeDecodeError):
                    lob.read(11, 30)
            else:
                assert lob.read(11, 30) == part.decode("utf-16-be")

    def test_of_bytes_is_read_in_parts(
        self, connection: oracledb.Connection, database: ScriptedDatabase
    ) -> None:
        data = bytes(range(256)) * 300
        table = database.table("BYTES", column("B", OracleType.BLOB), rows=[[cell(data)], [NULL]])
        assert len(table.rows) == 2
        (lob,), (nothing,) = connection.cursor().execute("SELECT * FROM BYTES").fetchall()
        assert nothing is None
        assert lob.size() == len(data)
        assert lob.read(257, 3) == b"\x00\x01\x02"
        assert lob.read() == data
        assert lob.getchunksize() == 8060
        assert not lob.isopen()

    def test_that_is_empty_is_not_null(
        self, connection: oracledb.Connection, database: ScriptedDatabase
    ) -> None:
        database.table("NOTHING", column("C", OracleType.CLOB), rows=[[cell(b"")]])
        ((lob,),) = connection.cursor().execute("SELECT * FROM NOTHING").fetchall()
        assert (lob.size(), lob.read()) == (0, "")

    def test_that_is_temporary_is_written_trimmed_bound_and_freed(
        self, connection: oracledb.Connection, database: ScriptedDatabase
    ) -> None:
        lob = connection.createlob(oracledb.DB_TYPE_CLOB)
        lob.open()
        assert lob.isopen()
        lob.write("hello 🙂 world")
        lob.write("H", 1)
        lob.trim(8)
        assert lob.read() == "Hello 🙂"
        lob.close()
        table = database.table("KEEP", column("C", OracleType.CLOB))
        connection.cursor().execute("INSERT INTO KEEP VALUES (:1)", [lob])
        assert content(table.rows[0][0]) == "Hello 🙂".encode()
        raw = connection.createlob(oracledb.DB_TYPE_BLOB, b"\x01\x02")
        assert raw.read() == b"\x01\x02"
        del lob, raw
        connection.ping()

    def test_that_was_fetched_cannot_be_written(
        self, connection: oracledb.Connection, database: ScriptedDatabase
    ) -> None:
        database.table("FIXED", column("C", OracleType.CLOB), rows=[[cell(b"x")]])
        ((lob,),) = connection.cursor().execute("SELECT * FROM FIXED").fetchall()
        with pytest.raises(oracledb.DatabaseError, match="ORA-22920"):
            lob.write("y")
        assert lob.read() == "x"


class TestAJsonBind:
    def test_arrives_as_oson(
        self, connection: oracledb.Connection, database: ScriptedDatabase
    ) -> None:
        table = database.table("DOCS", column("J", OracleType.JSON))
        cursor = connection.cursor()
        cursor.setinputsizes(oracledb.DB_TYPE_JSON)
        value = {"a": [1, Decimal("2.5"), "x" * 300, None, True], "b": {}}
        cursor.execute("INSERT INTO DOCS VALUES (:1)", [value])
        assert decode_oson(content(table.rows[0][0]) or b"") == value


def _splits(part: bytes) -> bool:
    """Tell whether a part begins or ends inside a pair of surrogates."""
    try:
        part.decode("utf-16-be")
    except UnicodeDecodeError:
        return True
    return False
