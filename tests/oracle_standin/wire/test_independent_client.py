"""Another client, whose authors test it against real servers, reads the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest
import seerdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oracle_standin.port import OracleType
from oracle_standin.server import Server, ServerOptions, running
from oracle_standin.values.cells import cell
from oracle_standin.wire.profiles import PROFILES
from oracle_value_kinds import KINDS, Kind
from scripted_oracle import PASSWORD, USER, ScriptedDatabase, column

quick = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module", params=["19c", "23ai"])
def other_server(request: pytest.FixtureRequest) -> Iterator[tuple[Server, ScriptedDatabase]]:
    database = ScriptedDatabase()
    with running(database, ServerOptions(profile=PROFILES[request.param])) as started:
        yield started, database


@pytest.fixture
def other_client(other_server: tuple[Server, ScriptedDatabase]) -> Iterator[seerdb.OracleConnect]:
    connected = seerdb.connect(
        host="127.0.0.1",
        port=other_server[0].port,
        service_name="FREEPDB1",
        user=USER,
        password=PASSWORD,
    )
    yield connected
    connected.close()


def plain(value: object) -> object:
    """Return what a client gave, without the client's own classes."""
    if hasattr(value, "read"):
        return value.read()
    if hasattr(value, "months"):
        return value.years, value.months  # type: ignore[attr-defined]
    return value


def expected(kind: Kind, value: object) -> object:
    if kind.name == "timestamp-tz" and isinstance(value, datetime):
        # This client keeps the zone that the driver drops.
        return value.replace(tzinfo=timezone(timedelta(hours=9)))
    return plain(value)


class TestAnotherClient:
    @pytest.mark.parametrize("kind", KINDS, ids=str)
    def test_reads_every_type_as_it_was_stored(
        self,
        other_client: seerdb.OracleConnect,
        other_server: tuple[Server, ScriptedDatabase],
        kind: Kind,
    ) -> None:
        @quick
        @given(st.lists(st.none() | kind.values, min_size=1, max_size=4))
        def check(pool: list[object]) -> None:
            values = pool * 3 + pool[:1] * 3
            other_server[1].table("T", kind.column, rows=[[kind.cell(value)] for value in values])
            cursor = other_client.cursor()
            cursor.execute("SELECT * FROM T")
            seen = [plain(row[0]) for row in cursor.fetchall()]
            assert seen == [expected(kind, value) for value in values]
            cursor.close()

        check()

    def test_reads_many_rows_over_many_fetches(
        self, other_client: seerdb.OracleConnect, other_server: tuple[Server, ScriptedDatabase]
    ) -> None:
        texts = [f"row {number // 3}" for number in range(5000)]
        other_server[1].table(
            "MANY", column("C", OracleType.VARCHAR2), rows=[[cell(text.encode())] for text in texts]
        )
        cursor = other_client.cursor()
        cursor.execute("SELECT * FROM MANY")
        assert [row[0] for row in cursor.fetchall()] == texts

    def test_binds_commits_and_sees_errors(
        self, other_client: seerdb.OracleConnect, other_server: tuple[Server, ScriptedDatabase]
    ) -> None:
        database = other_server[1]
        table = database.table("KEPT", column("C", OracleType.VARCHAR2))
        cursor = other_client.cursor()
        cursor.execute("INSERT INTO KEPT VALUES (:1)", ["글"])
        other_client.commit()
        assert table.rows == [[cell("글".encode())]]
        assert database.sessions[-1].commits == 1
        with pytest.raises(seerdb.DatabaseError, match="ORA-00942"):
            cursor.execute("SELECT * FROM NOWHERE_AT_ALL")
        cursor.execute("SELECT :1 FROM DUAL", [7])
        assert cursor.fetchall() == [(7,)]
