"""Cases of SQL and what Oracle answers, one to a line, from the files in sql_cases.

`expression => value` is asked of DUAL, `SELECT ... => row; row` as it stands, its values parted by
commas, and `... => ORA-nnnnn` must end with that error. The line above a group names where Oracle
documents it. Values are text in quotes, numbers, moments, hexadecimal bytes, or NULL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import oracledb
import pytest

FOLDER = Path(__file__).parent.parent / "sql_cases"
MODELS = {
    oracledb.DB_TYPE_DATE: "TO_CHAR({}, 'SYYYY-MM-DD HH24:MI:SS')",
    oracledb.DB_TYPE_TIMESTAMP: "TO_CHAR({}, 'SYYYY-MM-DD HH24:MI:SS.FF9')",
    oracledb.DB_TYPE_TIMESTAMP_LTZ: "TO_CHAR({}, 'SYYYY-MM-DD HH24:MI:SS.FF9')",
    oracledb.DB_TYPE_TIMESTAMP_TZ: "TO_CHAR({}, 'SYYYY-MM-DD HH24:MI:SS.FF9 TZR')",
    oracledb.DB_TYPE_INTERVAL_DS: "TO_CHAR({})",
    oracledb.DB_TYPE_INTERVAL_YM: "TO_CHAR({})",
}
"""How the database itself writes what Python has no type for."""


def cases() -> Iterator[tuple[str, str, str]]:
    for file in sorted(FOLDER.glob("*.txt")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if " => " in line and not line.startswith("#"):
                question, _, answer = line.rpartition(" => ")
                yield f"{file.stem}:{number}", question.strip(), answer.strip()


def is_query(question: str) -> bool:
    return question.startswith(("SELECT ", "WITH "))


def answered(connection: oracledb.Connection, question: str) -> str:
    """Ask, and write the answer as the case files write it."""
    cursor = connection.cursor()
    if is_query(question):
        cursor.execute(question)
        return "; ".join(", ".join(map(written, row)) for row in cursor.fetchall()) or "no rows"
    cursor.parse(f"SELECT {question} FROM DUAL")
    [described] = cursor.description or []
    model = MODELS.get(described.type_code, "")
    cursor.execute(f"SELECT {model.format(question) or question} FROM DUAL")
    [(value,)] = cursor.fetchall()
    return moment(value) if model and value is not None else written(value)


def moment(text: str) -> str:
    """Drop what a model writes for every moment or interval alike: blanks and zeros."""
    text = text.strip().replace(".000000000", "")
    text = re.sub(r"^([+-])0*(\d+)-0?(\d+)$", r"\1\2-\3", text)
    return re.sub(r"^([+-])0*(\d+) (\d\d:\d\d:\d\d)(?:\.0+)?(.*)$", r"\1\2 \3\4", text)


def written(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, bytes):
        return value.hex()
    return f"'{value}'" if isinstance(value, str) else str(value)


@pytest.mark.parametrize(
    ("question", "answer"), [pytest.param(q, a, id=name) for name, q, a in cases()]
)
class TestWhatOracleDocuments:
    def test_is_what_it_answers(
        self, connection: oracledb.Connection, question: str, answer: str
    ) -> None:
        if answer.startswith("ORA-"):
            with pytest.raises(oracledb.DatabaseError, match=answer):
                answered(connection, question)
            return
        assert answered(connection, question) == answer
