"""The SQL that users write."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from oracle_etl.model.errors import InvalidRequest
from oracle_etl.model.predicates import check_predicate, check_query

HERE = Path(__file__).parent
REFUSED = [
    tuple(part.strip() for part in line.rsplit(" | ", 1))
    for line in (HERE / "refused.cases").read_text().splitlines()
    if not line.startswith("#")
]
ACCEPTED = (HERE / "accepted.cases").read_text().splitlines()


class TestAPredicate:
    @pytest.mark.parametrize("text", ACCEPTED)
    def test_of_plain_conditions_is_accepted(self, text: str) -> None:
        check_predicate(text, binds=["given"])

    @pytest.mark.parametrize(("text", "why"), REFUSED)
    def test_that_tries_more_is_refused_with_the_reason(self, text: str, why: str) -> None:
        with pytest.raises(InvalidRequest) as raised:
            check_predicate(text, binds=["given"])
        assert why in raised.value.message
        assert raised.value.hint

    @pytest.mark.parametrize("text", ["", "  \n"])
    def test_of_nothing_is_refused(self, text: str) -> None:
        with pytest.raises(InvalidRequest, match="empty"):
            check_predicate(text, binds=[])

    @given(st.text(max_size=40))
    def test_in_a_quoted_text_is_only_text(self, text: str) -> None:
        quoted = text.replace("'", "''")
        check_predicate(f"NAME = '{quoted}'", binds=[])

    @example("-''-")
    @given(st.text(alphabet="()'\";-*/: aS1", max_size=30))
    def test_that_is_accepted_stays_inside_our_parentheses(self, text: str) -> None:
        try:
            check_predicate(text, binds=["a", "s", "a1"])
        except InvalidRequest:
            return
        outside = _without_quoted(text)
        depths = [
            outside[:end].count("(") - outside[:end].count(")") for end in range(len(outside) + 1)
        ]
        assert min(depths) == 0
        assert depths[-1] == 0
        assert not {";", "--", "/*"} & {
            outside[at : at + size] for at in range(len(outside)) for size in (1, 2)
        }


def _without_quoted(text: str) -> str:
    """Put a space for each quoted text or name, by a scan that shares nothing with the checker."""
    kept, quote = [], ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
            kept.append(" ")  # what stands before and behind it does not meet
        else:
            kept.append(letter)
    assert not quote
    return "".join(kept)


class TestAQuery:
    @pytest.mark.parametrize(
        "text",
        [
            "SELECT * FROM EMP",
            "with x as (select 1 a from dual) select a from x union all select 2 from dual",
            "SELECT ID FROM EMP WHERE NAME = :given",
        ],
    )
    def test_of_one_select_is_accepted(self, text: str) -> None:
        check_query(text, binds=["given"])

    @pytest.mark.parametrize(
        "text",
        [
            "DELETE FROM EMP",
            "SELECT * FROM EMP; DROP TABLE EMP",
            "SELECT * FROM EMP) , (SELECT * FROM SECRETS",
            "BEGIN NULL; END;",
            "WITH FUNCTION F RETURN NUMBER IS BEGIN RETURN 1",
            "SELECT 1 INTO X FROM DUAL",
            "SELECT * FROM EMP WHERE ID = :other",
            "SELECT /*+ FULL(E) */ * FROM EMP E",
        ],
    )
    def test_of_anything_else_is_refused(self, text: str) -> None:
        with pytest.raises(InvalidRequest, match="`query` is refused"):
            check_query(text, binds=["given"])

    def test_may_be_looked_at_before_its_binds_are_known(self) -> None:
        check_query("SELECT * FROM EMP WHERE ID = :other", binds=None)
