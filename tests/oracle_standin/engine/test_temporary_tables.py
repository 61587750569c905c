"""Temporary tables: one definition, rows of each session's own."""

from __future__ import annotations

import pytest

from standin_sql import Asking, asking, database

PRESERVED = (
    "CREATE GLOBAL TEMPORARY TABLE t (id NUMBER PRIMARY KEY, v NUMBER) ON COMMIT PRESERVE ROWS"
)
DELETED = "CREATE GLOBAL TEMPORARY TABLE t (id NUMBER PRIMARY KEY, v NUMBER) ON COMMIT DELETE ROWS"


def two_sessions(definition: str) -> tuple[Asking, Asking]:
    here = asking(database())
    here.run(definition)
    return here, asking(here.session.database)


class TestRowsOfATemporaryTable:
    def test_are_seen_by_their_session_alone(self) -> None:
        here, other = two_sessions(PRESERVED)
        here.run("INSERT INTO t VALUES (1, 1)")
        other.run("INSERT INTO t VALUES (1, 2)")
        here.commit()
        other.commit()
        assert here.rows("SELECT v FROM t") == [(1,)]
        assert other.rows("SELECT v FROM t") == [(2,)]

    @pytest.mark.parametrize(("definition", "left"), [(PRESERVED, 1), (DELETED, 0)])
    def test_last_as_long_as_the_table_says(self, definition: str, left: int) -> None:
        here, _ = two_sessions(definition)
        here.run("INSERT INTO t VALUES (1, 1)")
        assert here.rows("SELECT COUNT(*) FROM t") == [(1,)]
        here.commit()
        assert here.rows("SELECT COUNT(*) FROM t") == [(left,)]

    def test_keep_the_tables_constraints(self) -> None:
        here, other = two_sessions(PRESERVED)
        here.run("INSERT INTO t VALUES (1, 1)")
        assert here.error("INSERT INTO t VALUES (1, 2)").startswith("ORA-00001")
        assert other.error("INSERT INTO t VALUES (1, 2)") == "no error"
        here.rollback()
        assert here.error("INSERT INTO t VALUES (1, 2)") == "no error"

    def test_go_when_the_table_is_truncated(self) -> None:
        here, other = two_sessions(PRESERVED)
        here.run("INSERT INTO t VALUES (1, 1)")
        other.run("INSERT INTO t VALUES (1, 1)")
        here.run("TRUNCATE TABLE t")
        assert here.rows("SELECT COUNT(*) FROM t") == [(0,)]
        assert other.rows("SELECT COUNT(*) FROM t") == [(1,)]
