"""What a transport leaves out or masks is nowhere: in no object, log, state, event or answer."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from carried_through import Carried, a_home, carry
from journey_homes.embedded_home import EmbeddedHome
from journey_homes.oracle import PASSWORD, USER, CountingDatabase, Oracle
from left_behind import left_behind, places_of
from oracle_standin.faults import Action, Rule
from oracle_standin.server import running

MASK_KEY = "canary-of-the-mask-key-5f2b9d"
CANARIES = {
    "SSN": "canarySSN7F3A",
    "MAIL": "canaryMAIL81bc",
    "PHONE": "canaryPHONE22de",
    "HOME": "canaryHOME93fa",
    "CARD": "canaryCARD10ab",
    "BORN": "1987-06-05",
    "NOTE": "canaryNOTE44cd",
}
"""By column: what must not be found anywhere."""
CLEAR = "clearNAME55ee"
"""What must be found, by the same search."""

COLUMNS = (
    "ID NUMBER(9), NAME VARCHAR2(60), SSN VARCHAR2(60), MAIL VARCHAR2(60), PHONE VARCHAR2(60), "
    "HOME VARCHAR2(60), CARD VARCHAR2(60), BORN DATE, NOTE CLOB"
)
CHOICE: dict[str, Any] = {
    "table": "SHOP.CUSTOMERS",
    "exclude": ["SSN", "NOTE"],
    "masks": [
        {"column": "MAIL", "kind": "hash"},
        {"column": "PHONE", "kind": "redact"},
        {"column": "HOME", "kind": "null"},
        {"column": "CARD", "kind": "keep_last", "keep": 4},
        {"column": "BORN", "kind": "year"},
    ],
}
ROWS = 200
KEY_IN_SQL = Rule(action=Action.ERROR, statement=MASK_KEY, code=600, times=None)
"""A statement with the key in its text fails the job."""


HASHED: dict[str, tuple[str, str, str]] = {
    "FREE": ("NUMBER", "-0.5", "-0.5"),
    "LARGE": ("NUMBER(38)", "12345678901234567890123", "12345678901234567890123"),
    "MONEY": ("NUMBER(12,2)", "12.50", "12.5"),
    "D": ("DATE", "DATE '2024-02-29'", "2024-02-29T00:00:00"),
    "TS": (
        "TIMESTAMP(6)",
        "TIMESTAMP '2024-02-29 12:34:56.789012'",
        "2024-02-29T12:34:56.789012",
    ),
    "TZ": (
        "TIMESTAMP(3) WITH TIME ZONE",
        "TIMESTAMP '2024-07-01 12:00:00 Europe/Berlin'",
        "2024-07-01T12:00:00.000+02:00[Europe/Berlin]",
    ),
    "R": ("RAW(4)", "HEXTORAW('00ff')", "00FF"),
    "C": ("CHAR(5)", "'x'", "x    "),
    "NV": ("NVARCHAR2(20)", "N'漢字 😀'", "漢字 😀"),
    "V": ("VARCHAR2(60)", "'한글 \\ \"'", '한글 \\ "'),
}
"""By column: its type, a value as SQL writes it, and the text that is hashed."""


def mail_of(number: int) -> str:
    return f"{CANARIES['MAIL']}{number}@example.com"


def fill(oracle: Oracle) -> None:
    oracle.execute(f"CREATE TABLE CUSTOMERS ({COLUMNS})")
    with oracle.session() as connection, connection.cursor() as cursor:
        for number in range(ROWS):
            words = {name: f"{word}{number}" for name, word in CANARIES.items()}
            cursor.execute(
                "INSERT INTO CUSTOMERS VALUES (:1,:2,:3,:4,:5,:6,:7,DATE '1987-06-05',:8)",
                [
                    number,
                    f"{CLEAR}{number}",
                    words["SSN"],
                    mail_of(number),
                    words["PHONE"],
                    words["HOME"],
                    f"{CANARIES['CARD']}-{number:04d}",
                    words["NOTE"],
                ],
            )
        connection.commit()
    types = ", ".join(f"{name} {type_}" for name, (type_, _, _) in HASHED.items())
    values = ", ".join(value for _, value, _ in HASHED.values())
    oracle.execute(
        f"CREATE TABLE HASHED (ID NUMBER(9), {types})",
        f"INSERT INTO HASHED VALUES (1, {values})",
        "INSERT INTO HASHED (ID) VALUES (2)",
    )


def hash_of(text: str) -> str:
    return hmac.new(MASK_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def an_own_oracle(*, may_hash: bool) -> Iterator[Oracle]:
    database = CountingDatabase()
    database.create_user(USER, PASSWORD)
    if may_hash:
        database.grant(USER, "EXECUTE", "SYS", "DBMS_CRYPTO")
    with running(database) as server:
        oracle = Oracle(server, database)
        fill(oracle)
        oracle.faults.add(KEY_IN_SQL)
        yield oracle


@pytest.fixture(scope="module", params=[False, True], ids=["worker hashes", "Oracle hashes"])
def hashing(request: pytest.FixtureRequest) -> Iterator[tuple[Oracle, bool]]:
    for oracle in an_own_oracle(may_hash=request.param):
        yield oracle, request.param


@pytest.fixture(scope="module")
def masking(
    hashing: tuple[Oracle, bool], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EmbeddedHome]:
    folder: Path = tmp_path_factory.mktemp("home")
    with a_home(folder, hashing[0], ETL_MASK_KEY=MASK_KEY, LOG_LEVEL="DEBUG") as home:
        yield home


@pytest.fixture(scope="module")
def carried(masking: EmbeddedHome) -> list[Carried]:
    found = [
        carry(masking, CHOICE, format=format_) for format_ in ("jsonl.gz", "jsonl.zst", "parquet")
    ]
    for each in found:
        assert each.job["status"] == "completed", each.job["error"]
    return found


class TestColumnsThatAreLeftOutOrMasked:
    def test_are_nowhere(self, masking: EmbeddedHome, carried: list[Carried]) -> None:
        assert places_of(CANARIES.values(), left_behind(masking, carried)) == set()

    def test_would_be_found_where_they_were(
        self, masking: EmbeddedHome, carried: list[Carried]
    ) -> None:
        places = {where for _, where in places_of([CLEAR], left_behind(masking, carried))}
        for format_ in ("jsonl.gz", "jsonl.zst", "parquet"):
            assert any(where.endswith(f"CUSTOMERS.{format_}") for where in places), places

    def test_show_what_their_masks_leave(self, carried: list[Carried]) -> None:
        rows = carried[0].rows("CUSTOMERS")
        assert [{**row, "MAIL": None} for row in rows] == [
            {
                "ID": number,
                "NAME": f"{CLEAR}{number}",
                "MAIL": None,
                "PHONE": "***",
                "HOME": None,
                "CARD": "*" * (len(CANARIES["CARD"]) + 1) + f"{number:04d}",
                "BORN": 1987,
            }
            for number in range(ROWS)
        ]

    def test_are_masked_before_they_leave_oracle(self, carried: list[Carried]) -> None:
        columns = {each["name"]: each for each in carried[0].of_manifest("CUSTOMERS")["columns"]}
        assert columns["HOME"]["expression"] == "CAST(NULL AS VARCHAR2(1))"
        for name in ("PHONE", "CARD", "BORN"):
            assert columns[name]["expression"] != f'"{name}"'


class TestTheKeyOfTheHashes:
    def test_is_nowhere(self, masking: EmbeddedHome, carried: list[Carried]) -> None:
        assert places_of([MASK_KEY], left_behind(masking, carried)) == set()


class TestAKeyedHash:
    def test_is_hmac_sha256_wherever_it_is_computed(
        self, hashing: tuple[Oracle, bool], carried: list[Carried]
    ) -> None:
        columns = {each["name"]: each for each in carried[0].of_manifest("CUSTOMERS")["columns"]}
        assert ("DBMS_CRYPTO.MAC" in columns["MAIL"]["expression"]) is hashing[1]
        assert [row["MAIL"] for row in carried[0].rows("CUSTOMERS")] == [
            hash_of(mail_of(number)) for number in range(ROWS)
        ]

    def test_is_that_of_the_same_text_for_every_type(self, masking: EmbeddedHome) -> None:
        masks = [{"column": name, "kind": "hash"} for name in HASHED]
        carried = carry(masking, {"table": "SHOP.HASHED", "masks": masks})
        assert carried.job["status"] == "completed", carried.job["error"]
        assert carried.rows("HASHED") == [
            {"ID": 1, **{name: hash_of(text) for name, (_, _, text) in HASHED.items()}},
            {"ID": 2, **dict.fromkeys(HASHED)},
        ]
