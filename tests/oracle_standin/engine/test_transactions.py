"""Transactions of several sessions: what they see, and what they wait for."""

from __future__ import annotations

import threading

import pytest

from oracle_standin.port import OracleError
from standin_sql import Asking, asking, database

DEADLINE = 20


def two_sessions(*, wait: float = 10) -> tuple[Asking, Asking]:
    made = database(lock_wait_seconds=wait)
    here = asking(made)
    here.run("CREATE TABLE t (id NUMBER PRIMARY KEY, v NUMBER)")
    here.run_many("INSERT INTO t VALUES (:1, 0)", [(1,), (2,)])
    here.commit()
    return here, asking(made)


class TestChangesOfAnOpenTransaction:
    def test_are_seen_by_their_session_alone(self) -> None:
        here, there = two_sessions()
        here.run("UPDATE t SET v = 7 WHERE id = 1")
        here.run("INSERT INTO t VALUES (3, 3)")
        assert here.rows("SELECT v FROM t ORDER BY id") == [(7,), (0,), (3,)]
        assert there.rows("SELECT v FROM t ORDER BY id") == [(0,), (0,)]
        here.commit()
        assert there.rows("SELECT v FROM t ORDER BY id") == [(7,), (0,), (3,)]

    def test_go_when_the_session_leaves(self) -> None:
        here, there = two_sessions()
        here.run("DELETE FROM t")
        here.session.close()
        assert there.rows("SELECT COUNT(*) FROM t") == [(2,)]

    def test_are_committed_by_a_definition(self) -> None:
        here, there = two_sessions()
        here.run("DELETE FROM t WHERE id = 1")
        here.run("CREATE TABLE u (n NUMBER)")
        assert there.rows("SELECT COUNT(*) FROM t") == [(1,)]


class TestAStatementThatFails:
    def test_changes_nothing_and_keeps_the_transaction(self) -> None:
        here, _ = two_sessions()
        here.run("INSERT INTO t VALUES (3, 1)")
        many = "INSERT INTO t SELECT id + 2, 1 FROM t"
        assert here.error(many).startswith("ORA-00001: unique constraint (HR.SYS_C")
        assert here.rows("SELECT COUNT(*) FROM t") == [(3,)]
        here.commit()
        assert here.rows("SELECT COUNT(*) FROM t") == [(3,)]

    def test_in_an_array_leaves_the_rows_before_it(self) -> None:
        here, _ = two_sessions()
        with pytest.raises(OracleError, match="ORA-00001"):
            here.run_many("INSERT INTO t VALUES (:1, 5)", [(3,), (4,), (1,), (6,)])
        assert here.rows("SELECT COUNT(*) FROM t WHERE v = 5") == [(2,)]

    def test_may_pass_through_double_keys_on_its_way(self) -> None:
        here, _ = two_sessions()
        assert here.run("UPDATE t SET id = 3 - id") == 2


class TestTwoTransactionsThatWantOneRow:
    def test_the_second_waits_for_the_first(self) -> None:
        here, there = two_sessions()
        here.run("UPDATE t SET v = v + 1 WHERE id = 1")
        done = threading.Event()

        def second() -> None:
            there.run("UPDATE t SET v = v + 10 WHERE id = 1")
            there.commit()
            done.set()

        thread = threading.Thread(target=second)
        thread.start()
        here.commit()
        assert done.wait(DEADLINE)
        thread.join(DEADLINE)
        assert here.rows("SELECT v FROM t WHERE id = 1") == [(11,)]

    def test_a_deadlock_fails_one_of_them(self) -> None:
        here, there = two_sessions()
        here.run("UPDATE t SET v = 1 WHERE id = 1")
        there.run("UPDATE t SET v = 2 WHERE id = 2")
        errors: list[str] = []

        def second() -> None:
            errors.append(there.error("UPDATE t SET v = 2 WHERE id = 1"))
            there.rollback()

        thread = threading.Thread(target=second)
        thread.start()
        errors.append(here.error("UPDATE t SET v = 1 WHERE id = 2"))
        here.rollback()
        thread.join(DEADLINE)
        assert sorted(error[:9] for error in errors) == ["ORA-00060", "no error"]

    def test_nowait_does_not_wait(self) -> None:
        here, there = two_sessions()
        here.run("UPDATE t SET v = 1 WHERE id = 1")
        locked = "SELECT * FROM t WHERE id = 1 FOR UPDATE NOWAIT"
        assert there.error(locked).startswith("ORA-00054")
        here.rollback()
        assert there.error(locked) == "no error"

    def test_the_same_key_waits_for_who_was_first(self) -> None:
        here, there = two_sessions(wait=0.05)
        here.run("INSERT INTO t VALUES (9, 1)")
        assert there.error("INSERT INTO t VALUES (9, 2)").startswith("ORA-30006")
        here.commit()
        assert there.error("INSERT INTO t VALUES (9, 2)").startswith("ORA-00001")


class TestAReadWhileAnotherWrites:
    def test_equals_the_state_at_its_scn(self) -> None:
        made = database()
        here, writer = asking(made), asking(made)
        here.run("CREATE TABLE t (id NUMBER PRIMARY KEY, v NUMBER, pad VARCHAR2(400))")
        here.run_many("INSERT INTO t VALUES (:1, :1, RPAD('x', 300))", [(n,) for n in range(2000)])
        here.commit()
        expected = here.rows("SELECT id, v FROM t ORDER BY id")
        scn = made.history.current
        stop = threading.Event()
        rounds = 0

        def write() -> None:
            nonlocal rounds
            while not stop.is_set():
                writer.run("UPDATE t SET v = v + 1 WHERE MOD(id, 7) = :1", rounds % 7)
                writer.run("DELETE FROM t WHERE id = :1", rounds)
                writer.run("INSERT INTO t VALUES (:1, 0, NULL)", 10_000 + rounds)
                writer.commit()
                rounds += 1

        thread = threading.Thread(target=write)
        thread.start()
        try:
            for _ in range(5):
                read = here.rows("SELECT id, v FROM t AS OF SCN :1", scn)
                assert sorted(read) == expected
        finally:
            stop.set()
            thread.join(DEADLINE)
        assert rounds > 0
