"""Objects that are not plain tables, and what the dictionary says of them."""

from __future__ import annotations

import threading

import pytest

from oracle_standin.port import OracleError
from standin_sql import Asking, asking, database


@pytest.fixture
def here() -> Asking:
    return asking(database())


class TestTheDictionary:
    def test_names_types_as_oracle_writes_them(self, here: Asking) -> None:
        here.run(
            "CREATE TABLE t (a NUMBER(5,2) NOT NULL, b NUMBER, c NUMBER(*,3), d FLOAT(24), "
            "e VARCHAR2(10), f VARCHAR2(10 CHAR), g NVARCHAR2(7), h TIMESTAMP(3) WITH TIME ZONE, "
            "i INTERVAL DAY(4) TO SECOND(2), j LONG, k AS (a + 1))"
        )
        rows = here.rows(
            "SELECT column_name, data_type, data_length, data_precision, data_scale, nullable, "
            "char_length, char_used, virtual_column FROM user_tab_cols WHERE table_name = 'T' "
            "ORDER BY internal_column_id"
        )
        assert rows == [
            ("A", "NUMBER", 22, 5, 2, "N", 0, None, "NO"),
            ("B", "NUMBER", 22, None, None, "Y", 0, None, "NO"),
            ("C", "NUMBER", 22, None, 3, "Y", 0, None, "NO"),
            ("D", "FLOAT", 22, 24, None, "Y", 0, None, "NO"),
            ("E", "VARCHAR2", 10, None, None, "Y", 10, "B", "NO"),
            ("F", "VARCHAR2", 40, None, None, "Y", 10, "C", "NO"),
            ("G", "NVARCHAR2", 14, None, None, "Y", 7, "C", "NO"),
            ("H", "TIMESTAMP(3) WITH TIME ZONE", 13, None, 3, "Y", 0, None, "NO"),
            ("I", "INTERVAL DAY(4) TO SECOND(2)", 11, 4, 2, "Y", 0, None, "NO"),
            ("J", "LONG", 0, None, None, "Y", 0, None, "NO"),
            ("K", "NUMBER", 22, None, None, "Y", 0, None, "YES"),
        ]

    def test_tells_what_kind_of_table_it_is(self, here: Asking) -> None:
        here.run("CREATE TABLE plain (a NUMBER)")
        here.run("CREATE TABLE iot (a NUMBER PRIMARY KEY) ORGANIZATION INDEX")
        here.run("CREATE GLOBAL TEMPORARY TABLE temp (a NUMBER) ON COMMIT DELETE ROWS")
        here.run("CREATE TABLE parts (a NUMBER) PARTITION BY HASH (a) PARTITIONS 2")
        here.run(
            "CREATE TABLE outside (a NUMBER) ORGANIZATION EXTERNAL "
            "(TYPE ORACLE_LOADER DEFAULT DIRECTORY d LOCATION ('f.csv'))"
        )
        rows = here.rows(
            "SELECT table_name, iot_type, temporary, partitioned FROM user_tables ORDER BY 1"
        )
        assert rows == [
            ("IOT", "IOT", "N", "NO"),
            ("OUTSIDE", None, "N", "NO"),
            ("PARTS", None, "N", "YES"),
            ("PLAIN", None, "N", "NO"),
            ("TEMP", None, "Y", "NO"),
        ]
        assert here.rows("SELECT table_name FROM user_external_tables") == [("OUTSIDE",)]
        assert here.error("SELECT * FROM outside").startswith("ORA-29913")

    def test_has_statistics_once_they_are_gathered(self, here: Asking) -> None:
        here.run("CREATE TABLE t (a NUMBER)")
        here.run_many("INSERT INTO t VALUES (:1)", [(n,) for n in range(50)])
        asked = "SELECT num_rows, blocks FROM user_tables"
        assert here.rows(asked) == [(None, None)]
        here.run("BEGIN DBMS_STATS.GATHER_TABLE_STATS(USER, 'T'); END;")
        assert here.rows(asked) == [(50, 1)]

    def test_has_an_average_row_that_knows_of_lobs_what_lies_in_the_row(self, here: Asking) -> None:
        lengths = {"small": 1_000, "large": 100_000}
        for name, length in lengths.items():
            here.run(f"CREATE TABLE {name} (a NUMBER, c CLOB, b BLOB)")
            value = ("x" * length, b"x" * length)
            here.run_many(
                f"INSERT INTO {name} VALUES (:1, :2, :3)", [(n, *value) for n in range(9)]
            )
            here.run(f"BEGIN DBMS_STATS.GATHER_TABLE_STATS(USER, '{name.upper()}'); END;")
        [(large,), (small,)] = here.rows("SELECT avg_row_len FROM user_tables ORDER BY table_name")
        assert 2_000 <= small < 2_100
        assert large < 200


class TestEveryViewOfTheDictionary:
    @pytest.mark.parametrize("reach", ["USER", "ALL", "DBA"])
    @pytest.mark.parametrize(
        "family",
        [
            "TABLES", "TAB_COLUMNS", "TAB_COLS", "CONSTRAINTS", "CONS_COLUMNS", "INDEXES",
            "IND_COLUMNS", "TAB_PARTITIONS", "OBJECTS", "VIEWS", "SYNONYMS", "POLICIES",
            "TAB_COMMENTS", "COL_COMMENTS", "TAB_PRIVS",
        ],
    )  # fmt: skip
    def test_can_be_read_by_an_administrator(self, here: Asking, reach: str, family: str) -> None:
        here.run("CREATE TABLE t (a NUMBER PRIMARY KEY, v VARCHAR2(5))")
        chief = asking(here.session.database, "SYSTEM")
        assert isinstance(chief.rows(f"SELECT * FROM {reach}_{family}"), list)

    def test_tells_how_long_undo_is_kept_and_which_release_it_is(self, here: Asking) -> None:
        chief = asking(here.session.database, "SYSTEM")
        asked = "SELECT value FROM v$parameter WHERE name = 'undo_retention'"
        assert chief.rows(asked) == [("900",)]
        ((banner,),) = chief.rows("SELECT banner FROM v$version WHERE ROWNUM = 1")
        assert "23" in str(banner)
        ((scn,),) = chief.rows("SELECT current_scn FROM v$database")
        assert scn == chief.session.database.history.current

    @pytest.mark.parametrize("scope", ["DATABASE", "INSTANCE", "SESSION"])
    def test_tells_how_text_and_numbers_are_written(self, here: Asking, scope: str) -> None:
        asked = f"SELECT value FROM nls_{scope.lower()}_parameters WHERE parameter = :1"
        assert here.rows(asked, "NLS_LANGUAGE") == [("AMERICAN",)]

    def test_shows_the_extents_that_cover_a_table(self, here: Asking) -> None:
        here.run("CREATE TABLE t (n NUMBER, pad VARCHAR2(2000))")
        here.run_many("INSERT INTO t VALUES (:1, RPAD('x', 2000))", [(n,) for n in range(200)])
        here.commit()
        chief = asking(here.session.database, "SYSTEM")
        extents = chief.rows(
            "SELECT block_id, blocks FROM dba_extents WHERE owner = 'HR' AND segment_name = 'T'"
        )
        within = [range(int(first), int(first + count)) for first, count in extents]
        blocks = here.rows("SELECT DISTINCT DBMS_ROWID.ROWID_BLOCK_NUMBER(ROWID) FROM t")
        assert blocks
        assert all(any(int(block) in extent for extent in within) for (block,) in blocks)


class TestAMaterialisedView:
    def test_is_a_table_filled_by_its_query(self, here: Asking) -> None:
        here.run("CREATE TABLE t (a NUMBER)")
        here.run("INSERT INTO t VALUES (1)")
        here.run("CREATE MATERIALIZED VIEW m AS SELECT a * 2 AS b FROM t")
        here.run("INSERT INTO t VALUES (2)")
        assert here.rows("SELECT b FROM m") == [(2,)]
        assert here.rows("SELECT mview_name FROM user_mviews") == [("M",)]


class TestAView:
    def test_reads_the_past_of_its_tables(self, here: Asking) -> None:
        here.run("CREATE TABLE t (a NUMBER)")
        here.run("INSERT INTO t VALUES (1)")
        here.run("CREATE VIEW v (x) AS SELECT a FROM t")
        scn = here.session.database.history.current
        here.run("DELETE FROM t")
        here.commit()
        assert here.rows("SELECT x FROM v AS OF SCN :1", scn) == [(1,)]
        assert here.rows("SELECT x FROM v") == []


class TestASession:
    def test_remembers_what_it_is_told(self, here: Asking) -> None:
        here.run("ALTER SESSION SET NLS_DATE_FORMAT = 'YYYY-MM-DD' TIME_ZONE = '+09:00'")
        assert here.value("TO_CHAR(DATE '2024-02-03')") == "2024-02-03"
        assert here.value("SESSIONTIMEZONE") == "+09:00"
        assert here.error("ALTER SESSION SET NLS_SORT = 'KOREAN'").startswith("ORA-03001")

    def test_shows_its_module(self, here: Asking) -> None:
        here.run("BEGIN DBMS_APPLICATION_INFO.SET_MODULE('load', 'step 1'); END;")
        here.session.set_attributes({"client_identifier": "job 7"})
        assert here.value("SYS_CONTEXT('USERENV', 'MODULE')") == "load"
        chief = asking(here.session.database, "SYSTEM")
        rows = chief.rows(
            "SELECT module, action, client_identifier FROM v$session WHERE username = 'HR'"
        )
        assert rows == [("load", "step 1", "job 7")]

    def test_keeps_local_times_in_its_zone(self, here: Asking) -> None:
        here.run("CREATE TABLE t (l TIMESTAMP(0) WITH LOCAL TIME ZONE)")
        here.run("INSERT INTO t VALUES (TIMESTAMP '2024-01-01 12:00:00 +00:00')")
        here.run("ALTER SESSION SET TIME_ZONE = '+09:00'")
        assert here.rows("SELECT l FROM t") == [("2024-01-01 21:00:00",)]
        assert here.rows("SELECT TO_CHAR(l, 'HH24 TZH') FROM t") == [("21 +09",)]

    def test_stops_when_it_is_told_to(self, here: Asking) -> None:
        here.run("CREATE TABLE t (a NUMBER, pad VARCHAR2(2000))")
        here.run_many("INSERT INTO t VALUES (:1, RPAD('x', 2000))", [(n,) for n in range(100)])
        _, fetch = here.opened("SELECT a FROM t")
        thread = threading.Thread(target=here.session.interrupt)
        thread.start()
        thread.join(10)
        with pytest.raises(OracleError, match="ORA-01013"):
            fetch(100)


class TestABlock:
    def test_assigns_and_calls(self, here: Asking) -> None:
        outcome = here.session.execute("BEGIN NULL; END;", ())
        assert outcome.row_count == 0
        here.run("CREATE TABLE t (a NUMBER)")
        here.run("BEGIN INSERT INTO t VALUES (:1); COMMIT; END;", 5)
        assert here.rows("SELECT a FROM t") == [(5,)]
        unknown = here.error("BEGIN no_such_thing(1); END;")
        assert unknown.startswith("ORA-06550")
        assert "PLS-00201" in unknown
