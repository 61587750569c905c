"""What Terraform says of Firestore, against what the gateway keeps there and asks of it."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from infra.terraform_reading import INFRA, text
from oracle_etl.gateways.google.firestore import documents, queries
from oracle_etl.model.job import Job
from oracle_etl.model.table_task import PartTask, TableTask

FILE: dict[str, list[dict[str, Any]]] = json.loads(
    (INFRA / "firestore.indexes.json").read_text(encoding="utf-8")
)
INDEXES = FILE["indexes"]
OVERRIDES = FILE["fieldOverrides"]
SILENT = {(each["collectionGroup"], each["fieldPath"]) for each in OVERRIDES if not each["indexes"]}
STORED = {
    documents.JOBS_IN: Job,
    documents.TABLES_IN: TableTask,
    documents.PARTS_IN: PartTask,
}


class TestWhatExpires:
    def test_is_every_collection_but_the_transports(self) -> None:
        named = {value for name, value in vars(documents).items() if name.endswith("_IN")}
        expiring = {each["collectionGroup"] for each in OVERRIDES if each["ttl"]}
        assert named - expiring == {documents.TRANSPORTS_IN}

    def test_goes_by_the_field_that_the_gateway_writes(self) -> None:
        assert {each["fieldPath"] for each in OVERRIDES if each["ttl"]} == {"expire_at"}


class TestWhatIsNotIndexed:
    @pytest.mark.parametrize("collection", STORED)
    def test_are_fields_of_the_model(self, collection: str) -> None:
        known = {each.name for each in dataclasses.fields(STORED[collection])} | {"expire_at"}
        assert {field for where, field in SILENT if where == collection} - known == set()

    def test_is_what_changes_with_every_progress(self) -> None:
        assert {("jobs", "totals"), ("tables", "progress"), ("parts", "progress")} <= SILENT

    def test_is_asked_for_by_no_query(self) -> None:
        asked = {
            (shape.collection, field)
            for shape in queries.SHAPES.values()
            for field in (*shape.equal, shape.among, shape.up_to, shape.order)
        }
        assert asked & SILENT == set()

    def test_stands_in_no_composite_index(self) -> None:
        indexed = {
            (index["collectionGroup"], field["fieldPath"].split(".")[0])
            for index in INDEXES
            for field in index["fields"]
        }
        assert indexed & SILENT == set()


class TestTheIndexFile:
    def test_says_all_that_terraform_reads(self) -> None:
        assert INDEXES
        for index in INDEXES:
            assert {"collectionGroup", "queryScope", "fields"} <= set(index)
            assert all({"order", "arrayConfig"} & set(field) for field in index["fields"])

    def test_holds_no_index_twice(self) -> None:
        names = [
            (each["collectionGroup"], each["queryScope"], json.dumps(each["fields"]))
            for each in INDEXES
        ]
        assert len(set(names)) == len(names)

    def test_overrides_no_field_twice(self) -> None:
        assert len({(each["collectionGroup"], each["fieldPath"]) for each in OVERRIDES}) == len(
            OVERRIDES
        )


class TestTheRules:
    def test_are_released_from_the_file_that_the_emulator_tests(self) -> None:
        assert 'file("${path.module}/firestore.rules")' in text(INFRA)
        assert (INFRA / "firestore.rules").is_file()
