"""What a small table costs besides its rows: statements to Oracle, each of them a round trip."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from benchmarks.cases import CASES
from benchmarks.counted_book import CountedJobBook
from benchmarks.remembering_database import RememberingDatabase
from benchmarks.replay_cells import PASSWORD, USER
from benchmarks.scale import home_in

from oracle_etl.flow.draft_transport import TransportDraft
from oracle_etl.flow.drain_queue import drain_queue
from oracle_etl.flow.start_job import start_job
from oracle_etl.gateways.embedded.sqlite import Database
from oracle_etl.gateways.oracle import OracleConnection, OracleTableSource
from oracle_etl.model.job import JobRequest, JobStatus
from oracle_etl.model.transport import TableChoice
from oracle_standin.port import Bind, DatabaseSession, Outcome
from oracle_standin.server import running

ASKED_FOR_A_TABLE = [
    "FROM ALL_OBJECTS",
    "FROM ALL_TABLES",
    "FROM ALL_POLICIES",
    "FROM ALL_EXTERNAL_TABLES",
    "FROM ALL_COL_COMMENTS",
    "FROM ALL_TAB_COLS",
    "FROM ALL_CONSTRAINTS",
    "SAMPLE BLOCK",
    "'DB_UNIQUE_NAME'",
    "WHERE ROWNUM<1",
    "SET TRANSACTION READ ONLY",
    "SELECT COUNT(*)",
    'SELECT "ID","QTY"',
]
"""How it is made, how large it is where statistics do not say, whether this is
still the job's database and its SCN, its count, its rows."""
_SMALL = CASES["small"].shrunk(0.05)


class ListeningDatabase(RememberingDatabase):
    """Writes down every statement that reaches it."""

    def __init__(self) -> None:
        super().__init__([_SMALL])
        self.heard: list[str] = []

    def open_session(
        self, *, user: str, session_id: int, attributes: dict[str, str]
    ) -> DatabaseSession:
        session = super().open_session(user=user, session_id=session_id, attributes=attributes)
        execute = session.execute

        def heard(statement: str, bind_rows: Sequence[Sequence[Bind]]) -> Outcome:
            self.heard.append(statement)
            return execute(statement, bind_rows)

        session.execute = heard  # type: ignore[method-assign]  # a listener before the session
        return session


def statements_of_a_job(tables: int, folder: Path) -> list[str]:
    """Return what Oracle was asked by one worker for a job of so many tables."""
    listening = ListeningDatabase()
    draft = TransportDraft(
        name="small",
        tables=tuple(TableChoice(table=f"{USER}.SMALL_{number}") for number in range(tables)),
        target_bucket="lake",
    )
    with (
        running(listening) as server,
        closing(Database(folder / "state.db")) as database,
        closing(
            OracleTableSource(
                OracleConnection(dsn=server.dsn, user=USER, password=lambda: PASSWORD)
            )
        ) as source,
    ):
        outside = home_in(folder, source, database, CountedJobBook(database))
        transport = draft.begun("TRPID-00000000", at=outside.clock.now())
        outside.book.transact(lambda entries: entries.put_transport(transport))
        job = start_job(transport.id, JobRequest(), outside=outside).job
        drain_queue(owner="worker", stopping=threading.Event(), outside=outside)
        assert outside.book.job(job.id).status is JobStatus.COMPLETED
    return listening.heard


@pytest.fixture(scope="module")
def statements(tmp_path_factory: pytest.TempPathFactory) -> dict[int, list[str]]:
    return {
        tables: statements_of_a_job(tables, tmp_path_factory.mktemp("small")) for tables in (1, 3)
    }


class TestASmallTable:
    def test_costs_the_same_few_statements_however_many_there_are(
        self, statements: dict[int, list[str]]
    ) -> None:
        more = statements[3][len(statements[1]) :]
        assert len(more) == 2 * len(ASKED_FOR_A_TABLE), "\n".join(more)
        assert all(
            part in statement for part, statement in zip(2 * ASKED_FOR_A_TABLE, more, strict=True)
        ), "\n".join(more)
