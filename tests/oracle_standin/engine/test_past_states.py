"""Reading the past: AS OF SCN and TIMESTAMP, read-only transactions, and what is gone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle_standin.port import OracleError
from standin_sql import Asking, HandClock, asking, database

CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("insert"), st.integers(1, 40), st.integers(0, 99)),
        st.tuples(st.just("update"), st.integers(1, 40), st.integers(0, 99)),
        st.tuples(st.just("delete"), st.integers(1, 40), st.just(0)),
        st.tuples(st.just("commit"), st.just(0), st.just(0)),
        st.tuples(st.just("rollback"), st.just(0), st.just(0)),
        st.tuples(st.just("savepoint"), st.just(0), st.just(0)),
        st.tuples(st.just("back"), st.just(0), st.just(0)),
    ),
    max_size=60,
)


def filled(clock: HandClock | None = None) -> Asking:
    here = asking(database(clock=clock))
    here.run("CREATE TABLE t (id NUMBER PRIMARY KEY, v NUMBER)")
    here.run_many("INSERT INTO t VALUES (:1, :2)", [(n, n) for n in range(1, 6)])
    here.commit()
    return here


def current_scn(here: Asking) -> int:
    return here.session.database.history.current


class Model:
    """A table as a dictionary, with every state that was committed."""

    def __init__(self) -> None:
        self.here = asking(database())
        self.here.run("CREATE TABLE t (id NUMBER PRIMARY KEY, v NUMBER)")
        self.committed: dict[int, int] = {}
        self.working: dict[int, int] = {}
        self.saved: dict[int, int] | None = None
        self.states = {current_scn(self.here): dict(self.committed)}

    def insert(self, key: int, value: int) -> None:
        if key not in self.working:
            self.here.run("INSERT INTO t VALUES (:1, :2)", key, value)
            self.working[key] = value

    def update(self, key: int, value: int) -> None:
        touched = self.here.run("UPDATE t SET v = :1 WHERE id = :2", value, key)
        assert touched == (key in self.working)
        if touched:
            self.working[key] = value

    def delete(self, key: int, _value: int) -> None:
        assert self.here.run("DELETE FROM t WHERE id = :1", key) == (key in self.working)
        self.working.pop(key, None)

    def savepoint(self, _key: int, _value: int) -> None:
        self.here.run("SAVEPOINT s")
        self.saved = dict(self.working)

    def back(self, _key: int, _value: int) -> None:
        if self.saved is not None:
            self.here.run("ROLLBACK TO s")
            self.working = dict(self.saved)

    def commit(self, _key: int, _value: int) -> None:
        self.here.commit()
        self.committed, self.saved = dict(self.working), None
        self.states[current_scn(self.here)] = dict(self.committed)

    def rollback(self, _key: int, _value: int) -> None:
        self.here.rollback()
        self.working, self.saved = dict(self.committed), None


class TestATableChangedStepByStep:
    @settings(max_examples=60, deadline=None)
    @given(CHANGES)
    def test_reads_at_every_scn_as_it_was_then(self, changes: list[tuple[str, int, int]]) -> None:
        model = Model()
        for what, key, value in changes:
            getattr(model, what)(key, value)
            assert sorted(model.here.rows("SELECT id, v FROM t")) == sorted(model.working.items())
        model.here.rollback()
        for scn, state in model.states.items():
            then = model.here.rows("SELECT id, v FROM t AS OF SCN :1", scn)
            assert sorted(then) == sorted(state.items())
            expected = len(state), sum(state.values()) if state else None
            totals = f"SELECT COUNT(*), SUM(v) FROM t AS OF SCN {scn}"
            assert model.here.rows(totals) == [expected]


class TestAReadAsOfATimestamp:
    def test_sees_what_was_committed_then(self) -> None:
        clock = HandClock()
        here = filled(clock)
        clock.forward(60)
        here.run("DELETE FROM t WHERE id > 2")
        here.commit()
        clock.forward(60)
        past = "SELECT COUNT(*) FROM t AS OF TIMESTAMP SYSTIMESTAMP - INTERVAL '90' SECOND"
        assert here.rows(past) == [(5,)]
        assert here.rows("SELECT COUNT(*) FROM t") == [(2,)]

    def test_fails_before_the_database_was_made_and_in_the_future(self) -> None:
        here = filled(HandClock())
        query = "SELECT COUNT(*) FROM t AS OF TIMESTAMP SYSTIMESTAMP {} INTERVAL '1' DAY"
        assert here.error(query.format("-")).startswith("ORA-08180")
        assert here.error(query.format("+")).startswith("ORA-08180")

    def test_turns_into_an_scn_and_back(self) -> None:
        clock = HandClock()
        here = filled(clock)
        scn = here.value("TIMESTAMP_TO_SCN(SYSTIMESTAMP)")
        assert scn == current_scn(here)
        assert here.value("SCN_TO_TIMESTAMP(:1)", scn) == "2026-03-01 12:00:00"


class TestAnSCN:
    def test_that_was_never_reached_is_refused(self) -> None:
        here = filled()
        ahead = current_scn(here) + 1
        assert here.error(f"SELECT * FROM t AS OF SCN {ahead}").startswith("ORA-08181")
        assert here.error("SELECT * FROM t AS OF SCN 0").startswith("ORA-08181")
        assert here.error("SELECT SCN_TO_TIMESTAMP(5) FROM DUAL").startswith("ORA-08181")

    def test_before_a_change_of_definition_cannot_be_read(self) -> None:
        here = filled()
        scn = current_scn(here)
        here.run("ALTER TABLE t ADD (w VARCHAR2(5))")
        assert here.error(f"SELECT * FROM t AS OF SCN {scn}").startswith("ORA-01466")

    def test_before_a_truncate_cannot_be_read(self) -> None:
        here = filled()
        scn = current_scn(here)
        here.run("TRUNCATE TABLE t")
        assert here.error(f"SELECT * FROM t AS OF SCN {scn}").startswith("ORA-01466")
        assert here.rows("SELECT * FROM t") == []


class TestUndoThatIsGone:
    def test_ends_a_read_of_rows_changed_since(self) -> None:
        here = filled()
        scn = current_scn(here)
        here.run("UPDATE t SET v = 0")
        here.commit()
        here.session.database.forget_undo()
        assert here.error(f"SELECT * FROM t AS OF SCN {scn}").startswith("ORA-01555")
        assert here.rows("SELECT SUM(v) FROM t") == [(0,)]

    def test_leaves_rows_that_nobody_changed(self) -> None:
        here = filled()
        here.session.database.forget_undo()
        scn = current_scn(here)
        here.run("CREATE TABLE other (n NUMBER)")
        here.run("INSERT INTO other VALUES (1)")
        here.commit()
        here.session.database.forget_undo()
        assert len(here.rows(f"SELECT * FROM t AS OF SCN {scn}")) == 5

    def test_ends_a_cursor_that_was_open_before(self) -> None:
        here = filled()
        here.run("CREATE TABLE wide (n NUMBER, s VARCHAR2(4000))")
        here.run_many("INSERT INTO wide VALUES (:1, RPAD('x', 3000))", [(n,) for n in range(20)])
        here.commit()
        _, fetch = here.opened("SELECT n FROM wide")
        assert len(fetch(2)) == 2
        other = asking(here.session.database)
        other.run("UPDATE wide SET n = -1")
        other.commit()
        here.session.database.forget_undo()
        with pytest.raises(OracleError, match="ORA-01555"):
            fetch(100)

    def test_makes_its_timestamps_unknown(self) -> None:
        clock = HandClock()
        here = filled(clock)
        clock.forward(60)
        here.run("UPDATE t SET v = 0")
        here.commit()
        here.session.database.forget_undo()
        query = "SELECT * FROM t AS OF TIMESTAMP SYSTIMESTAMP - INTERVAL '30' SECOND"
        assert here.error(query).startswith("ORA-08180")


class TestUndoOlderThanItsRetention:
    def test_is_dropped_in_time_and_not_before(self) -> None:
        clock = HandClock()
        here = filled(clock)
        scn = current_scn(here)
        clock.forward(60)
        for value in range(10):
            here.run("UPDATE t SET v = :1", value)
            here.commit()
        undone = f"SELECT SUM(v) FROM t AS OF SCN {scn}"
        assert here.rows(undone) == [(15,)]
        clock.forward(here.session.database.undo_retention_seconds + 1)
        here.run("UPDATE t SET v = 0 WHERE id = 1")
        here.commit()
        assert here.error(undone).startswith("ORA-01555")
        before = f"SELECT SUM(v) FROM t AS OF SCN {current_scn(here) - 1}"
        assert here.rows(before) == [(45,)]


class TestAReadOnlyTransaction:
    def test_sees_one_state_in_all_its_queries(self) -> None:
        here = filled()
        other = asking(here.session.database)
        here.run("SET TRANSACTION READ ONLY")
        other.run("DELETE FROM t")
        other.commit()
        assert here.rows("SELECT COUNT(*) FROM t") == [(5,)]
        here.commit()
        assert here.rows("SELECT COUNT(*) FROM t") == [(0,)]

    def test_refuses_changes_and_a_late_start(self) -> None:
        here = filled()
        here.run("SET TRANSACTION READ ONLY")
        assert here.error("DELETE FROM t").startswith("ORA-01456")
        here.commit()
        here.run("DELETE FROM t WHERE id = 1")
        assert here.error("SET TRANSACTION READ ONLY").startswith("ORA-01453")


class TestAnOpenCursor:
    def test_keeps_the_state_of_its_start(self) -> None:
        here = filled()
        columns, fetch = here.opened("SELECT id FROM t ORDER BY id")
        other = asking(here.session.database)
        other.run("DELETE FROM t")
        other.run("INSERT INTO t VALUES (100, 1)")
        other.commit()
        assert len(fetch(100)) == 5
        assert columns[0].name == "ID"

    def test_does_not_see_what_its_own_session_changes_later(self) -> None:
        here = filled()
        here.run("CREATE TABLE big (n NUMBER, s VARCHAR2(4000))")
        here.run_many("INSERT INTO big VALUES (:1, RPAD('x', 3000))", [(n,) for n in range(30)])
        _, fetch = here.opened("SELECT n FROM big")
        here.run("DELETE FROM big")
        assert len(fetch(100)) == 30

    def test_ends_when_its_table_is_truncated(self) -> None:
        here = filled()
        here.run("CREATE TABLE big (n NUMBER, s VARCHAR2(4000))")
        here.run_many("INSERT INTO big VALUES (:1, RPAD('x', 3000))", [(n,) for n in range(30)])
        here.commit()
        _, fetch = here.opened("SELECT n FROM big")
        asking(here.session.database).run("TRUNCATE TABLE big")
        with pytest.raises(OracleError, match="ORA-08103"):
            fetch(100)
