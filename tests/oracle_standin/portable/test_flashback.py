"""Reading the past through the driver: what was true at an SCN stays true."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import oracledb
import pytest

from oracle_under_test import NewTable, OracleAccount

ROWS = 600
FEW = 40
SCN = "SELECT DBMS_FLASHBACK.GET_SYSTEM_CHANGE_NUMBER FROM DUAL"


def one(connection: oracledb.Connection, query: str, *binds: object) -> int:
    """Return the only value of a query."""
    ((value,),) = connection.cursor().execute(query, binds).fetchall()
    return int(value)


@pytest.fixture
def filled(connection: oracledb.Connection, table: NewTable) -> str:
    """Make a table of many blocks, and commit it."""
    name = table("ID NUMBER PRIMARY KEY, V NUMBER, PAD VARCHAR2(400)")
    connection.cursor().executemany(
        f"INSERT INTO {name} VALUES (:1, :2, RPAD('x', 400))",
        [(number, number) for number in range(ROWS)],
    )
    connection.commit()
    return name


@contextmanager
def changing(oracle: OracleAccount, name: str) -> Iterator[Callable[[], None]]:
    """Change the table without end from another session; give a wait for the next few commits."""
    commits = threading.Semaphore(0)
    ended = threading.Event()

    def change() -> None:
        with oracle.connect() as connection:
            cursor = connection.cursor()
            step = 0
            while not ended.is_set():
                step += 1
                cursor.execute(f"UPDATE {name} SET V = V + 1 WHERE MOD(ID, 7) = :1", [step % 7])
                cursor.execute(f"DELETE FROM {name} WHERE ID = :1", [step % ROWS])
                cursor.execute(f"INSERT INTO {name} VALUES (:1, 0, 'new')", [ROWS + step])
                connection.commit()
                commits.release()

    def wait() -> None:
        for _ in range(3):
            assert commits.acquire(timeout=30)

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield wait
    finally:
        ended.set()
        thread.join()


class TestAReadAsOfAnScn:
    def test_equals_the_state_then_while_a_writer_changes_the_table(
        self, oracle: OracleAccount, connection: oracledb.Connection, filled: str
    ) -> None:
        with changing(oracle, filled) as wait:
            wait()
            scn = one(connection, SCN)
            totals = f"SELECT COUNT(*), SUM(V), SUM(ID) FROM {filled} AS OF SCN :1"
            cursor = connection.cursor()
            expected = cursor.execute(totals, [scn]).fetchall()
            wait()
            cursor.arraysize = cursor.prefetchrows = FEW
            cursor.execute(f"SELECT ID, V FROM {filled} AS OF SCN :1", [scn])
            rows = []
            while batch := cursor.fetchmany(FEW):
                rows += batch
                wait()
            assert [(len(rows), sum(v for _, v in rows), sum(i for i, _ in rows))] == expected
            assert connection.cursor().execute(totals, [scn]).fetchall() == expected
            assert one(connection, SCN) > scn

    def test_of_parts_covers_the_state_once(
        self, oracle: OracleAccount, connection: oracledb.Connection, filled: str
    ) -> None:
        with changing(oracle, filled) as wait:
            scn = one(connection, SCN)
            whole = f"SELECT ID FROM {filled} AS OF SCN :scn"
            cursor = connection.cursor()
            expected = sorted(cursor.execute(whole, scn=scn).fetchall())
            wait()
            cursor.execute(
                f"SELECT ROWIDTOCHAR(MIN(ROWID)) FROM {filled} WHERE ID = {ROWS // 2}",
            )
            ((middle,),) = cursor.fetchall()
            below = f"{whole} WHERE ROWID < CHARTOROWID(:cut)"
            above = f"{whole} WHERE ROWID >= CHARTOROWID(:cut)"
            parts = [
                row
                for part in (below, above)
                for row in connection.cursor().execute(part, scn=scn, cut=middle).fetchall()
            ]
            assert sorted(parts) == expected

    def test_reaches_through_a_view(self, connection: oracledb.Connection, filled: str) -> None:
        cursor = connection.cursor()
        cursor.execute(f"CREATE VIEW {filled}_V AS SELECT ID, V FROM {filled} WHERE V < 10")
        try:
            scn = one(connection, SCN)
            cursor.execute(f"DELETE FROM {filled} WHERE ID < 5")
            connection.commit()
            assert one(connection, f"SELECT COUNT(*) FROM {filled}_V") == 5
            assert one(connection, f"SELECT COUNT(*) FROM {filled}_V AS OF SCN :1", scn) == 10
        finally:
            cursor.execute(f"DROP VIEW {filled}_V")

    def test_fails_where_the_number_was_never_reached(
        self, connection: oracledb.Connection, filled: str
    ) -> None:
        ahead = one(connection, SCN) + 10**9
        with pytest.raises(oracledb.DatabaseError, match="ORA-08181"):
            connection.cursor().execute(f"SELECT * FROM {filled} AS OF SCN :1", [ahead])

    def test_fails_behind_a_change_of_definition(
        self, connection: oracledb.Connection, filled: str
    ) -> None:
        scn = one(connection, SCN)
        cursor = connection.cursor()
        cursor.execute(f"ALTER TABLE {filled} DROP COLUMN PAD")
        with pytest.raises(oracledb.DatabaseError, match="ORA-01466"):
            cursor.execute(f"SELECT ID FROM {filled} AS OF SCN :1", [scn])


class TestRowsOfTheirScn:
    def test_carry_one_that_is_not_behind_their_change(
        self, connection: oracledb.Connection, filled: str
    ) -> None:
        before = one(connection, SCN)
        cursor = connection.cursor()
        cursor.execute(f"UPDATE {filled} SET V = -1 WHERE ID = 3")
        connection.commit()
        changed = one(connection, f"SELECT ORA_ROWSCN FROM {filled} WHERE ID = 3")
        assert before < changed <= one(connection, SCN)


class TestAReadOnlyTransaction:
    def test_sees_one_state_and_changes_nothing(
        self, oracle: OracleAccount, connection: oracledb.Connection, filled: str
    ) -> None:
        with oracle.connect() as reader:
            reader.cursor().execute("SET TRANSACTION READ ONLY")
            assert one(reader, f"SELECT COUNT(*) FROM {filled}") == ROWS
            connection.cursor().execute(f"DELETE FROM {filled}")
            connection.commit()
            assert one(reader, f"SELECT COUNT(*) FROM {filled}") == ROWS
            with pytest.raises(oracledb.DatabaseError, match="ORA-01456"):
                reader.cursor().execute(f"DELETE FROM {filled}")
            reader.commit()
            assert one(reader, f"SELECT COUNT(*) FROM {filled}") == 0


class TestWhatOthersHaveNotCommitted:
    def test_is_seen_by_its_session_alone(
        self, oracle: OracleAccount, connection: oracledb.Connection, filled: str
    ) -> None:
        with oracle.connect() as other:
            connection.cursor().execute(f"DELETE FROM {filled} WHERE ID < 10")
            assert one(connection, f"SELECT COUNT(*) FROM {filled}") == ROWS - 10
            assert one(other, f"SELECT COUNT(*) FROM {filled}") == ROWS
            connection.commit()
            assert one(other, f"SELECT COUNT(*) FROM {filled}") == ROWS - 10
