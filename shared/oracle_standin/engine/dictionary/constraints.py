"""CONSTRAINTS and INDEXES with their columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from oracle_standin.engine.dictionary.registry import Described, family, nothing, number, second
from oracle_standin.engine.storage.tables import Constraint, KeyKind, Table, TableKind

if TYPE_CHECKING:
    from oracle_standin.engine.session import Session

CONSTRAINTS = """
OWNER:v128 CONSTRAINT_NAME:v128 CONSTRAINT_TYPE:v1 TABLE_NAME:v128 SEARCH_CONDITION:l
SEARCH_CONDITION_VC:v4000 R_OWNER:v128 R_CONSTRAINT_NAME:v128 DELETE_RULE:v9 STATUS:v8
DEFERRABLE:v14 DEFERRED:v9 VALIDATED:v13 GENERATED:v14 BAD:v3 RELY:v4 LAST_CHANGE:d
INDEX_OWNER:v128 INDEX_NAME:v128 INVALID:v7 VIEW_RELATED:v14
"""


@family("CONSTRAINTS", CONSTRAINTS)
def constraints(session: Session) -> Iterator[Described]:
    """Describe every constraint."""
    for table in session.catalog.tables():
        for one in table.constraints:
            yield _described(table, one)


def _described(table: Table, one: Constraint) -> Described:
    keyed = one.kind in {KeyKind.PRIMARY, KeyKind.UNIQUE}
    foreign = one.kind is KeyKind.FOREIGN
    return {
        "OWNER": table.owner,
        "CONSTRAINT_NAME": one.name,
        "CONSTRAINT_TYPE": one.kind.value,
        "TABLE_NAME": table.name,
        "SEARCH_CONDITION": one.condition or None,
        "SEARCH_CONDITION_VC": one.condition[:4000] or None,
        "R_OWNER": one.refers_to.owner if one.refers_to else None,
        "R_CONSTRAINT_NAME": one.refers_to_key or None,
        "DELETE_RULE": one.on_delete if foreign else None,
        "STATUS": "ENABLED" if one.enabled else "DISABLED",
        "DEFERRABLE": "NOT DEFERRABLE",
        "DEFERRED": "IMMEDIATE",
        "VALIDATED": "VALIDATED" if one.enabled else "NOT VALIDATED",
        "GENERATED": "GENERATED NAME" if one.generated else "USER NAME",
        "LAST_CHANGE": second(table.created),
        "INDEX_OWNER": table.owner if keyed else None,
        "INDEX_NAME": one.name if keyed else None,
    }


@family(
    "CONS_COLUMNS",
    "OWNER:v128 CONSTRAINT_NAME:v128 TABLE_NAME:v128 COLUMN_NAME:v4000 POSITION:n",
)
def constraint_columns(session: Session) -> Iterator[Described]:
    """Describe the columns of every constraint; those of a CHECK have no position."""
    for table in session.catalog.tables():
        for one in table.constraints:
            for position, column in enumerate(one.columns, 1):
                yield {
                    "OWNER": table.owner,
                    "CONSTRAINT_NAME": one.name,
                    "TABLE_NAME": table.name,
                    "COLUMN_NAME": column,
                    "POSITION": None if one.kind is KeyKind.CHECK else number(position),
                }


@family(
    "INDEXES",
    """OWNER:v128 INDEX_NAME:v128 INDEX_TYPE:v27 TABLE_OWNER:v128 TABLE_NAME:v128 TABLE_TYPE:v11
    UNIQUENESS:v9 COMPRESSION:v13 PREFIX_LENGTH:n TABLESPACE_NAME:v30 BLEVEL:n LEAF_BLOCKS:n
    DISTINCT_KEYS:n CLUSTERING_FACTOR:n STATUS:v8 NUM_ROWS:n SAMPLE_SIZE:n LAST_ANALYZED:d
    DEGREE:v40 INSTANCES:v40 PARTITIONED:v3 TEMPORARY:v1 GENERATED:v1 SECONDARY:v1 FUNCIDX_STATUS:v8
    JOIN_INDEX:v3 DROPPED:v3 VISIBILITY:v9 SEGMENT_CREATED:v3""",
)
def indexes(session: Session) -> Iterator[Described]:
    """Describe every index."""
    for _, one in sorted(session.catalog.indexes.items()):
        organised = one.table.kind is TableKind.INDEX_ORGANISED
        primary = one.table.key(KeyKind.PRIMARY)
        is_table = organised and primary is not None and primary.name == one.name
        yield {
            "OWNER": one.owner,
            "INDEX_NAME": one.name,
            "INDEX_TYPE": "IOT - TOP" if is_table else "NORMAL",
            "TABLE_OWNER": one.table.owner,
            "TABLE_NAME": one.table.name,
            "TABLE_TYPE": "TABLE",
            "UNIQUENESS": "UNIQUE" if one.unique else "NONUNIQUE",
            "COMPRESSION": "DISABLED",
            "TABLESPACE_NAME": "USERS",
            "STATUS": "VALID",
            "DEGREE": "1",
            "INSTANCES": "1",
            "PARTITIONED": "NO",
            "TEMPORARY": "N",
            "GENERATED": "Y" if one.name.startswith("SYS_C") else "N",
            "SECONDARY": "N",
            "JOIN_INDEX": "NO",
            "DROPPED": "NO",
            "VISIBILITY": "VISIBLE",
            "SEGMENT_CREATED": "YES",
        }


@family(
    "IND_COLUMNS",
    """INDEX_OWNER:v128 INDEX_NAME:v128 TABLE_OWNER:v128 TABLE_NAME:v128 COLUMN_NAME:v4000
    COLUMN_POSITION:n COLUMN_LENGTH:n CHAR_LENGTH:n DESCEND:v4""",
    owner="INDEX_OWNER",
)
def index_columns(session: Session) -> Iterator[Described]:
    """Describe the columns of every index."""
    for _, one in sorted(session.catalog.indexes.items()):
        for position, column in enumerate(one.columns):
            kind = one.table.columns[one.table.position(column)].type
            down = position < len(one.descending) and one.descending[position]
            yield {
                "INDEX_OWNER": one.owner,
                "INDEX_NAME": one.name,
                "TABLE_OWNER": one.table.owner,
                "TABLE_NAME": one.table.name,
                "COLUMN_NAME": column,
                "COLUMN_POSITION": number(position + 1),
                "COLUMN_LENGTH": number(kind.size),
                "CHAR_LENGTH": number(kind.characters),
                "DESCEND": "DESC" if down else "ASC",
            }


family(
    "IND_EXPRESSIONS",
    """INDEX_OWNER:v128 INDEX_NAME:v128 TABLE_OWNER:v128 TABLE_NAME:v128 COLUMN_EXPRESSION:l
    COLUMN_POSITION:n""",
    owner="INDEX_OWNER",
)(nothing)
