"""Constructs of the SQL Language Reference: each has its documented answer, or an error of its own.

`constructs/*.txt` holds one case to a line, under the chapter that describes it: statements parted
by `;;`, each case in a database of its own, and behind `=>` what the last of them answers. That is
rows as in `sql_cases`, `done`, an error (`ORA-` alone: the manual names none), or `not done` with
the words by which the error names the construct. Anything else is a wrong result.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_standin.engine.errors import ora
from oracle_standin.engine.parsing.lexer import Kind, tokens_of
from oracle_standin.port import OracleError
from standin_sql import Asking, asking, database

FOLDER = Path(__file__).parent.parent / "constructs"
SETUP = (
    "CREATE TABLE dept (deptno NUMBER(2) PRIMARY KEY, dname VARCHAR2(14))",
    (
        "CREATE TABLE emp (empno NUMBER(4) PRIMARY KEY, ename VARCHAR2(10), job VARCHAR2(9), "
        "mgr NUMBER(4), hiredate DATE, sal NUMBER(7,2), comm NUMBER(7,2), "
        "deptno NUMBER(2) REFERENCES dept)"
    ),
    "INSERT INTO dept VALUES (10, 'ACCOUNTING')",
    "INSERT INTO dept VALUES (20, 'RESEARCH')",
    "INSERT INTO dept VALUES (30, 'SALES')",
    "INSERT INTO emp VALUES (1, 'KING', 'PRESIDENT', NULL, DATE '1981-11-17', 5000, NULL, 10)",
    "INSERT INTO emp VALUES (2, 'BLAKE', 'MANAGER', 1, DATE '1981-05-01', 2850, NULL, 30)",
    "INSERT INTO emp VALUES (3, 'ALLEN', 'SALESMAN', 2, DATE '1981-02-20', 1600, 300, 30)",
    "INSERT INTO emp VALUES (4, 'WARD', 'SALESMAN', 2, DATE '1981-02-22', 1250, 500, 30)",
    "INSERT INTO emp VALUES (5, 'SCOTT', 'ANALYST', 1, DATE '1987-04-19', 3000, 0, 20)",
)
SURPLUS = " zork zork zork "
"""Words that can follow each other nowhere: two of them might be a column and its alias."""


def cases() -> Iterator[tuple[str, str, str]]:
    for file in sorted(FOLDER.glob("*.txt")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if " => " in line and not line.startswith("#"):
                question, _, answer = line.rpartition(" => ")
                yield f"{file.stem}:{number}", question, answer


def staff() -> Asking:
    made = asking(database())
    for statement in SETUP:
        made.run(statement)
    made.commit()
    return made


def answered(here: Asking, question: str) -> str:
    """Run statements and return what the last one answers."""
    *before, last = question.split(" ;; ")
    for statement in before:
        if statement.startswith("SELECT"):
            here.rows(statement)
        else:
            here.run(statement)
    try:
        if last.startswith(("SELECT", "WITH")):
            return "; ".join(", ".join(map(written, row)) for row in here.rows(last)) or "no rows"
        here.run(last)
    except OracleError as error:
        return str(error)
    return "done"


def written(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return f"'{value}'" if isinstance(value, str) else str(value)


class TestAConstruct:
    @pytest.mark.parametrize(
        ("question", "answer"), [pytest.param(q, a, id=name) for name, q, a in cases()]
    )
    def test_has_its_documented_answer_or_is_named(self, question: str, answer: str) -> None:
        found = answered(staff(), question)
        if answer.startswith("not done: "):
            start = str(ora(3001, f"the stand-in does not do {answer[len('not done: ') :]}"))
            assert found.startswith(start)
        elif answer.startswith("ORA-"):
            assert found.startswith(answer)
        else:
            assert found == answer

    def test_is_one_of_very_many(self) -> None:
        assert len(list(cases())) > 350


ANSWERED = sorted(
    question
    for _, question, answer in cases()
    if not answer.startswith(("ORA-", "not done")) and ";;" not in question
)


def spaces(statement: str) -> list[int]:
    """Return the places between the tokens of a statement."""
    tokens = [one for one in tokens_of(statement) if one.kind is not Kind.END]
    between = itertools.pairwise(tokens)
    inside = [after.start for before, after in between if before.end < after.start]
    return [*inside, len(statement)]


class TestAStatementThatIsAnswered:
    @given(st.data(), st.sampled_from(ANSWERED))
    def test_is_refused_with_words_too_many(self, data: st.DataObject, statement: str) -> None:
        at = data.draw(st.sampled_from(spaces(statement)))
        found = answered(staff(), statement[:at] + SURPLUS + statement[at:])
        assert found.startswith("ORA-"), found
