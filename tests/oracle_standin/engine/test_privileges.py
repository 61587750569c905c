"""What a user may see and do, and how Oracle refuses the rest."""

from __future__ import annotations

import pytest

from oracle_standin.engine.database import OracleDatabase
from standin_sql import Asking, asking, database


@pytest.fixture
def made() -> OracleDatabase:
    built = database()
    built.create_user("READER", "r")
    here = asking(built)
    here.run("CREATE TABLE t (a NUMBER)")
    here.run("INSERT INTO t VALUES (1)")
    here.commit()
    return built


@pytest.fixture
def reader(made: OracleDatabase) -> Asking:
    return asking(made, "READER")


class TestATableOfAnother:
    def test_does_not_exist_without_a_grant(self, made: OracleDatabase, reader: Asking) -> None:
        assert reader.error("SELECT * FROM hr.t").startswith("ORA-00942")
        shown = "SELECT COUNT(*) FROM all_tables WHERE owner = 'HR'"
        assert reader.rows(shown) == [(0,)]
        asking(made).run("GRANT SELECT ON t TO reader")
        assert reader.rows("SELECT * FROM hr.t") == [(1,)]
        assert reader.rows(shown) == [(1,)]
        asking(made).run("REVOKE SELECT ON t FROM reader")
        assert reader.error("SELECT * FROM hr.t").startswith("ORA-00942")

    def test_may_be_read_but_not_changed(self, made: OracleDatabase, reader: Asking) -> None:
        made.grant("READER", "SELECT", "HR", "T")
        assert reader.error("DELETE FROM hr.t").startswith("ORA-01031")
        assert reader.error("DROP TABLE hr.t").startswith("ORA-01031")

    def test_may_be_read_now_but_not_in_the_past(
        self, made: OracleDatabase, reader: Asking
    ) -> None:
        made.grant("READER", "SELECT", "HR", "T")
        past = f"SELECT * FROM hr.t AS OF SCN {made.history.current}"
        assert reader.error(past).startswith("ORA-01031")
        made.grant("READER", "FLASHBACK", "HR", "T")
        assert reader.rows(past) == [(1,)]

    def test_is_read_through_its_owners_view(self, made: OracleDatabase, reader: Asking) -> None:
        here = asking(made)
        here.run("CREATE VIEW v AS SELECT a + 1 AS b FROM t")
        here.run("GRANT SELECT ON v TO reader")
        assert reader.rows("SELECT b FROM hr.v") == [(2,)]
        assert reader.error("SELECT a FROM hr.t").startswith("ORA-00942")


class TestTheSystemChangeNumber:
    def test_is_hidden_without_grants(self, made: OracleDatabase, reader: Asking) -> None:
        package = "SELECT DBMS_FLASHBACK.GET_SYSTEM_CHANGE_NUMBER FROM DUAL"
        refused = 'ORA-00904: "DBMS_FLASHBACK"."GET_SYSTEM_CHANGE_NUMBER": invalid identifier'
        assert reader.error(package) == refused
        assert reader.error("SELECT current_scn FROM v$database").startswith("ORA-00942")
        made.grant("READER", "EXECUTE", "SYS", "DBMS_FLASHBACK")
        made.grant("READER", "SELECT", "SYS", "V_$DATABASE")
        assert reader.rows(package) == [(made.history.current,)]
        assert reader.rows("SELECT current_scn FROM v$database") == [(made.history.current,)]


class TestTheDictionaryOfAdministrators:
    def test_is_hidden_without_a_privilege(self, made: OracleDatabase, reader: Asking) -> None:
        assert reader.error("SELECT * FROM dba_extents").startswith("ORA-00942")
        made.create_user("CHIEF", "c", grants=["SELECT ANY DICTIONARY"])
        count = "SELECT COUNT(*) FROM dba_extents WHERE owner = 'HR' AND segment_name = 'T'"
        assert asking(made, "CHIEF").rows(count) == [(1,)]


class TestARowLevelPolicy:
    def test_hides_rows_and_says_so(self, made: OracleDatabase) -> None:
        here = asking(made)
        here.run_many("INSERT INTO t VALUES (:1)", [(n,) for n in range(2, 11)])
        here.commit()
        made.add_policy("HR", "T", name="FEW", condition="a <= 3")
        assert here.rows("SELECT COUNT(*) FROM t") == [(3,)]
        assert here.rows("SELECT x.a FROM t x LEFT JOIN t y ON x.a = y.a + 1 WHERE y.a = 3") == []
        policies = "SELECT policy_name, enable FROM all_policies WHERE object_name = 'T'"
        assert here.rows(policies) == [("FEW", "YES")]
        assert asking(made, "SYSTEM").rows("SELECT COUNT(*) FROM hr.t") == [(10,)]


class TestAUserWithoutCreateSession:
    def test_cannot_log_in(self, made: OracleDatabase) -> None:
        asking(made, "SYSTEM").run("CREATE USER shut IDENTIFIED BY x")
        assert made.password_of("SHUT") == "x"
        with pytest.raises(Exception, match="ORA-01045"):
            asking(made, "SHUT")
