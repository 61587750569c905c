"""Tables and their rules: types, limits, keys, and what a changed definition does."""

from __future__ import annotations

import pytest

from standin_sql import Asking, asking, database


@pytest.fixture
def here() -> Asking:
    return asking(database())


class TestADeclaredLimit:
    @pytest.mark.parametrize(
        ("declared", "given", "answer"),
        [
            ("VARCHAR2(3)", "'abcd'", 'ORA-12899: value too large for column "HR"."T"."C"'),
            ("VARCHAR2(5)", "'한글'", "ORA-12899"),
            ("VARCHAR2(2 CHAR)", "'한글'", "한글"),
            ("NVARCHAR2(2)", "'한글'", "한글"),
            ("CHAR(4)", "'ab'", "ab  "),
            ("NCHAR(3)", "N'가'", "가  "),
            ("NUMBER(5,2)", "123.456", "123.46"),
            ("NUMBER(5,2)", "1000", "ORA-01438"),
            ("NUMBER(5,-2)", "12345", "12300"),
            ("NUMBER(2,5)", "0.00012", "0.00012"),
            ("NUMBER(2,5)", "0.001", "ORA-01438"),
            ("NUMBER(*,1)", "1.26", "1.3"),
            ("INTEGER", "1.5", "2"),
            ("FLOAT(10)", "1.23456", "1.235"),
            ("RAW(2)", "HEXTORAW('0102')", "0102"),
            ("RAW(2)", "HEXTORAW('010203')", "ORA-12899"),
            ("TIMESTAMP(2)", "TIMESTAMP '2024-01-01 00:00:00.129'", "2024-01-01 00:00:00.130"),
            ("TIMESTAMP(0)", "TIMESTAMP '2024-12-31 23:59:59.5'", "2025-01-01 00:00:00"),
            ("DATE", "TIMESTAMP '2024-01-01 00:00:00.9'", "2024-01-01 00:00:00"),
            ("INTERVAL DAY(1) TO SECOND(0)", "INTERVAL '12' DAY", "ORA-01873"),
            ("BINARY_FLOAT", "0.1", "0.10000000149011612"),
            ("VARCHAR2(3) NOT NULL", "''", 'ORA-01400: cannot insert NULL into ("HR"."T"."C")'),
            ("NUMBER CHECK (c > 5)", "5", "ORA-02290"),
            ("NUMBER CHECK (c > 5)", "NULL", "None"),
            ("JSON", "'{'", "ORA-40441"),
        ],
    )
    def test_is_kept(self, here: Asking, declared: str, given: str, answer: str) -> None:
        here.run(f"CREATE TABLE t (c {declared})")
        statement = f"INSERT INTO t VALUES ({given})"
        if answer.startswith("ORA-"):
            assert here.error(statement).startswith(answer)
        else:
            here.run(statement)
            ((value,),) = here.rows("SELECT c FROM t")
            assert str(value).startswith(answer)


class TestKeys:
    def test_of_parents_must_exist_and_stay(self, here: Asking) -> None:
        here.run("CREATE TABLE p (id NUMBER CONSTRAINT p_pk PRIMARY KEY)")
        here.run("CREATE TABLE c (p NUMBER CONSTRAINT c_fk REFERENCES p)")
        here.run("INSERT INTO p VALUES (1)")
        here.run("INSERT INTO c VALUES (1)")
        here.run("INSERT INTO c VALUES (NULL)")
        missing = "ORA-02291: integrity constraint (HR.C_FK) violated - parent key not found"
        kept = "ORA-02292: integrity constraint (HR.C_FK) violated - child record found"
        assert here.error("INSERT INTO c VALUES (2)") == missing
        assert here.error("DELETE FROM p") == kept
        assert here.error("UPDATE p SET id = 5") == kept
        assert here.error("DROP TABLE p").startswith("ORA-02449")
        assert here.error("TRUNCATE TABLE p").startswith("ORA-02266")

    def test_of_children_go_with_their_parent_where_they_cascade(self, here: Asking) -> None:
        here.run("CREATE TABLE p (id NUMBER PRIMARY KEY)")
        here.run("CREATE TABLE c (p NUMBER REFERENCES p ON DELETE CASCADE)")
        here.run("CREATE TABLE n (p NUMBER REFERENCES p ON DELETE SET NULL)")
        for table in "pcn":
            here.run(f"INSERT INTO {table} VALUES (1)")
        here.run("DELETE FROM p")
        assert here.rows("SELECT COUNT(*) FROM c") == [(0,)]
        assert here.rows("SELECT p FROM n") == [(None,)]

    def test_are_unique_but_for_null(self, here: Asking) -> None:
        here.run("CREATE TABLE t (a NUMBER, b NUMBER, CONSTRAINT u UNIQUE (a, b))")
        for row in ("1, NULL", "2, NULL", "NULL, NULL", "NULL, NULL"):
            here.run(f"INSERT INTO t VALUES ({row})")
        violated = "ORA-00001: unique constraint (HR.U) violated"
        assert here.error("INSERT INTO t VALUES (1, NULL)") == violated

    def test_can_be_used_again_after_a_rollback(self, here: Asking) -> None:
        here.run("CREATE TABLE t (a NUMBER PRIMARY KEY)")
        here.run("INSERT INTO t VALUES (1)")
        here.rollback()
        assert here.run("INSERT INTO t VALUES (1)") == 1


class TestNames:
    def test_are_capitals_unless_quoted(self, here: Asking) -> None:
        here.run('CREATE TABLE "Mixed" ("a b" NUMBER, plain NUMBER)')
        here.run('INSERT INTO "Mixed" VALUES (1, 2)')
        assert here.rows('SELECT "a b", PLAIN FROM HR."Mixed"') == [(1, 2)]
        assert here.error("SELECT 1 FROM Mixed").startswith("ORA-00942")
        assert here.error('SELECT "plain" FROM "Mixed"') == 'ORA-00904: "plain": invalid identifier'

    def test_of_another_kind_are_taken(self, here: Asking) -> None:
        here.run("CREATE TABLE t (a NUMBER)")
        assert here.error("CREATE VIEW t AS SELECT 1 x FROM DUAL").startswith("ORA-00955")
        assert here.error("CREATE TABLE u (a NUMBER, A NUMBER)").startswith("ORA-00957")

    def test_lead_through_synonyms(self, here: Asking) -> None:
        here.run("CREATE TABLE t (a NUMBER)")
        here.run("CREATE SYNONYM s FOR t")
        here.run("INSERT INTO s VALUES (4)")
        assert here.rows("SELECT s.a FROM s") == [(4,)]


class TestAChangedDefinition:
    def test_shows_in_rows_that_were_there(self, here: Asking) -> None:
        here.run("CREATE TABLE t (a NUMBER, b VARCHAR2(5))")
        here.run("INSERT INTO t VALUES (1, 'x')")
        here.run("ALTER TABLE t ADD (c VARCHAR2(3) DEFAULT 'new' NOT NULL)")
        assert here.rows("SELECT * FROM t") == [(1, "x", "new")]
        here.run("ALTER TABLE t DROP COLUMN b")
        here.run("ALTER TABLE t RENAME COLUMN a TO z")
        assert here.rows("SELECT * FROM t WHERE z = 1") == [(1, "new")]

    def test_must_fit_the_rows(self, here: Asking) -> None:
        here.run("CREATE TABLE t (a VARCHAR2(10), n NUMBER(5))")
        here.run("INSERT INTO t VALUES ('12345', NULL)")
        assert here.error("ALTER TABLE t MODIFY (a VARCHAR2(3))").startswith("ORA-01441")
        assert here.error("ALTER TABLE t MODIFY (a NUMBER)").startswith("ORA-01439")
        assert here.error("ALTER TABLE t ADD (b NUMBER NOT NULL)").startswith("ORA-01758")
        assert here.error("ALTER TABLE t MODIFY (n NOT NULL)").startswith("ORA-02296")
        here.run("ALTER TABLE t MODIFY (a VARCHAR2(20))")

    def test_keeps_rowids(self, here: Asking) -> None:
        here.run("CREATE TABLE t (a NUMBER)")
        here.run("INSERT INTO t VALUES (1)")
        here.commit()
        before = here.rows("SELECT ROWID FROM t")
        here.run("ALTER TABLE t ADD (b NUMBER)")
        assert here.rows("SELECT ROWID FROM t") == before


class TestVirtualAndDefaultColumns:
    def test_are_computed(self, here: Asking) -> None:
        here.run("CREATE TABLE t (a NUMBER, b NUMBER AS (a * 2), c DATE DEFAULT SYSDATE, d NUMBER)")
        here.run("INSERT INTO t (a, d) VALUES (21, DEFAULT)")
        assert here.rows("SELECT b, b + 1, NVL(d, -1) FROM t WHERE b = 42") == [(42, 43, -1)]
        assert here.error("INSERT INTO t (b) VALUES (1)").startswith("ORA-54013")

    def test_of_a_sequence_count_once_for_a_row(self) -> None:
        here = asking(database())
        here.run("CREATE SEQUENCE s START WITH 5 INCREMENT BY 2")
        assert here.rows("SELECT s.NEXTVAL, s.NEXTVAL, s.CURRVAL FROM DUAL") == [(5, 5, 5)]
        assert here.rows("SELECT s.NEXTVAL FROM DUAL") == [(7,)]

    def test_of_identity_count_up(self, here: Asking) -> None:
        here.run("CREATE TABLE t (a NUMBER GENERATED ALWAYS AS IDENTITY, b NUMBER)")
        here.run("INSERT INTO t (b) VALUES (1)")
        here.run("INSERT INTO t (b) VALUES (2)")
        assert here.rows("SELECT a FROM t ORDER BY b") == [(1,), (2,)]


class TestPartitions:
    def test_take_the_rows_of_their_range(self, here: Asking) -> None:
        here.run(
            "CREATE TABLE t (d DATE, n NUMBER) PARTITION BY RANGE (d) "
            "(PARTITION old VALUES LESS THAN (DATE '2024-01-01'), "
            "PARTITION new VALUES LESS THAN (DATE '2025-01-01'))"
        )
        here.run("INSERT INTO t VALUES (DATE '2023-12-31', 1)")
        here.run("INSERT INTO t VALUES (DATE '2024-01-01', 2)")
        assert here.rows("SELECT n FROM t PARTITION (new)") == [(2,)]
        assert here.error("INSERT INTO t VALUES (DATE '2025-01-01', 3)").startswith("ORA-14400")
        assert here.error("SELECT n FROM t PARTITION (none)").startswith("ORA-02149")
        assert here.error("UPDATE t SET d = d + 300").startswith("ORA-14402")

    def test_by_hash_hold_every_row_once(self, here: Asking) -> None:
        here.run("CREATE TABLE t (n NUMBER) PARTITION BY HASH (n) PARTITIONS 4")
        here.run_many("INSERT INTO t VALUES (:1)", [(n,) for n in range(100)])
        names = here.rows("SELECT partition_name FROM user_tab_partitions WHERE table_name = 'T'")
        counts = [
            here.rows(f"SELECT COUNT(*) FROM t PARTITION ({name})")[0][0] for (name,) in names
        ]
        assert len(counts) == 4
        assert sum(counts) == 100
        assert here.rows("SELECT COUNT(*) FROM t") == [(100,)]
