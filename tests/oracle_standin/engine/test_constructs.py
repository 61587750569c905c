"""Constructs of the SQL Language Reference: each has its documented answer, or an error of its own.

`constructs/*.txt` holds one case to a line, under the chapter that describes it: statements parted
by `;;`, each case in a database of its own, and behind `=>` what the last of them answers. That is
rows as in `sql_cases`, `done`, an error (`ORA-` alone: the manual names none), or `not done` with
the words by which the error names the construct. Anything else is a wrong result.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_standin.engine.errors import ora
from oracle_standin.engine.parsing.lexer import Kind, tokens_of
from oracle_standin.port import OracleError
from standin_sql import Asking, asked, asking, staffed

FOLDER = Path(__file__).parent.parent / "constructs"
SURPLUS = " zork zork zork "
"""Words that can follow each other nowhere: two of them might be a column and its alias."""


def cases() -> Iterator[tuple[str, str, str]]:
    for file in sorted(FOLDER.glob("*.txt")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if " => " in line and not line.startswith("#"):
                question, _, answer = line.rpartition(" => ")
                yield f"{file.stem}:{number}", question, answer


def answered(here: Asking, question: str) -> str:
    """Run statements and return what the last one answers."""
    *before, last = question.split(" ;; ")
    for statement in before:
        asked(here, statement)
    try:
        return asked(here, last)
    except OracleError as error:
        return str(error)


class TestAConstruct:
    @pytest.mark.parametrize(
        ("question", "answer"), [pytest.param(q, a, id=name) for name, q, a in cases()]
    )
    def test_has_its_documented_answer_or_is_named(self, question: str, answer: str) -> None:
        found = answered(asking(staffed()), question)
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
        found = answered(asking(staffed()), statement[:at] + SURPLUS + statement[at:])
        assert found.startswith("ORA-"), found
