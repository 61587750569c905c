from __future__ import annotations

import asyncio
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import oracledb
import pytest

from oracle_standin.port import OracleError, OracleType
from oracle_standin.server import Server, ServerOptions, running
from oracle_standin.values.cells import cell
from oracle_standin.wire.profiles import PROFILES
from scripted_oracle import PASSWORD, USER, ScriptedDatabase, ScriptedSession, column


def failure(error: pytest.ExceptionInfo[oracledb.Error]) -> str:
    return str(error.value.args[0].full_code)


def connect(server: Server, **more: str) -> oracledb.Connection:
    return oracledb.connect(**({"user": USER, "password": PASSWORD, "dsn": server.dsn} | more))


def latest(database: ScriptedDatabase) -> ScriptedSession:
    return database.sessions[-1]


class TestLoggingIn:
    def test_shows_the_release_that_the_profile_names(
        self, connection: oracledb.Connection, framing: object
    ) -> None:
        expected = "23.6.0.24.10" if "23ai" in str(framing) else "19.3.0.0.0"
        assert connection.version == expected

    def test_tells_the_database_who_the_client_is(
        self, server: Server, database: ScriptedDatabase
    ) -> None:
        with connect(server):
            session = latest(database)
            assert session.user == "SCOTT"
            assert session.attributes["service"] == "FREEPDB1"
            assert "python-oracledb" in str(session.attributes["driver"])
            assert session.statements[0].startswith("ALTER SESSION SET TIME_ZONE=")

    def test_with_a_wrong_password_is_ora_01017(self, server: Server) -> None:
        with pytest.raises(oracledb.DatabaseError) as error:
            connect(server, password="lion")
        assert failure(error) == "ORA-01017"

    def test_under_a_name_nobody_has_is_ora_01017(self, server: Server) -> None:
        with pytest.raises(oracledb.DatabaseError) as error:
            connect(server, user="nobody")
        assert failure(error) == "ORA-01017"

    def test_to_a_service_nobody_offers_is_refused(self, server: Server) -> None:
        with pytest.raises(oracledb.OperationalError, match="DPY-6001"):
            connect(server, dsn=f"127.0.0.1:{server.port}/NOWHERE")

    def test_to_a_sid_nobody_offers_is_refused(self, server: Server) -> None:
        descriptor = (
            f"(DESCRIPTION=(ADDRESS=(PROTOCOL=tcp)(HOST=127.0.0.1)(PORT={server.port}))"
            "(CONNECT_DATA=(SID=NOWHERE)))"
        )
        with pytest.raises(oracledb.OperationalError, match="DPY-6003"):
            connect(server, dsn=descriptor)

    def test_with_a_quoted_name_keeps_its_case(self, server: Server) -> None:
        with pytest.raises(oracledb.DatabaseError) as error:
            connect(server, user='"scott"')
        assert failure(error) == "ORA-01017"
        with connect(server, user='"SCOTT"') as connected:
            connected.ping()

    def test_where_the_database_refuses_shows_its_error(self) -> None:
        class Locked(ScriptedDatabase):
            def open_session(
                self, *, user: str, session_id: int, attributes: dict[str, str]
            ) -> ScriptedSession:
                raise OracleError(28000, f"The account {user} is locked {session_id, attributes}")

        with running(Locked()) as locked, pytest.raises(oracledb.DatabaseError) as error:
            connect(locked)
        assert failure(error) == "ORA-28000"

    def test_to_an_11g_server_is_beyond_the_thin_driver(self) -> None:
        options = ServerOptions(profile=PROFILES["11.2"])
        with (
            running(ScriptedDatabase(), options) as old,
            pytest.raises(oracledb.OperationalError, match="DPY-3010"),
        ):
            connect(old)


class TestASession:
    def test_passes_on_commit_rollback_and_whether_a_transaction_is_open(
        self, server: Server, database: ScriptedDatabase
    ) -> None:
        database.table("CHANGED", column("ID", OracleType.NUMBER))
        with connect(server) as connected:
            connected.cursor().execute("INSERT INTO CHANGED VALUES (:1)", [1])
            assert connected.transaction_in_progress
            connected.commit()
            assert not connected.transaction_in_progress
            connected.rollback()
            assert (latest(database).commits, latest(database).rollbacks) == (1, 1)

    def test_commits_by_itself_where_autocommit_is_on(
        self, server: Server, database: ScriptedDatabase
    ) -> None:
        database.table("CHANGED", column("ID", OracleType.NUMBER))
        with connect(server) as connected:
            connected.autocommit = True
            for value in (1, 2, 3):
                connected.cursor().execute("INSERT INTO CHANGED VALUES (:1)", [value])
            assert latest(database).commits == 3

    def test_notes_end_to_end_attributes_and_schema(
        self, server: Server, database: ScriptedDatabase
    ) -> None:
        with connect(server) as connected:
            connected.module, connected.action = "extract", ""
            connected.client_identifier, connected.clientinfo = "한글", "info"
            connected.dbop, connected.current_schema = "op", "HR"
            connected.ping()
            assert (
                latest(database).attributes.items()
                >= {
                    "module": "extract",
                    "action": None,
                    "client_identifier": "한글",
                    "client_info": "info",
                    "dbop": "op",
                    "current_schema": "HR",
                }.items()
            )

    def test_ends_when_the_client_closes_it(
        self, server: Server, database: ScriptedDatabase
    ) -> None:
        connect(server).close()
        assert latest(database).closed.wait(5)

    def test_ends_when_the_connection_is_cut(self) -> None:
        database = ScriptedDatabase()
        with running(database) as brittle:
            connected = connect(brittle)
            brittle.cut_sessions()
            assert latest(database).closed.wait(5)
            with pytest.raises(oracledb.Error, match="DPY-4011"):
                connected.ping()

    def test_is_one_of_many_at_once(self, server: Server) -> None:
        together = threading.Barrier(8)

        def ask(number: int) -> list[tuple[object, ...]]:
            with connect(server) as connected:
                together.wait(10)
                cursor = connected.cursor()
                cursor.execute("SELECT :1 FROM DUAL", [number])
                return list(cursor.fetchall())

        with ThreadPoolExecutor(8) as threads:
            assert list(threads.map(ask, range(8))) == [[(number,)] for number in range(8)]

    def test_works_in_a_pool(self, server: Server, database: ScriptedDatabase) -> None:
        database.table("CHANGED", column("ID", OracleType.NUMBER))
        pool = oracledb.create_pool(
            user=USER, password=PASSWORD, dsn=server.dsn, min=1, max=3, increment=1, ping_interval=0
        )
        with closing(pool):
            for _ in range(3):
                with pool.acquire() as one, pool.acquire() as other:
                    one.cursor().execute("INSERT INTO CHANGED VALUES (:1)", [1])
                    other.ping()
        assert all(session.closed.wait(5) for session in database.sessions[-2:])


class TestAStatement:
    def test_that_fails_shows_code_text_and_position(self, connection: oracledb.Connection) -> None:
        with pytest.raises(oracledb.DatabaseError) as error:
            connection.cursor().execute("SELECT * FROM NOWHERE_AT_ALL")
        assert failure(error) == "ORA-00942"
        assert "table or view does not exist" in error.value.args[0].message
        assert error.value.args[0].offset == 14

    def test_that_failed_leaves_the_session_usable(self, connection: oracledb.Connection) -> None:
        for _ in range(3):
            with pytest.raises(oracledb.DatabaseError):
                connection.cursor().execute("SELECT * FROM NOWHERE_AT_ALL")
        rows = connection.cursor().execute("SELECT :1 FROM DUAL", ["x"]).fetchall()
        assert rows == [("x",)]

    def test_is_run_again_under_its_cursor(
        self, connection: oracledb.Connection, database: ScriptedDatabase
    ) -> None:
        rows = [[cell(b"a")], [cell(b"b")]]
        database.query("SELECT AGAIN", [column("C", OracleType.VARCHAR2)], rows)
        database.answers["SELECT AGAIN"] = database.table(
            "AGAIN", column("C", OracleType.VARCHAR2), rows=rows
        ).selected
        for _ in range(4):
            assert connection.cursor().execute("SELECT AGAIN").fetchall() == [("a",), ("b",)]

    def test_can_be_parsed_without_being_run(
        self, connection: oracledb.Connection, database: ScriptedDatabase
    ) -> None:
        database.table("PARSED", column("WHO", OracleType.VARCHAR2, size=40, characters=10))
        cursor = connection.cursor()
        cursor.parse("SELECT * FROM PARSED")
        assert cursor.description is not None
        assert [(each[0], each[2]) for each in cursor.description] == [("WHO", 10)]

    def test_cache_closes_what_it_drops(self, server: Server) -> None:
        with connect(server) as connected:
            connected.stmtcachesize = 2
            for number in range(40):
                statement = f"SELECT :1 /* {number} */ FROM DUAL"
                assert connected.cursor().execute(statement, [number]).fetchone() == (number,)

    @pytest.mark.parametrize("arraysize", [1, 2, 7, 100])
    @pytest.mark.parametrize("prefetch", [0, 2, 20, 21])
    def test_gives_all_rows_whatever_the_sizes_of_fetches(
        self,
        connection: oracledb.Connection,
        database: ScriptedDatabase,
        arraysize: int,
        prefetch: int,
    ) -> None:
        texts = [f"row {number // 3}" for number in range(20)]
        database.table(
            "SIZES", column("C", OracleType.VARCHAR2), rows=[[cell(t.encode())] for t in texts]
        )
        cursor = connection.cursor()
        cursor.arraysize, cursor.prefetchrows = arraysize, prefetch
        assert cursor.execute("SELECT * FROM SIZES").fetchall() == [(text,) for text in texts]
        assert cursor.rowcount == 20

    def test_with_a_large_answer_leaves_in_many_packets(
        self, connection: oracledb.Connection, database: ScriptedDatabase
    ) -> None:
        texts = [f"{number:04d}" * 500 for number in range(3000)]
        database.table(
            "LARGE",
            column("C", OracleType.VARCHAR2),
            rows=[[cell(text.encode())] for text in texts],
        )
        cursor = connection.cursor()
        cursor.arraysize = cursor.prefetchrows = 3000
        assert [text for (text,) in cursor.execute("SELECT * FROM LARGE")] == texts

    def test_cannot_be_one_too_many(self, server: Server) -> None:
        with connect(server) as connected:
            connected.stmtcachesize = 2000
            cursors = [connected.cursor() for _ in range(1000)]
            for number, cursor in enumerate(cursors):
                cursor.execute(f"SELECT :1 /* {number} */ FROM DUAL", [number])
            with pytest.raises(oracledb.DatabaseError, match="ORA-01000"):
                connected.cursor().execute("SELECT :1 /* more */ FROM DUAL", [1])
            assert cursors[7].fetchall() == [(7,)]

    def test_that_would_scroll_is_refused(self, connection: oracledb.Connection) -> None:
        cursor = connection.cursor(scrollable=True)
        with pytest.raises(oracledb.DatabaseError, match=r"ORA-03001: .* scrollable cursors"):
            cursor.execute("SELECT 1 FROM DUAL")

    def test_is_fetched_by_an_asynchronous_client_too(
        self, server: Server, database: ScriptedDatabase
    ) -> None:
        texts = [f"row {number // 2}" for number in range(500)]
        database.table(
            "ASYNC",
            column("C", OracleType.VARCHAR2),
            rows=[[cell(text.encode())] for text in texts],
        )

        async def read() -> list[str]:
            async with oracledb.connect_async(
                user=USER, password=PASSWORD, dsn=server.dsn
            ) as connected:
                cursor = connected.cursor()
                await cursor.execute("SELECT * FROM ASYNC")
                return [text for (text,) in await cursor.fetchall()]

        assert asyncio.run(read()) == texts


class TestABrokenOffCall:
    def test_by_timeout_is_cancelled_and_the_session_goes_on(
        self, server: Server, database: ScriptedDatabase
    ) -> None:
        with connect(server) as connected:
            connected.call_timeout = 300
            with pytest.raises(oracledb.DatabaseError, match="DPY-4024"):
                connected.cursor().execute("WAIT")
            assert latest(database).interrupted.is_set()
            connected.call_timeout = 0
            assert connected.cursor().execute("SELECT :1 FROM DUAL", [3]).fetchall() == [(3,)]

    def test_by_cancel_is_ora_01013_and_the_session_goes_on(
        self, server: Server, database: ScriptedDatabase
    ) -> None:
        running_now = threading.Event()

        def hold(_: object) -> None:
            running_now.set()
            latest(database).interrupted.wait(10)
            raise OracleError(1013, "user requested cancel of current operation")

        database.answers["HOLD"] = hold  # type: ignore[assignment]
        with connect(server) as connected, ThreadPoolExecutor(1) as thread:
            held = thread.submit(connected.cursor().execute, "HOLD")
            assert running_now.wait(5)
            connected.cancel()
            with pytest.raises(oracledb.DatabaseError, match="ORA-01013"):
                held.result(10)
            assert connected.cursor().execute("SELECT :1 FROM DUAL", [3]).fetchall() == [(3,)]

    def test_by_an_error_in_the_client_leaves_the_session_usable(
        self, connection: oracledb.Connection, database: ScriptedDatabase
    ) -> None:
        database.table(
            "UNDECODABLE", column("C", OracleType.VARCHAR2), rows=[[cell(b"\xff\xfe")]] * 5000
        )
        for _ in range(3):
            with pytest.raises(UnicodeDecodeError):
                connection.cursor().execute("SELECT * FROM UNDECODABLE").fetchall()
            assert connection.cursor().execute("SELECT :1 FROM DUAL", [3]).fetchall() == [(3,)]


class TestAServer:
    def test_refuses_what_is_no_oracle_client_and_stays(self, server: Server) -> None:
        for noise in (b"GET / HTTP/1.1\r\n\r\n", bytes(8), b"\xff" * 64):
            with socket.create_connection(("127.0.0.1", server.port), timeout=5) as other:
                other.sendall(noise)
                other.shutdown(socket.SHUT_WR)
                assert other.recv(100) == b""
        with connect(server) as connected:
            connected.ping()
