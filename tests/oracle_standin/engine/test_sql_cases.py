"""Cases of SQL and what Oracle answers, one to a line, from the files in sql_cases.

`expression => value` is asked of DUAL; `expression => ORA-nnnnn` must end with that error. The
line above a group names where Oracle documents it. Values are text in quotes, numbers,
moments, hexadecimal bytes, or NULL.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from standin_sql import asking, database

FOLDER = Path(__file__).parent.parent / "sql_cases"


def cases() -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    for file in sorted(FOLDER.glob("*.txt")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if " => " in line and not line.startswith("#"):
                question, _, answer = line.rpartition(" => ")
                found.append((f"{file.stem}:{number}", question.strip(), answer.strip()))
    return found


def shown(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value)


@pytest.mark.parametrize(
    ("question", "answer"), [pytest.param(q, a, id=name) for name, q, a in cases()]
)
class TestWhatOracleDocuments:
    def test_is_what_the_stand_in_answers(self, question: str, answer: str) -> None:
        here = asking(database())
        if answer.startswith("ORA-"):
            assert here.error(f"SELECT {question} FROM DUAL").startswith(answer)
            return
        value = here.value(question)
        expected = answer[1:-1] if answer.startswith("'") else answer
        assert shown(value) == expected
