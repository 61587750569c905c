"""What Terraform reads of Firestore's index file; what stands in it is tested with the gateway."""

from __future__ import annotations

import json
from typing import Any

from infra.terraform_reading import INFRA, resources, text

FILE: dict[str, list[dict[str, Any]]] = json.loads(
    (INFRA / "firestore.indexes.json").read_text(encoding="utf-8")
)


class TestTheIndexFile:
    def test_says_of_indexes_all_that_terraform_reads(self) -> None:
        assert FILE["indexes"]
        for index in FILE["indexes"]:
            assert {"collectionGroup", "queryScope", "fields"} <= set(index)
            assert all({"order", "arrayConfig"} & set(field) for field in index["fields"])

    def test_says_of_fields_all_that_terraform_reads(self) -> None:
        assert FILE["fieldOverrides"]
        for field in FILE["fieldOverrides"]:
            assert {"collectionGroup", "fieldPath", "ttl", "indexes"} <= set(field)

    def test_takes_the_index_from_what_changes_with_every_progress(self) -> None:
        silent = {
            (each["collectionGroup"], each["fieldPath"])
            for each in FILE["fieldOverrides"]
            if not each["indexes"]
        }
        assert {("jobs", "totals"), ("tables", "progress"), ("parts", "progress")} <= silent


class TestTheRules:
    def test_are_released_from_the_file_that_the_emulator_tests(self) -> None:
        [ruleset] = resources("google_firebaserules_ruleset")
        [source] = ruleset.block.each("source", "files")
        assert source.arguments["content"] == '${file("${path.module}/firestore.rules")}'
        assert (INFRA / "firestore.rules").is_file()

    def test_take_effect_in_the_database_that_is_used(self) -> None:
        assert '"cloud.firestore/${google_firestore_database.book.name}"' in text(INFRA)
