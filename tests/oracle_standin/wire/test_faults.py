from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import oracledb
import pytest

from oracle_standin.faults import Action, FaultBook, Rule, rules_from_json
from oracle_standin.port import OracleType
from oracle_standin.server import Server, ServerOptions, running
from oracle_standin.values.cells import cell
from oracle_standin.wire.profiles import PROFILES
from scripted_oracle import PASSWORD, USER, ScriptedDatabase, column

ROWS = [(f"row {number}",) for number in range(3000)]


@pytest.fixture(params=["19c", "23ai"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    database = ScriptedDatabase()
    database.table(
        "BIG", column("C", OracleType.VARCHAR2), rows=[[cell(text.encode())] for (text,) in ROWS]
    )
    with running(database, ServerOptions(profile=PROFILES[request.param])) as started:
        yield started


def connect(server: Server, **more: object) -> oracledb.Connection:
    return oracledb.connect(user=USER, password=PASSWORD, dsn=server.dsn, **more)


def fetched(connection: oracledb.Connection, *, arraysize: int = 500) -> list[tuple[str]]:
    cursor = connection.cursor()
    cursor.arraysize, cursor.prefetchrows = arraysize, arraysize
    cursor.execute("SELECT * FROM BIG")
    rows: list[tuple[str]] = []
    try:
        while batch := cursor.fetchmany():
            rows += batch
    except oracledb.Error as error:
        error.add_note(f"after {len(rows)} rows")
        raise
    return rows


def until_it_fails(act: Callable[[], object]) -> None:
    """Repeat an action, but not for ever."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        act()


class TestAnErrorByRule:
    def test_comes_after_so_many_rows_once(self, server: Server) -> None:
        server.faults.add(
            Rule(action=Action.ERROR, code=1555, statement=r"from\s+big", after_rows=1000)
        )
        with connect(server) as connected:
            with pytest.raises(
                oracledb.DatabaseError, match="ORA-01555: snapshot too old"
            ) as error:
                fetched(connected)
            assert error.value.__notes__ == ["after 1000 rows"]
            assert fetched(connected) == ROWS
        assert server.faults.happened() == 1

    def test_comes_before_the_statement_as_often_as_asked(self, server: Server) -> None:
        server.faults.add(Rule(action=Action.ERROR, code=60, statement="BIG", times=2, text="mine"))
        with connect(server) as connected:
            for _ in range(2):
                with pytest.raises(oracledb.DatabaseError, match="ORA-00060: mine"):
                    fetched(connected)
            assert fetched(connected) == ROWS

    def test_leaves_other_statements_and_sessions_alone(self, server: Server) -> None:
        with connect(server) as one, connect(server) as other:
            number = next(iter(one.cursor().execute("SELECT :1 FROM DUAL", [1])))
            assert number == (1,)
            rule = Rule(action=Action.ERROR, code=1, statement="BIG", session=101, times=None)
            server.faults.add(rule)
            assert fetched(other) == ROWS
            with pytest.raises(oracledb.DatabaseError, match="ORA-00001"):
                fetched(one)
            assert one.cursor().execute("SELECT :1 FROM DUAL", [1]).fetchone() == (1,)

    def test_by_probability_repeats_with_its_seed(self, server: Server) -> None:
        rule = Rule(action=Action.ERROR, code=1, probability=0.5, seed=7, times=None)

        def failures() -> list[bool]:
            outcome = []
            server.faults.clear()
            with connect(server) as connected:
                server.faults.add(rule)
                for _ in range(30):
                    try:
                        connected.cursor().execute("SELECT :1 FROM DUAL", [1])
                    except oracledb.DatabaseError:
                        outcome.append(True)
                    else:
                        outcome.append(False)
                server.faults.clear()
            return outcome

        first = failures()
        assert 0 < sum(first) < 30
        assert failures() == first

    def test_waits_until_its_time(self, server: Server) -> None:
        now = 100.0
        server.faults.seconds_now = lambda: now
        server.faults.add(Rule(action=Action.ERROR, code=1, statement="BIG", after_seconds=60))
        with connect(server) as connected:
            now += 59
            assert fetched(connected) == ROWS
            now += 1
            with pytest.raises(oracledb.DatabaseError, match="ORA-00001"):
                fetched(connected)


class TestADroppedConnection:
    @pytest.mark.parametrize("action", [Action.DROP, Action.HALF])
    def test_in_the_middle_of_the_rows_is_dpy_4011(self, server: Server, action: Action) -> None:
        server.faults.add(Rule(action=action, statement="BIG", after_rows=1000))
        connected = connect(server)
        with pytest.raises(oracledb.Error, match="DPY-4011") as error:
            fetched(connected)
        assert error.value.args[0].isrecoverable
        assert not connected.is_healthy()
        with connect(server) as again:
            assert fetched(again) == ROWS

    def test_at_a_byte_cuts_there(self, server: Server) -> None:
        server.faults.add(Rule(action=Action.DROP, after_bytes=20_000))
        with pytest.raises(oracledb.Error, match="DPY-4011"):
            fetched(connect(server))


class TestASlowServer:
    def test_that_stalls_is_broken_off_by_the_clients_timeout(self, server: Server) -> None:
        server.faults.add(Rule(action=Action.STALL, statement="BIG", seconds=30))
        with connect(server) as connected:
            connected.call_timeout = 300
            with pytest.raises(oracledb.DatabaseError, match="DPY-4024"):
                fetched(connected)
            connected.call_timeout = 0
            assert fetched(connected) == ROWS

    def test_that_stalls_between_rows_is_broken_off_too(self, server: Server) -> None:
        server.faults.add(Rule(action=Action.STALL, statement="BIG", seconds=30, after_rows=700))
        with connect(server) as connected:
            connected.call_timeout = 300
            with pytest.raises(oracledb.DatabaseError, match="DPY-4024"):
                fetched(connected)
            connected.call_timeout = 0
            assert fetched(connected) == ROWS

    def test_that_trickles_outlasts_a_timeout_per_read(self, server: Server) -> None:
        with connect(server) as connected:
            server.faults.add(Rule(action=Action.TRICKLE, statement="BIG", bytes_per_second=20_000))
            connected.call_timeout = 250
            began = time.monotonic()
            cursor = connected.cursor()
            cursor.prefetchrows = 1000
            assert len(cursor.execute("SELECT * FROM BIG").fetchmany(600)) == 600
            assert time.monotonic() - began > 0.4

    def test_stops_at_once_where_it_is_told_to(self) -> None:
        database = ScriptedDatabase()
        with running(database) as brief:
            brief.faults.add(Rule(action=Action.STALL, statement="DUAL", seconds=600))
            connected = connect(brief)
            connected.call_timeout = 100
            began = time.monotonic()
            with pytest.raises(oracledb.DatabaseError, match="DPY-4024"):
                connected.cursor().execute("SELECT :1 FROM DUAL", [1])
        assert time.monotonic() - began < 10


class TestAListener:
    def test_refuses_for_as_long_as_it_is_told(self, server: Server) -> None:
        server.faults.add(Rule(action=Action.REFUSE, times=2))
        for _ in range(2):
            with pytest.raises(oracledb.OperationalError, match="12516"):
                connect(server)
        connect(server).close()

    def test_that_is_down_comes_back_while_sessions_go_on(self, server: Server) -> None:
        with connect(server) as before:
            server.faults.add(Rule(action=Action.DOWN, seconds=0.3))
            with pytest.raises(oracledb.OperationalError):
                connect(server)
            with pytest.raises(oracledb.OperationalError, match=r"DPY-6005|refused"):
                connect(server)
            assert fetched(before) == ROWS
            connect(server, retry_count=20, retry_delay=1).close()

    def test_of_a_restarting_server_loses_every_session(self, server: Server) -> None:
        one, other = connect(server), connect(server)
        server.faults.add(Rule(action=Action.RESTART, statement="BIG", seconds=0.2))
        with pytest.raises(oracledb.Error, match="DPY-4011"):
            fetched(one)
        with pytest.raises(oracledb.Error, match="DPY-4011"):
            other.ping()
        with connect(server, retry_count=20, retry_delay=1) as again:
            assert fetched(again) == ROWS


class TestRulesInAFile:
    def test_are_read_whenever_the_file_changes(self, tmp_path: Path) -> None:
        file = tmp_path / "faults.json"
        with running(ScriptedDatabase(), faults=FaultBook(file=file)) as served:
            with connect(served) as connected:
                connected.cursor().execute("SELECT :1 FROM DUAL", [1])
                file.write_text(json.dumps([{"action": "error", "code": 1555, "times": None}]))
                with pytest.raises(oracledb.DatabaseError, match="ORA-01555"):
                    until_it_fails(lambda: connected.cursor().execute("SELECT :1 FROM DUAL", [1]))
                file.write_text('[{"action": "err')
                with pytest.raises(oracledb.DatabaseError, match="ORA-01555"):
                    until_it_fails(lambda: connected.cursor().execute("SELECT :1 FROM DUAL", [1]))
                file.write_text("[]")
            served.faults.clear()
            connect(served).close()

    @pytest.mark.parametrize(
        "text",
        [
            "{}",
            "[1]",
            '[{"action": "explode"}]',
            '[{"action": "error", "when": "now"}]',
            '[{"action": "error", "probability": 2}]',
            '[{"action": "refuse", "after_rows": 1}]',
            '[{"action": "trickle", "bytes_per_second": 0}]',
            "not json",
        ],
    )
    def test_that_make_no_sense_are_refused(self, text: str) -> None:
        with pytest.raises(ValueError):  # noqa: PT011 - each names its own trouble
            rules_from_json(text)

    def test_may_use_every_field(self) -> None:
        (rule,) = rules_from_json(
            '[{"action": "stall", "statement": "X", "after_bytes": 5, "seconds": 2, "seed": 3}]'
        )
        assert rule == Rule(action=Action.STALL, statement="X", after_bytes=5, seconds=2, seed=3)
