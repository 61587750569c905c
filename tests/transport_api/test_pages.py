"""Every list of the API comes in pages, by one set of rules."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_service import Api, document, problem
from fakes.memory_source import MemorySource
from oracle_etl.gateways.embedded.sqlite import SqliteJobBook
from transport_api.operations import OPERATIONS
from transport_api.requests import MOST_OF_A_PAGE, PageAsked

COUNT = 5
REFUSED = (400, "VALIDATION_ERROR", ["page_token"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A list of the API with five items in it."""

    api: Api
    path: str
    key: str
    id: str
    """The field that tells its items apart."""
    add: Callable[[], object] = lambda: None
    """Puts one more item into the list, where that can happen."""

    def page(self, size: int, token: str | None = None) -> dict[str, Any]:
        query = f"page_size={size}" + (f"&page_token={token}" if token else "")
        return document(self.api.get(f"{self.path}?{query}"))

    def ids(self, page: dict[str, Any]) -> list[str]:
        return [each[self.id] for each in page[self.key]]

    def rest(self, page: dict[str, Any], size: int) -> list[str]:
        """Return the ids of all the pages after one."""
        found = []
        while page["next_page_token"] is not None:
            page = self.page(size, page["next_page_token"])
            assert 0 < len(page[self.key]) <= size
            found += self.ids(page)
        return found


def transports(api: Api, _: MemorySource) -> Listed:
    def add() -> str:
        api.home.clock.wait(1)
        return str(api.create("EMP")["id"])

    for _number in range(COUNT):
        add()
    return Listed(api=api, path="/api/transports", key="transports", id="id", add=add)


def jobs(api: Api, _: MemorySource) -> Listed:
    made = api.create("EMP")["id"]

    def add() -> str:
        api.home.clock.wait(1)
        job = api.execute(made)["id"]
        api.work()
        return str(job)

    for _number in range(COUNT):
        add()
    return Listed(api=api, path="/api/jobs", key="jobs", id="id", add=add)


def tables_of_job(api: Api, source: MemorySource) -> Listed:
    names = [f"T{number}" for number in range(COUNT)]
    for name in names:
        source.put(name, [])
    job = api.execute(api.create(*names)["id"])["id"]
    return Listed(api=api, path=f"/api/jobs/{job}/tables", key="tables", id="table_name")


def tables(api: Api, source: MemorySource) -> Listed:
    for number in range(COUNT - 2):
        source.put(f"T{number}", [])
    return Listed(api=api, path="/api/tables", key="tables", id="table_name")


LISTS = {
    "listTransports": transports,
    "listJobs": jobs,
    "listTablesOfJob": tables_of_job,
    "listTables": tables,
}
TOKENS = {name: made for name, made in LISTS.items() if name != "listTables"}
"""The lists whose tokens are the book's; those of the catalogue are shown with the source."""


@pytest.fixture
def listed(request: pytest.FixtureRequest, api: Api, source: MemorySource) -> Listed:
    made: Listed = LISTS[request.param](api, source)
    return made


every_list = pytest.mark.parametrize("listed", list(LISTS), indirect=True)
every_list_of_the_book = pytest.mark.parametrize("listed", list(TOKENS), indirect=True)


class TestTheseLists:
    def test_are_all_there_are(self) -> None:
        paged = {each.name for each in OPERATIONS if issubclass(each.query, PageAsked)}
        assert paged == LISTS.keys()


class TestAPage:
    @every_list
    @pytest.mark.parametrize("size", [1, 2, 3, COUNT, MOST_OF_A_PAGE])
    def test_is_followed_by_others_that_hold_the_rest_once(self, listed: Listed, size: int) -> None:
        first = listed.page(size)
        assert len(first[listed.key]) == min(size, COUNT)
        found = listed.ids(first) + listed.rest(first, size)
        assert found == listed.ids(listed.page(MOST_OF_A_PAGE))
        assert len(set(found)) == COUNT

    @every_list
    def test_says_that_it_is_the_last(self, listed: Listed) -> None:
        assert listed.page(COUNT)["next_page_token"] is None
        assert listed.page(COUNT - 1)["next_page_token"] is not None

    @every_list
    @pytest.mark.parametrize("size", ["0", "-1", str(MOST_OF_A_PAGE + 1), "many", "1.5", ""])
    def test_has_a_size_within_bounds(self, listed: Listed, size: str) -> None:
        status, code, details = problem(listed.api.get(f"{listed.path}?page_size={size}"))
        assert (status, code, list(details)) == (400, "VALIDATION_ERROR", ["page_size"])

    @every_list_of_the_book
    def test_stays_where_it_was_while_items_come(self, listed: Listed) -> None:
        before = listed.ids(listed.page(MOST_OF_A_PAGE))
        first = listed.page(2)
        listed.add()
        assert listed.ids(first) + listed.rest(first, 2) == before


class TestATokenThatTheListNeverGave:
    def refusal(self, listed: Listed, token: str) -> tuple[int, str, list[str]]:
        status, code, details = problem(listed.api.get(listed.path + f"?page_token={token}"))
        return status, code, list(details)

    @every_list_of_the_book
    def test_is_refused_where_another_list_gave_it(
        self, listed: Listed, source: MemorySource
    ) -> None:
        given = self.of(listed.page(1)["next_page_token"])
        others = [made(listed.api, source).page(1)["next_page_token"] for made in TOKENS.values()]
        refused = [token for token in others if self.of(token) != given]
        assert len(refused) == len(TOKENS) - 1
        for token in refused:
            assert self.refusal(listed, token) == REFUSED

    def of(self, token: str) -> object:
        """Return which list a token is of."""
        padded = token + "=" * (-len(token) % 4)
        return json.loads(base64.urlsafe_b64decode(padded))[0]

    @every_list_of_the_book
    def test_is_refused_where_it_was_changed(self, listed: Listed) -> None:
        token = listed.page(1)["next_page_token"]
        for changed in (token[:-4], token + "AAAA", token[::-1], token.upper()):
            assert self.refusal(listed, changed) == REFUSED

    def test_is_refused_where_the_list_was_narrowed_otherwise(
        self, api: Api, source: MemorySource
    ) -> None:
        token = jobs(api, source).page(1)["next_page_token"]
        for narrowed in ("status=completed", "transport=TRPID-00000001"):
            response = api.get(f"/api/jobs?{narrowed}&page_token={token}")
            assert problem(response)[:2] == (400, "VALIDATION_ERROR")

    @given(st.text(max_size=50))
    def test_is_refused_whatever_it_is(self, shared_api: Api, token: str) -> None:
        query = {"page_token": token}
        for path in ("/api/transports", "/api/jobs"):
            response = shared_api.client.get(path, query_string=query)
            assert problem(response)[:2] == (400, "VALIDATION_ERROR")


class TestAForgedToken:
    def test_reads_no_more_than_the_list_holds(self, api: Api, source: MemorySource) -> None:
        listed = transports(api, source)
        assert isinstance(api.home.book, SqliteJobBook)
        body = json.dumps(["transports", 2**62, "TRPID-zzzzzzzz"]).encode()
        forged = base64.urlsafe_b64encode(body).rstrip(b"=").decode()
        assert listed.ids(listed.page(500, forged)) == listed.ids(listed.page(500))
