"""No job is lost when the service ends in the middle of one."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import oracledb
import pytest

from command_line.api_client import ApiClient, path
from command_line.reading_back import Written, verify
from oracle_etl.settings import Secret
from oracle_standin.engine.database import OracleDatabase
from oracle_standin.faults import Action, Rule
from oracle_standin.server import Server, running
from served import Served, serving

TABLES = ("A", "B", "C")
ROWS = 400
SLOWLY = Rule(action=Action.TRICKLE, statement="AS OF SCN", bytes_per_second=20_000, times=None)
"""At this speed a table takes some seconds: the job runs when the service is told to end."""


@pytest.fixture(scope="module")
def standin() -> Iterator[Server]:
    database = OracleDatabase()
    database.create_user("DEMO", "demo")
    with running(database) as server:
        with connected(server) as connection, connection.cursor() as cursor:
            for table in TABLES:
                cursor.execute(f'CREATE TABLE "{table}" ("ID" NUMBER(9), "NOTE" VARCHAR2(200))')
                rows = [(number, f"{table}{number}" * 20) for number in range(ROWS)]
                cursor.executemany(f'INSERT INTO "{table}" VALUES (:1, :2)', rows)
            connection.commit()
        yield server


def connected(server: Server) -> oracledb.Connection:
    return oracledb.connect(user="demo", password="demo", dsn=server.dsn)


def a_service(folder: Path, standin: Server) -> AbstractContextManager[Served]:
    return serving(
        folder,
        ORACLE_DSN=standin.dsn,
        ORACLE_USERNAME="demo",
        ORACLE_PASSWORD="demo",
        ETL_WORKERS="2",
        ETL_TICK="200ms",
        ETL_IDLE="500ms",
        ETL_PROGRESS_INTERVAL="100ms",
        ETL_LEASE="4s",
        ETL_RENEWAL="1s",
    )


def api(served: Served) -> ApiClient:
    return ApiClient(served.url, api_key=Secret(""))


@pytest.fixture(params=[signal.SIGTERM, signal.SIGKILL], ids=["told to end", "killed"])
def ending(request: pytest.FixtureRequest) -> signal.Signals:
    number: signal.Signals = request.param
    return number


class TestAServiceThatEndsWhileAJobRuns:
    def test_goes_on_with_it_when_it_starts_again(
        self, tmp_path: Path, standin: Server, ending: signal.Signals
    ) -> None:
        standin.faults.add(SLOWLY)
        with a_service(tmp_path, standin) as served:
            body = {"name": "n", "tables": list(TABLES)}
            transport = api(served).post(path("transports"), body).body["id"]
            job = api(served).post(path("transports", transport, "execute"), {}).body["id"]
            stream = api(served).events(path("jobs", job, "events"))
            assert next(stream).name == "table_start"
            code = served.end(ending)
            assert code == (0 if ending is signal.SIGTERM else -signal.SIGKILL)
        standin.faults.clear()
        with a_service(tmp_path, standin) as again:
            *_, last = api(again).events(path("jobs", job, "events"))
            assert last.data["status"] == "completed"
            tables = api(again).get(path("jobs", job, "tables")).body["tables"]
        with connected(standin) as connection:
            for table in tables:
                files = tuple(Path(each["path"]) for each in table["objects"])
                name = table["table_name"].rsplit(".", 1)[-1]
                assert verify(connection, Written(owner="DEMO", table=name, files=files)) == ROWS
