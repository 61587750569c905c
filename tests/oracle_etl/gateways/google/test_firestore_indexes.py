"""Every query that is asked has its index in infra/firestore.indexes.json, and no other."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

from oracle_etl.gateways.google.firestore import documents, queries
from oracle_etl.gateways.google.firestore.queries import SHAPES, WATCHED, Shape

ROOT = Path(__file__).parents[4]
DEPLOYED: dict[str, Any] = json.loads((ROOT / "infra" / "firestore.indexes.json").read_text())
Index = tuple[str, str, tuple[tuple[str, str], ...]]


def index_for(shape: Shape) -> Index | None:
    """Return the composite index that Firestore demands, None where it makes one by itself."""
    equal = [*shape.equal, *([shape.among] if shape.among else [])]
    assert shape.up_to in {None, shape.order}, "a range is ordered by its own field"
    fields = [(field, "ASCENDING") for field in equal]
    if shape.order is not None:
        fields.append((shape.order, shape.direction))
    scope = shape.everywhere or "COLLECTION"
    if len(fields) < 2 and scope == "COLLECTION":
        return None
    return shape.collection, scope, tuple(fields)


def deployed_indexes() -> list[Index]:
    return [
        (
            each["collectionGroup"],
            each["queryScope"],
            tuple((field["fieldPath"], field["order"]) for field in each["fields"]),
        )
        for each in DEPLOYED["indexes"]
    ]


class TestTheIndexes:
    def test_are_those_that_the_queries_need(self) -> None:
        needed = {index_for(shape) for shape in (*SHAPES.values(), *WATCHED.values())} - {None}
        assert set(deployed_indexes()) == needed

    def test_are_named_once(self) -> None:
        assert len(deployed_indexes()) == len(set(deployed_indexes()))

    def test_of_single_fields_are_not_taken_from_a_query(self) -> None:
        taken = {(each["collectionGroup"], each["fieldPath"]) for each in exemptions()}
        asked = {
            (shape.collection, field)
            for shape in (*SHAPES.values(), *WATCHED.values())
            for field in (*shape.equal, shape.among, shape.up_to, shape.order)
        }
        assert taken & asked == set()


def exemptions() -> list[dict[str, Any]]:
    return [each for each in DEPLOYED["fieldOverrides"] if each["indexes"] == []]


class TestDocumentsThatExpire:
    def test_are_those_of_every_collection_but_transports(self) -> None:
        expiring = {
            each["collectionGroup"]
            for each in DEPLOYED["fieldOverrides"]
            if each["ttl"] and each["fieldPath"] == "expire_at"
        }
        collections = {value for name, value in vars(documents).items() if name.endswith("S_IN")}
        assert expiring == collections - {documents.TRANSPORTS_IN}


class TestQueries:
    def test_are_built_in_one_module_only(self) -> None:
        folder = Path(queries.__file__).parent
        builders = {"where", "order_by", "collection_group", "collection", "start_after", "count"}
        for path in sorted(folder.glob("*.py")):
            calls = {
                node.func.attr
                for node in ast.walk(ast.parse(path.read_text()))
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            }
            assert (calls & builders != set()) == (path.name == "queries.py"), path.name
