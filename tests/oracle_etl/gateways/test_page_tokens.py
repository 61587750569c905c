from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_etl.gateways.page_tokens import key_of, page_token
from oracle_etl.model.errors import InvalidRequest

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)
INTEGERS = st.integers(min_value=-(2**63) + 1, max_value=2**63 - 1)


def token_of(listed: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(listed).encode()).decode()


class TestAToken:
    @given(st.lists(st.none() | TEXTS, max_size=3), INTEGERS, TEXTS)
    def test_gives_its_key_back_to_its_list(
        self, name: list[str | None], number: int, text: str
    ) -> None:
        token = page_token(name, (number, text))
        assert key_of(token, name, [int, str]) == (number, text)

    @given(INTEGERS, TEXTS)
    def test_can_stand_in_an_address_as_it_is(self, number: int, text: str) -> None:
        token = page_token(["jobs"], (number, text))
        assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")

    @given(st.lists(st.none() | TEXTS, min_size=1, max_size=3), INTEGERS)
    def test_means_nothing_to_another_list(self, name: list[str | None], number: int) -> None:
        token = page_token(name, (number,))
        with pytest.raises(InvalidRequest):
            key_of(token, [*name[:-1], "another list"], [int])


class TestATokenThatNobodyGave:
    @given(st.text(max_size=50) | st.binary(max_size=50).map(lambda raw: raw.decode("latin-1")))
    def test_is_refused(self, token: str) -> None:
        with pytest.raises(InvalidRequest):
            key_of(token, ["jobs"], [int, str])

    @pytest.mark.parametrize(
        "listed",
        [
            ["jobs"],
            ["jobs", 1],
            ["jobs", "1", "x"],
            ["jobs", 1, "x", 2],
            ["jobs", True, "x"],
            ["jobs", 1.0, "x"],
            ["jobs", None, "x"],
            ["jobs", [1], "x"],
            ["jobs", 2**63, "x"],
            ["jobs", -(2**63), "x"],
            ["jobs", 1, "\ud800"],
            {"jobs": 1},
            "jobs",
        ],
    )
    def test_is_refused_for_what_it_holds(self, listed: object) -> None:
        with pytest.raises(InvalidRequest) as caught:
            key_of(token_of(listed), ["jobs"], [int, str])
        assert "next_page_token" in caught.value.hint

    def test_is_refused_when_it_nests_without_end(self) -> None:
        deep = base64.urlsafe_b64encode(b"[" * 1500).decode()
        with pytest.raises(InvalidRequest):
            key_of(deep, ["jobs"], [int, str])
