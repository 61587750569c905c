"""A writer moves money while a job reads: what is written adds up to the last unit."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import oracledb
import pytest

from journey_homes.home import Home, StartHome
from journey_homes.oracle import Oracle
from journey_homes.written import Row, Version
from oracle_standin.faults import Action, Rule

BRANCHES, ACCOUNTS, OPENING = 10, 1_200, 1_000
FILLER = "x" * 150
SLOWLY = Rule(action=Action.TRICKLE, statement="AS OF SCN", bytes_per_second=150_000, times=None)
SETTINGS = {"ETL_PART_BYTES": "32768"}

TABLES = {
    "BRANCH": "ID NUMBER(9), TOTAL NUMBER(12)",
    "ACCOUNT": "ID NUMBER(9), BRANCH_ID NUMBER(9), BALANCE NUMBER(12), FILLER VARCHAR2(200)",
    "LEDGER": "ID NUMBER(12), TRANSFER_ID NUMBER(12), ACCOUNT_ID NUMBER(9), AMOUNT NUMBER(12), "
    "FILLER VARCHAR2(200)",
    "TRANSFER": "ID NUMBER(12), FROM_ID NUMBER(9), TO_ID NUMBER(9), AMOUNT NUMBER(12)",
    "BOOKS": "ID NUMBER(9), TRANSFERS NUMBER(12), TURNOVER NUMBER(12)",
}


@pytest.fixture(scope="module")
def bank(oracle: Oracle) -> Oracle:
    """Open the accounts, and make some transfers, so that every table has rows to be split."""
    accounts = [(n, n % BRANCHES, OPENING, FILLER) for n in range(ACCOUNTS)]
    total = OPENING * ACCOUNTS // BRANCHES
    held: dict[str, list[tuple[object, ...]]] = {
        "BRANCH": [(n, total) for n in range(BRANCHES)],
        "ACCOUNT": list(accounts),
        "LEDGER": [],
        "TRANSFER": [],
        "BOOKS": [(1, 0, 0)],
    }
    for name, columns in TABLES.items():
        oracle.make_table(name, columns, held[name])
    with oracle.session() as connection:
        writer = Writer(connection, seed=0)
        for _ in range(300):
            writer.transfer()
    oracle.analyse("LEDGER")
    return oracle


class Writer:
    """Moves money between accounts; each transfer changes all five tables, and commits."""

    def __init__(self, connection: oracledb.Connection, *, seed: int) -> None:
        self._connection = connection
        self._chance = random.Random(seed)  # noqa: S311 - the same transfers each time
        with connection.cursor() as cursor:
            cursor.execute("SELECT TRANSFERS FROM BOOKS")
            [(self.transfers,)] = cursor.fetchall()

    def transfer(self) -> None:
        source, target = self._chance.sample(range(ACCOUNTS), 2)
        amount = self._chance.randrange(1, 500)
        self.transfers += 1
        number = int(self.transfers)
        with self._connection.cursor() as cursor:
            for account, change in ((source, -amount), (target, amount)):
                cursor.execute(
                    "UPDATE ACCOUNT SET BALANCE=BALANCE+:1 WHERE ID=:2", [change, account]
                )
                cursor.execute(
                    "UPDATE BRANCH SET TOTAL=TOTAL+:1 WHERE ID=:2", [change, account % BRANCHES]
                )
                cursor.execute(
                    "INSERT INTO LEDGER VALUES (:1,:2,:3,:4,:5)",
                    [2 * number + (change > 0), number, account, change, FILLER],
                )
            cursor.execute(
                "INSERT INTO TRANSFER VALUES (:1,:2,:3,:4)", [number, source, target, amount]
            )
            cursor.execute("UPDATE BOOKS SET TRANSFERS=TRANSFERS+1, TURNOVER=TURNOVER+:1", [amount])
        self._connection.commit()


@contextmanager
def writing(oracle: Oracle, *, seed: int) -> Iterator[Writer]:
    """Transfer without a pause, from a thread, while the block runs."""
    with oracle.session() as connection:
        writer, ended = Writer(connection, seed=seed), Event()

        def write() -> None:
            while not ended.is_set():
                writer.transfer()

        thread = Thread(target=write, name="writer")
        thread.start()
        try:
            yield writer
        finally:
            ended.set()
            thread.join()


@pytest.fixture(scope="module")
def bank_home(start_home: StartHome, bank: Oracle) -> Iterator[Home]:
    with start_home(bank, **SETTINGS) as home:
        yield home


def check_books(tables: dict[str, list[Row]]) -> int:
    """Check what holds after every transfer, and return how many there were."""
    [books] = tables["BOOKS"]
    moved: Counter[int] = Counter()
    for entry in tables["LEDGER"]:
        moved[entry["ACCOUNT_ID"]] += entry["AMOUNT"]
    balances = {row["ID"]: row["BALANCE"] for row in tables["ACCOUNT"]}
    assert len(tables["ACCOUNT"]) == len(balances) == ACCOUNTS
    assert balances == {account: OPENING + moved[account] for account in range(ACCOUNTS)}
    totals: Counter[int] = Counter()
    for row in tables["ACCOUNT"]:
        totals[row["BRANCH_ID"]] += row["BALANCE"]
    assert {row["ID"]: row["TOTAL"] for row in tables["BRANCH"]} == dict(totals)
    transfers = sorted(row["ID"] for row in tables["TRANSFER"])
    assert transfers == list(range(1, books["TRANSFERS"] + 1))
    assert sorted(row["ID"] for row in tables["LEDGER"]) == [
        each for number in transfers for each in (2 * number, 2 * number + 1)
    ]
    assert sum(row["AMOUNT"] for row in tables["TRANSFER"]) == books["TURNOVER"]
    return len(transfers)


ROUNDS = [
    *(pytest.param(seed, id=f"round {seed}") for seed in (1, 2)),
    *(
        pytest.param(seed, id=f"proof {seed} of 20", marks=pytest.mark.prove)
        for seed in range(1, 21)
    ),
]


class TestFiveTablesThatAreWrittenWhileTheyAreRead:
    @pytest.mark.parametrize("seed", ROUNDS)
    def test_add_up_exactly(self, bank_home: Home, bank: Oracle, seed: int) -> None:
        api = bank_home.api
        with bank.going_wrong(SLOWLY), writing(bank, seed=seed) as writer:
            before = writer.transfers
            transport = api.create([f"SHOP.{name}" for name in TABLES], parallel_tables=5)
            job = api.execute(transport)
            ended = api.ended(job)
            after = writer.transfers
        assert (ended["status"], ended["consistency"]) == ("completed", "scn")
        assert sum(each["parts_total"] for each in api.tables(job).values()) >= 8
        version = Version(home=bank_home, transport=transport)
        written = check_books({name: version.rows(name) for name in TABLES})
        # The job saw one moment of many: the writer was never still.
        assert before <= written < after - 10


NO_FLASHBACK = Rule(action=Action.ERROR, statement="AS OF SCN", code=1031, times=None)


class TestAnAccountThatMayNotLookBack:
    def test_carries_each_table_at_a_moment_of_its_own_and_says_so(
        self, bank_home: Home, bank: Oracle
    ) -> None:
        api = bank_home.api
        with bank.going_wrong(NO_FLASHBACK):
            transport = api.create([f"SHOP.{name}" for name in TABLES])
            ended = api.ended(api.execute(transport))
        version = Version(home=bank_home, transport=transport)
        manifest = version.manifest
        assert ended["status"] == "completed"
        assert manifest["consistency"] != "scn"
        assert {table["scn"] for table in manifest["tables"]} == {None}
        assert all(table["warnings"] for table in manifest["tables"])
        assert any("SHOP.ACCOUNT" in warning for warning in ended["warnings"])
        # Nobody wrote meanwhile, so that it adds up all the same.
        check_books({name: version.rows(name) for name in TABLES})

    def test_fails_a_transport_that_demands_one_moment_and_names_the_grant(
        self, bank_home: Home, bank: Oracle
    ) -> None:
        api = bank_home.api
        with bank.going_wrong(NO_FLASHBACK):
            transport = api.create(["SHOP.ACCOUNT"], consistency="job")
            job = api.execute(transport)
            ended = api.ended(job)
        assert ended["status"] == "failed"
        failure = api.tables(job)["ACCOUNT"]["failure"]
        assert "GRANT FLASHBACK" in failure["hint"]
        assert "ACCOUNT.jsonl.gz" not in Version(home=bank_home, transport=transport).names
