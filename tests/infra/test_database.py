"""What Terraform says of Firestore, against what the gateway keeps there and asks of it."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any

import pytest

from infra.terraform_reading import INFRA, local_values, text
from oracle_etl.gateways.google.firestore import documents, queries
from oracle_etl.model.job import Job
from oracle_etl.model.table_task import PartTask, TableTask

LOCALS = local_values(INFRA)
EXPIRING = set(re.findall(r'"(\w+)"', str(LOCALS["expiring"])))
UNINDEXED = {name: set(each) for name, each in LOCALS["unindexed"].items() if name[0] != "_"}
STORED = {
    documents.JOBS_IN: Job,
    documents.TABLES_IN: TableTask,
    documents.PARTS_IN: PartTask,
}


def indexes() -> list[dict[str, Any]]:
    path = INFRA / "firestore.indexes.json"
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["indexes"]
    return found


class TestWhatExpires:
    def test_is_every_collection_but_the_transports(self) -> None:
        named = {value for name, value in vars(documents).items() if name.endswith("_IN")}
        assert named - EXPIRING == {documents.TRANSPORTS_IN}
        assert named >= EXPIRING


class TestWhatIsNotIndexed:
    @pytest.mark.parametrize("collection", STORED)
    def test_are_fields_of_the_model(self, collection: str) -> None:
        known = {each.name for each in dataclasses.fields(STORED[collection])}
        assert UNINDEXED[collection] - known == set()

    def test_is_what_changes_with_every_progress(self) -> None:
        assert {"totals", "counts"} <= UNINDEXED[documents.JOBS_IN]
        assert {"progress", "stages", "hold"} <= UNINDEXED[documents.TABLES_IN]
        assert {"progress", "hold"} <= UNINDEXED[documents.PARTS_IN]

    def test_is_asked_for_by_no_query(self) -> None:
        asked = {
            (shape.collection, field)
            for shape in queries.SHAPES.values()
            for field in (*shape.equal, shape.among, shape.up_to, shape.order)
        }
        silent = {(name, field) for name, fields in UNINDEXED.items() for field in fields}
        assert asked & silent == set()

    def test_stands_in_no_composite_index(self) -> None:
        indexed = {
            (index["collectionGroup"], field["fieldPath"].split(".")[0])
            for index in indexes()
            for field in index["fields"]
        }
        silent = {(name, field) for name, fields in UNINDEXED.items() for field in fields}
        assert indexed & silent == set()


class TestTheIndexFile:
    def test_says_all_that_terraform_reads(self) -> None:
        assert indexes()
        for index in indexes():
            assert {"collectionGroup", "queryScope", "fields"} <= set(index)
            assert all({"order", "arrayConfig"} & set(field) for field in index["fields"])

    def test_holds_no_index_twice(self) -> None:
        names = [
            (each["collectionGroup"], each["queryScope"], json.dumps(each["fields"]))
            for each in indexes()
        ]
        assert len(set(names)) == len(names)

    def test_overrides_no_fields_beside_terraform(self) -> None:
        whole = json.loads((INFRA / "firestore.indexes.json").read_text(encoding="utf-8"))
        assert whole.get("fieldOverrides", []) == []


class TestTheRules:
    def test_are_released_from_the_file_that_the_emulator_tests(self) -> None:
        assert 'file("${path.module}/firestore.rules")' in text(INFRA)
        assert (INFRA / "firestore.rules").is_file()
