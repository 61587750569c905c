"""Pages of catalogues are kept in Firestore as they were given."""

from __future__ import annotations

from dataclasses import replace

import pytest

from builders import NOON
from emulators.emulator_fixtures import google_project
from emulators.firestore_home import firestore_database
from oracle_etl.gateways.google.firestore import Database, FirestoreCatalogueShelf
from oracle_etl.gateways.google.firestore.documents import catalogue_path
from oracle_etl.model.errors import BookAway
from oracle_etl.model.names import TableName
from oracle_etl.ports import CatalogueAsked, KeptCatalogue, PageRequest, TableListing

__all__ = ["google_project"]
pytestmark = pytest.mark.emulators

ASKED = CatalogueAsked(source="default", page=PageRequest(), schema="영업", search="%")


def a_page(tables: int) -> KeptCatalogue:
    listing = TableListing(
        table=TableName(owner="HR", name="EMP"),
        kind="TABLE",
        columns=3,
        estimated_rows=None,
        estimated_bytes=8192,
    )
    names = (TableName(owner="HR", name=f"EMP_{number}") for number in range(tables))
    items = tuple(replace(listing, table=name) for name in names)
    return KeptCatalogue(items=items, next_token="more", listed_at=NOON)


@pytest.fixture
def database(google_project: str) -> Database:
    return firestore_database(google_project)


class TestTheShelf:
    def test_gives_back_what_was_kept_last(self, database: Database) -> None:
        shelf = FirestoreCatalogueShelf(database)
        assert shelf.find(ASKED) is None
        shelf.keep(ASKED, a_page(1))
        shelf.keep(ASKED, a_page(1000))
        assert FirestoreCatalogueShelf(database).find(ASKED) == a_page(1000)

    def test_keeps_each_question_apart(self, database: Database) -> None:
        shelf = FirestoreCatalogueShelf(database)
        shelf.keep(ASKED, a_page(1))
        others = (
            replace(ASKED, source="erp"),
            replace(ASKED, schema=None),
            replace(ASKED, search="\ud800"),
            replace(ASKED, page=PageRequest(token="t")),
            replace(ASKED, page=PageRequest(size=7)),
        )
        assert [shelf.find(each) for each in others] == [None] * len(others)

    @pytest.mark.parametrize("damage", [b"", b"damaged", "text", 7])
    def test_says_when_what_it_kept_is_damaged(self, database: Database, damage: object) -> None:
        database.client.document(catalogue_path(ASKED)).set({"packed": damage})
        with pytest.raises(BookAway):
            FirestoreCatalogueShelf(database).find(ASKED)
