"""OBJECTS, SYNONYMS, SEQUENCES."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from oracle_standin.engine.catalog import Sequence, Synonym, View
from oracle_standin.engine.dictionary.registry import (
    Described,
    family,
    nothing,
    number,
    second,
    yes,
)
from oracle_standin.engine.storage.tables import Table

if TYPE_CHECKING:
    from oracle_standin.engine.session import Session

OBJECTS = """
OWNER:v128 OBJECT_NAME:v128 SUBOBJECT_NAME:v128 OBJECT_ID:n DATA_OBJECT_ID:n OBJECT_TYPE:v23
CREATED:d LAST_DDL_TIME:d TIMESTAMP:v19 STATUS:v7 TEMPORARY:v1 GENERATED:v1 SECONDARY:v1
NAMESPACE:n EDITION_NAME:v128
"""
TYPES: dict[type, str] = {
    Table: "TABLE",
    View: "VIEW",
    Synonym: "SYNONYM",
    Sequence: "SEQUENCE",
}


@family("OBJECTS", OBJECTS, subject="OBJECT_NAME")
def objects(session: Session) -> Iterator[Described]:
    """Describe every object, partitions and indexes too."""
    for _, one in sorted(session.catalog.objects.items()):
        yield _described(one.owner, one.name, one.number, TYPES[type(one)], one.created)
        if isinstance(one, Table):
            yield from _of_table(one)
    for _, index in sorted(session.catalog.indexes.items()):
        yield _described(index.owner, index.name, index.number, "INDEX", index.created)


def _of_table(table: Table) -> Iterator[Described]:
    if table.view_query is not None:
        yield _described(
            table.owner, table.name, table.number + 1, "MATERIALIZED VIEW", table.created
        )
    if table.cut is not None:
        for one in table.partitions:
            made = _described(table.owner, table.name, one.number, "TABLE PARTITION", table.created)
            yield made | {"SUBOBJECT_NAME": one.name}


def _described(owner: str, name: str, identity: int, kind: str, created: int) -> Described:
    return {
        "OWNER": owner,
        "OBJECT_NAME": name,
        "OBJECT_ID": number(identity),
        "DATA_OBJECT_ID": number(identity) if kind in {"TABLE", "INDEX"} else None,
        "OBJECT_TYPE": kind,
        "CREATED": second(created),
        "LAST_DDL_TIME": second(created),
        "STATUS": "VALID",
        "TEMPORARY": "N",
        "GENERATED": "N",
        "SECONDARY": "N",
        "NAMESPACE": number(4 if kind == "INDEX" else 1),
    }


@family(
    "SYNONYMS",
    "OWNER:v128 SYNONYM_NAME:v128 TABLE_OWNER:v128 TABLE_NAME:v128 DB_LINK:v128",
    subject="SYNONYM_NAME",
)
def synonyms(session: Session) -> Iterator[Described]:
    """Describe every synonym."""
    for _, one in sorted(session.catalog.objects.items()):
        if isinstance(one, Synonym):
            yield {
                "OWNER": one.owner,
                "SYNONYM_NAME": one.name,
                "TABLE_OWNER": one.target_owner,
                "TABLE_NAME": one.target_name,
            }


@family(
    "SEQUENCES",
    """SEQUENCE_OWNER:v128 SEQUENCE_NAME:v128 MIN_VALUE:n MAX_VALUE:n INCREMENT_BY:n CYCLE_FLAG:v1
    ORDER_FLAG:v1 CACHE_SIZE:n LAST_NUMBER:n""",
    owner="SEQUENCE_OWNER",
    subject="SEQUENCE_NAME",
)
def sequences(session: Session) -> Iterator[Described]:
    """Describe every sequence."""
    for _, one in sorted(session.catalog.objects.items()):
        if isinstance(one, Sequence):
            yield {
                "SEQUENCE_OWNER": one.owner,
                "SEQUENCE_NAME": one.name,
                "MIN_VALUE": number(one.options.minimum),
                "MAX_VALUE": number(one.options.maximum),
                "INCREMENT_BY": number(one.options.step),
                "CYCLE_FLAG": yes(one.options.cycles)[0],
                "ORDER_FLAG": yes(one.options.ordered)[0],
                "CACHE_SIZE": number(one.options.cache),
                "LAST_NUMBER": number(one.following),
            }


family("DB_LINKS", "OWNER:v128 DB_LINK:v128 USERNAME:v128 HOST:v2000", subject=None)(nothing)
family(
    "OBJECT_TABLES",
    "OWNER:v128 TABLE_NAME:v128 TABLESPACE_NAME:v30 IOT_NAME:v128 TEMPORARY:v1 NESTED:v3",
)(nothing)
family("XML_TABLES", "OWNER:v128 TABLE_NAME:v128 STORAGE_TYPE:v17")(nothing)
family("TRIGGERS", "OWNER:v128 TRIGGER_NAME:v128 TABLE_NAME:v128 STATUS:v8")(nothing)
