"""An 11.2 database, and databases in other character sets."""

from __future__ import annotations

import pytest

from oracle_standin.values.text import KO16MSWIN949, US7ASCII
from standin_sql import Asking, asking, database


class TestRelease11:
    @pytest.fixture
    def here(self) -> Asking:
        return asking(database(release=11))

    @pytest.mark.parametrize(
        ("statement", "error"),
        [
            ("SELECT 1 FROM DUAL FETCH FIRST 1 ROWS ONLY", "ORA-00933"),
            ("SELECT STANDARD_HASH('a') FROM DUAL", "ORA-00904"),
            ("SELECT JSON_SERIALIZE('{}') FROM DUAL", "ORA-00904"),
            ("CREATE TABLE t (j JSON)", "ORA-00902"),
            ("CREATE TABLE t (b BOOLEAN)", "ORA-00902"),
            ("CREATE TABLE t (a NUMBER GENERATED ALWAYS AS IDENTITY)", "ORA-02000"),
            (f"CREATE TABLE {'t' * 31} (a NUMBER)", "ORA-00972"),
            (f"SELECT 1 AS {'a' * 31} FROM DUAL", "ORA-00972"),
            (f"CREATE TABLE t ({'c' * 31} NUMBER)", "ORA-00972"),
            ("SELECT * FROM user_tab_identity_cols", "ORA-00942"),
        ],
    )
    def test_refuses_what_came_later(self, here: Asking, statement: str, error: str) -> None:
        assert here.error(statement).startswith(error)

    def test_says_what_it_is(self, here: Asking) -> None:
        ((banner,),) = here.rows("SELECT banner FROM v$version")
        assert banner == "Oracle Database 11g Enterprise Edition Release 11.2.0.4.0 - Production"


class TestAKoreanDatabase:
    def test_stores_and_counts_its_own_bytes(self) -> None:
        here = asking(database(charset=KO16MSWIN949))
        here.run("CREATE TABLE t (s VARCHAR2(4))")
        here.run("INSERT INTO t VALUES (:1)", "한글")
        query = "SELECT s, LENGTH(s), LENGTHB(s), UTL_RAW.CAST_TO_RAW(s) FROM t"
        assert here.rows(query) == [("한글", 2, 4, "c7d1b1db")]
        assert here.error("INSERT INTO t VALUES ('한글x')").startswith("ORA-12899")

    def test_replaces_what_its_set_lacks(self) -> None:
        here = asking(database(charset=KO16MSWIN949))
        assert here.value("'a😀'") == "a?"


class TestAnAsciiDatabaseWithOtherBytes:
    def test_keeps_them_and_gives_them_raw(self) -> None:
        here = asking(database(charset=US7ASCII))
        here.run("CREATE TABLE t (s VARCHAR2(10))")
        here.run("INSERT INTO t VALUES (UTL_RAW.CAST_TO_VARCHAR2(HEXTORAW('C7D1B1DB')))")
        here.run("INSERT INTO t VALUES (UTL_RAW.CAST_TO_VARCHAR2(HEXTORAW('C2A1')))")
        raw = here.rows("SELECT UTL_RAW.CAST_TO_RAW(s) FROM t")
        assert raw == [("c7d1b1db",), ("c2a1",)]
        assert here.value("'한'") == "?"
