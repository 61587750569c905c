"""Queries over several tables, groups, ROWIDs and samples."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standin_sql import Asking, asking, database

SMALL = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=12)


@pytest.fixture
def here() -> Asking:
    return asking(database())


def tables(left: list[tuple[int, int]], right: list[tuple[int, int]]) -> Asking:
    made = asking(database())
    made.run("CREATE TABLE a (k NUMBER, v NUMBER)")
    made.run("CREATE TABLE b (k NUMBER, v NUMBER)")
    made.run_many("INSERT INTO a VALUES (NULLIF(:1, 0), :2)", left or [(0, 0)])
    made.run_many("INSERT INTO b VALUES (NULLIF(:1, 0), :2)", right or [(0, 0)])
    return made


class TestJoins:
    @settings(max_examples=40, deadline=None)
    @given(SMALL, SMALL)
    def test_equal_what_a_loop_finds(
        self, left: list[tuple[int, int]], right: list[tuple[int, int]]
    ) -> None:
        made = tables(left, right)
        mine = [(k or None, v) for k, v in left or [(0, 0)]]
        theirs = [(k or None, v) for k, v in right or [(0, 0)]]
        inner = [(x, y) for x in mine for y in theirs if x[0] is not None and x[0] == y[0]]
        lonely = [x for x in mine if all(x[0] is None or x[0] != y[0] for y in theirs)]
        alone = [y for y in theirs if all(y[0] is None or x[0] != y[0] for x in mine)]
        expected = {
            "JOIN b ON a.k = b.k": len(inner),
            "LEFT JOIN b ON a.k = b.k": len(inner) + len(lonely),
            "RIGHT JOIN b ON a.k = b.k": len(inner) + len(alone),
            "FULL JOIN b ON a.k = b.k": len(inner) + len(lonely) + len(alone),
            "JOIN b ON a.k = b.k AND a.v < b.v": sum(x[1] < y[1] for x, y in inner),
            "CROSS JOIN b": len(mine) * len(theirs),
            ", b WHERE a.k = b.k(+)": len(inner) + len(lonely),
            ", b WHERE a.k(+) = b.k": len(inner) + len(alone),
            "LEFT JOIN b ON a.k = b.k WHERE b.k IS NULL": len(lonely),
        }
        for join, count in expected.items():
            assert made.rows(f"SELECT COUNT(*) FROM a {join}") == [(count,)], join

    @settings(max_examples=40, deadline=None)
    @given(SMALL, SMALL)
    def test_by_subquery_keep_oracles_logic_of_null(
        self, left: list[tuple[int, int]], right: list[tuple[int, int]]
    ) -> None:
        made = tables(left, right)
        mine = [k or None for k, _ in left or [(0, 0)]]
        theirs = [k or None for k, _ in right or [(0, 0)]]
        found = sum(k is not None and k in theirs for k in mine)
        missing = 0 if None in theirs else sum(k is not None and k not in theirs for k in mine)
        asked = "SELECT COUNT(*) FROM a WHERE {}"
        exists = "EXISTS (SELECT 1 FROM b WHERE b.k = a.k)"
        assert made.rows(asked.format("k IN (SELECT k FROM b)")) == [(found,)]
        assert made.rows(asked.format("k NOT IN (SELECT k FROM b)")) == [(missing,)]
        assert made.rows(asked.format(exists)) == [(found,)]
        assert made.rows(asked.format(f"NOT {exists}")) == [(len(mine) - found,)]


class TestGroups:
    def test_are_made_of_equal_keys_null_being_one(self, here: Asking) -> None:
        here.run("CREATE TABLE t (g VARCHAR2(5), n NUMBER)")
        here.run_many(
            "INSERT INTO t VALUES (:1, :2)",
            [("a", 1), ("a", 3), (None, 5), (None, None), ("b", None)],
        )
        rows = here.rows(
            "SELECT g, COUNT(*), COUNT(n), SUM(n), AVG(n), MIN(n), MAX(n) FROM t "
            "GROUP BY g ORDER BY g"
        )
        assert rows == [
            ("a", 2, 2, 4, 2, 1, 3),
            ("b", 1, 0, None, None, None, None),
            (None, 2, 1, 5, 5, 5, 5),
        ]
        assert here.rows("SELECT SUM(n) FROM t WHERE g = 'none'") == [(None,)]
        assert here.rows("SELECT g FROM t GROUP BY g HAVING COUNT(*) = 1") == [("b",)]
        assert here.error("SELECT n FROM t GROUP BY g").startswith("ORA-00979")
        assert here.error("SELECT g, COUNT(*) FROM t").startswith("ORA-00937")
        assert here.error("SELECT g FROM t WHERE COUNT(*) > 1").startswith("ORA-00934")

    def test_can_be_ordered_by_what_they_count(self, here: Asking) -> None:
        here.run("CREATE TABLE t (g NUMBER)")
        here.run_many("INSERT INTO t VALUES (:1)", [(1,), (2,), (2,), (3,), (3,), (3,)])
        rows = here.rows("SELECT g * 10 FROM t GROUP BY g ORDER BY COUNT(*) DESC")
        assert rows == [(30,), (20,), (10,)]


class TestOrder:
    def test_puts_null_last_and_first_when_descending(self, here: Asking) -> None:
        here.run("CREATE TABLE t (n NUMBER)")
        here.run_many("INSERT INTO t VALUES (:1)", [(2,), (None,), (1,)])
        assert here.rows("SELECT n FROM t ORDER BY n") == [(1,), (2,), (None,)]
        assert here.rows("SELECT n FROM t ORDER BY n DESC") == [(None,), (2,), (1,)]
        assert here.rows("SELECT n FROM t ORDER BY 1 NULLS FIRST") == [(None,), (1,), (2,)]
        assert here.error("SELECT n FROM t ORDER BY 2").startswith("ORA-01785")

    def test_comes_after_rownum(self, here: Asking) -> None:
        here.run("CREATE TABLE t (n NUMBER)")
        here.run_many("INSERT INTO t VALUES (:1)", [(3,), (1,), (2,)])
        assert here.rows("SELECT n FROM t WHERE ROWNUM <= 2 ORDER BY n") == [(1,), (3,)]
        assert here.rows("SELECT n FROM t WHERE ROWNUM > 1") == []
        top = "SELECT n FROM (SELECT n FROM t ORDER BY n) WHERE ROWNUM <= 2"
        assert here.rows(top) == [(1,), (2,)]
        assert here.rows("SELECT n FROM t ORDER BY n OFFSET 1 ROWS FETCH NEXT 1 ROWS ONLY") == [
            (2,)
        ]


class TestRowids:
    def test_cut_a_table_into_parts_that_cover_it_once(self, here: Asking) -> None:
        here.run("CREATE TABLE t (n NUMBER, pad VARCHAR2(500))")
        here.run_many("INSERT INTO t VALUES (:1, RPAD('x', 500))", [(n,) for n in range(500)])
        here.commit()
        bounds = here.rows(
            "SELECT ROWIDTOCHAR(first) FROM (SELECT MIN(ROWID) AS first FROM t SAMPLE BLOCK (30) "
            "GROUP BY SUBSTR(ROWIDTOCHAR(ROWID), 1, 15)) ORDER BY first"
        )
        cuts = [row[0] for row in bounds]
        assert cuts == sorted(cuts)
        seen: list[object] = []
        for low, high in zip([None, *cuts], [*cuts, None], strict=True):
            tests = ["ROWID >= CHARTOROWID(:low)"] if low else []
            tests += ["ROWID < CHARTOROWID(:high)"] if high else []
            where = f" WHERE {' AND '.join(tests)}" if tests else ""
            part = here.rows(f"SELECT n FROM t{where}", *[one for one in (low, high) if one])
            seen += [n for (n,) in part]
        assert seen == [n for (n,) in here.rows("SELECT n FROM t")]
        assert len(seen) == 500

    def test_stay_with_their_row(self, here: Asking) -> None:
        here.run("CREATE TABLE t (n NUMBER)")
        here.run_many("INSERT INTO t VALUES (:1)", [(1,), (2,)])
        here.commit()
        ((rowid,),) = here.rows("SELECT ROWID FROM t WHERE n = 2")
        here.run("UPDATE t SET n = 9 WHERE ROWID = :1", rowid)
        assert here.rows("SELECT n FROM t WHERE ROWID = :1", rowid) == [(9,)]
        assert here.error("SELECT n FROM t WHERE ROWID = 'short'").startswith("ORA-01410")

    def test_are_taken_apart_and_put_together(self, here: Asking) -> None:
        here.run("CREATE TABLE t (n NUMBER)")
        here.run("INSERT INTO t VALUES (1)")
        parts = ", ".join(
            f"DBMS_ROWID.ROWID_{part}(ROWID)"
            for part in ("OBJECT", "RELATIVE_FNO", "BLOCK_NUMBER", "ROW_NUMBER")
        )
        made = f"SELECT n FROM t WHERE ROWID = DBMS_ROWID.ROWID_CREATE(1, {parts})"
        assert here.rows(made) == [(1,)]

    def test_are_missing_from_views_and_logical_in_an_index(self, here: Asking) -> None:
        here.run("CREATE TABLE t (n NUMBER PRIMARY KEY) ORGANIZATION INDEX")
        here.run("INSERT INTO t VALUES (1)")
        here.run("CREATE VIEW v AS SELECT DISTINCT n FROM t")
        assert here.error("SELECT ROWID FROM v").startswith("ORA-01446")
        ((rowid,),) = here.rows("SELECT ROWID FROM t")
        assert str(rowid).startswith("*")

    def test_carry_the_scn_of_their_block(self, here: Asking) -> None:
        here.run("CREATE TABLE t (n NUMBER)")
        here.run("INSERT INTO t VALUES (1)")
        here.commit()
        scn = here.session.database.history.current
        assert here.rows("SELECT ORA_ROWSCN FROM t") == [(scn,)]


class TestASample:
    def test_is_the_same_for_the_same_seed(self, here: Asking) -> None:
        here.run("CREATE TABLE t (n NUMBER)")
        here.run_many("INSERT INTO t VALUES (:1)", [(n,) for n in range(1000)])
        once = here.rows("SELECT n FROM t SAMPLE (20) SEED (4)")
        assert once == here.rows("SELECT n FROM t SAMPLE (20) SEED (4)")
        assert 100 < len(once) < 300
        assert here.error("SELECT n FROM t SAMPLE (0)").startswith("ORA-30562")


class TestSetOperations:
    def test_follow_the_manual(self, here: Asking) -> None:
        two = "SELECT 1 n FROM DUAL UNION ALL SELECT 1 FROM DUAL UNION ALL SELECT 2 FROM DUAL"
        assert here.rows(f"SELECT COUNT(*) FROM ({two})") == [(3,)]
        assert here.rows(f"SELECT n FROM ({two}) UNION SELECT 3 FROM DUAL ORDER BY 1") == [
            (1,),
            (2,),
            (3,),
        ]
        assert here.rows(f"SELECT n FROM ({two}) MINUS SELECT 1 FROM DUAL") == [(2,)]
        assert here.rows(f"SELECT n FROM ({two}) INTERSECT SELECT 1 FROM DUAL") == [(1,)]
        uneven = "SELECT 1, 2 FROM DUAL UNION SELECT 1 FROM DUAL"
        assert here.error(uneven).startswith("ORA-01789")


class TestWhatIsNotDone:
    @pytest.mark.parametrize(
        "statement",
        [
            "SELECT RANK() OVER (ORDER BY 1) FROM DUAL",
            "SELECT LEVEL FROM DUAL CONNECT BY LEVEL < 3",
            "SELECT * FROM DUAL PIVOT (COUNT(*) FOR DUMMY IN ('X'))",
            "SELECT 1 FROM DUAL FETCH FIRST 10 PERCENT ROWS ONLY",
            "MERGE INTO t USING DUAL ON (1 = 1) WHEN MATCHED THEN UPDATE SET a = 1",
            "SELECT * FROM far@away",
        ],
    )
    def test_is_an_error_never_a_wrong_result(self, here: Asking, statement: str) -> None:
        assert here.error(statement).startswith("ORA-0")
