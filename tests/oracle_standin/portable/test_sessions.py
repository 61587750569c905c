"""What a client says beside its statements: many calls at once, and what it is doing."""

from __future__ import annotations

import asyncio

import oracledb
import pytest

from oracle_under_test import DIALECTS, NewTable, OracleAccount

MANY = 2000
Answer = tuple[str | None, list[tuple[object, ...]] | None]
"""The error and the rows of one operation."""


def run(
    oracle: OracleAccount, pipeline: oracledb.Pipeline, *, continue_on_error: bool = False
) -> list[Answer]:
    """Send a pipeline in a session of its own."""

    async def send() -> list[Answer]:
        async with oracledb.connect_async(
            user=oracle.user, password=oracle.password, dsn=oracle.dsn
        ) as connected:
            results = await connected.run_pipeline(pipeline, continue_on_error=continue_on_error)
            assert await connected.fetchone("SELECT 'still here' FROM DUAL") == ("still here",)
        return [(one.error.full_code if one.error else None, one.rows) for one in results]

    return asyncio.run(send())


@pytest.mark.parametrize("oracle", DIALECTS, indirect=True)
class TestAPipeline:
    def test_is_answered_call_by_call(self, oracle: OracleAccount, table: NewTable) -> None:
        name = table("A NUMBER PRIMARY KEY")
        pipeline = oracledb.create_pipeline()
        for number in range(60):
            pipeline.add_fetchone(f"SELECT {number} FROM DUAL")
        pipeline.add_executemany(f"INSERT INTO {name} VALUES (:1)", [(n,) for n in range(MANY)])
        pipeline.add_fetchall(f"SELECT A FROM {name} ORDER BY A")
        pipeline.add_commit()
        *ones, _, every, _ = run(oracle, pipeline)
        assert ones == [(None, [(number,)]) for number in range(60)]
        assert every == (None, [(number,) for number in range(MANY)])

    def test_goes_on_behind_an_error_where_it_may(
        self, oracle: OracleAccount, table: NewTable
    ) -> None:
        name = table("A NUMBER PRIMARY KEY")
        pipeline = oracledb.create_pipeline()
        for value in (1, 1, 2):
            pipeline.add_execute(f"INSERT INTO {name} VALUES ({value})")
        pipeline.add_fetchall(f"SELECT A FROM {name} ORDER BY A")
        assert run(oracle, pipeline, continue_on_error=True) == [
            (None, None),
            ("ORA-00001", None),
            (None, None),
            (None, [(1,), (2,)]),
        ]

    def test_ends_with_its_first_error_where_it_may_not(
        self, oracle: OracleAccount, connection: oracledb.Connection, table: NewTable
    ) -> None:
        name = table("A NUMBER PRIMARY KEY")
        pipeline = oracledb.create_pipeline()
        for statement in ("INSERT INTO {} VALUES (1)", "INSERT INTO {} VALUES (1)"):
            pipeline.add_execute(statement.format(name))
        pipeline.add_execute(f"INSERT INTO {name} VALUES (2)")
        pipeline.add_commit()
        with pytest.raises(oracledb.IntegrityError, match="ORA-00001"):
            run(oracle, pipeline)
        assert connection.cursor().execute(f"SELECT A FROM {name}").fetchall() == []


@pytest.mark.parametrize("oracle", DIALECTS, indirect=True)
class TestAnApplicationContext:
    def test_is_there_from_the_start(self, oracle: OracleAccount) -> None:
        entries = [("CLIENTCONTEXT", "job", "nightly"), ("CLIENTCONTEXT", "part", "7")]
        with oracledb.connect(
            user=oracle.user, password=oracle.password, dsn=oracle.dsn, appcontext=entries
        ) as connected:
            asked = ", ".join(f"SYS_CONTEXT('CLIENTCONTEXT', '{key}')" for _, key, _ in entries)
            found = connected.cursor().execute(f"SELECT {asked} FROM DUAL").fetchone()
        assert found == ("nightly", "7")
