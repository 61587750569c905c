"""What Oracle's dictionary says of tables; every query here is 11.2 and needs no grant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from oracle_etl.model.columns import DeclaredColumn, ObjectKind, TableShape
from oracle_etl.model.errors import TableNotFound
from oracle_etl.model.names import TableName

Query = Callable[..., Sequence[Mapping[str, Any]]]
"""Runs a statement with named binds and returns its rows by column name."""

_LONGEST_CHAIN = 10
BLOCK_BYTES = 8192

_OBJECT = (
    "SELECT OBJECT_TYPE FROM ALL_OBJECTS WHERE OWNER=:owner AND OBJECT_NAME=:name "
    "AND OBJECT_TYPE IN ('TABLE','VIEW','MATERIALIZED VIEW','SYNONYM')"
)
_SYNONYM = (
    "SELECT TABLE_OWNER,TABLE_NAME,DB_LINK FROM ALL_SYNONYMS "
    "WHERE OWNER=:owner AND SYNONYM_NAME=:name"
)
_TABLE = (
    "SELECT IOT_TYPE,CLUSTER_NAME,PARTITIONED,TEMPORARY,NUM_ROWS,BLOCKS,AVG_ROW_LEN "
    "FROM ALL_TABLES WHERE OWNER=:owner AND TABLE_NAME=:name"
)
_EXTERNAL = (
    "SELECT COUNT(*) AS FOUND FROM ALL_EXTERNAL_TABLES WHERE OWNER=:owner AND TABLE_NAME=:name"
)
_COLUMNS = (
    "SELECT COLUMN_NAME,DATA_TYPE,DATA_PRECISION,DATA_SCALE,DATA_LENGTH,CHAR_USED,CHAR_LENGTH,"
    "NULLABLE,COLUMN_ID,CHARACTER_SET_NAME,HIDDEN_COLUMN FROM ALL_TAB_COLS "
    "WHERE OWNER=:owner AND TABLE_NAME=:name AND (HIDDEN_COLUMN='NO' OR (VIRTUAL_COLUMN='NO' "
    "AND COLUMN_NAME NOT LIKE 'SYS\\_%' ESCAPE '\\' AND COLUMN_NAME<>'ORA_ARCHIVE_STATE' "
    "AND COLUMN_NAME<>'NESTED_TABLE_ID' AND COLUMN_NAME NOT LIKE '%$$')) ORDER BY COLUMN_ID"
)
"""Hidden ones, too. Those that Oracle hides for itself are known by their names alone in 11.2."""
_COMMENTS = (
    "SELECT COLUMN_NAME,COMMENTS FROM ALL_COL_COMMENTS "
    "WHERE OWNER=:owner AND TABLE_NAME=:name AND COMMENTS IS NOT NULL"
)
_KEY = (
    "SELECT K.COLUMN_NAME FROM ALL_CONSTRAINTS C JOIN ALL_CONS_COLUMNS K "
    "ON K.OWNER=C.OWNER AND K.CONSTRAINT_NAME=C.CONSTRAINT_NAME "
    "WHERE C.OWNER=:owner AND C.TABLE_NAME=:name AND C.CONSTRAINT_TYPE='P' ORDER BY K.POSITION"
)
_PARTITIONS = (
    "SELECT PARTITION_NAME FROM ALL_TAB_PARTITIONS "
    "WHERE TABLE_OWNER=:owner AND TABLE_NAME=:name ORDER BY PARTITION_POSITION"
)
_POLICIES = (
    "SELECT COUNT(*) AS FOUND FROM ALL_POLICIES "
    "WHERE OBJECT_OWNER=:owner AND OBJECT_NAME=:name AND ENABLE='YES'"
)
_CHARACTER_SETS = (
    "SELECT PARAMETER,VALUE FROM NLS_DATABASE_PARAMETERS "
    "WHERE PARAMETER IN ('NLS_CHARACTERSET','NLS_NCHAR_CHARACTERSET')"
)
_SCHEMA = "SELECT SYS_CONTEXT('USERENV','CURRENT_SCHEMA') AS NAME FROM DUAL"
KINDS = {
    "TABLE": ObjectKind.HEAP,
    "VIEW": ObjectKind.VIEW,
    "MATERIALIZED VIEW": ObjectKind.MATERIALISED_VIEW,
}


def table_shape(table: TableName, *, query: Query, hashes_in_database: bool) -> TableShape:
    """Return a table's shape, following synonyms to the object itself.

    Each question is a round trip, paid for by every table of a job.
    """
    found, type_ = _resolve(table, query)
    names = {"owner": found.owner, "name": found.name}
    if type_ == "VIEW":
        # After DDL on its tables the dictionary keeps a view's former types until it is used.
        query(f"SELECT COUNT(*) AS FOUND FROM {found.quoted} WHERE 1=0")  # noqa: S608  a quoted name
    facts = next(iter(query(_TABLE, **names)), {})
    policies = query(_POLICIES, **names)[0]["FOUND"]
    return TableShape(
        table=found,
        kind=_kind(type_, facts, is_external=bool(query(_EXTERNAL, **names)[0]["FOUND"])),
        columns=_columns(names, query),
        primary_key=tuple(each["COLUMN_NAME"] for each in query(_KEY, **names)),
        estimated_rows=whole(facts.get("NUM_ROWS")),
        estimated_bytes=estimated_bytes(facts),
        partitions=_partitions(facts, names, query),
        has_policy=bool(policies),
        hashes_in_database=hashes_in_database,
    )


def _partitions(
    facts: Mapping[str, Any], names: Mapping[str, str | None], query: Query
) -> tuple[str, ...]:
    if facts.get("PARTITIONED") != "YES":
        return ()
    return tuple(each["PARTITION_NAME"] for each in query(_PARTITIONS, **names))


def current_schema(query: Query) -> str:
    """Return where unowned names are looked up."""
    return str(query(_SCHEMA)[0]["NAME"])


def character_sets(query: Query) -> tuple[str, str]:
    """Return the database's character set and its national one."""
    found = {each["PARAMETER"]: each["VALUE"] for each in query(_CHARACTER_SETS)}
    return found.get("NLS_CHARACTERSET", ""), found.get("NLS_NCHAR_CHARACTERSET", "")


def _resolve(table: TableName, query: Query) -> tuple[TableName, str]:
    owners = [current_schema(query), "PUBLIC"] if table.owner is None else [table.owner]
    name = table.name
    for _ in range(_LONGEST_CHAIN):
        for owner in owners:
            types = {row["OBJECT_TYPE"] for row in query(_OBJECT, owner=owner, name=name)}
            if types:
                break
        else:
            break
        if types != {"SYNONYM"}:
            # A materialised view also shows as the table that holds it.
            return TableName(owner=owner, name=name), min(types & set(KINDS))
        target = query(_SYNONYM, owner=owner, name=name)[0]
        if target["DB_LINK"] is not None:
            raise TableNotFound(
                f"{table} is a synonym for a table in another database",
                hint="name that database as a source of its own",
            )
        owners, name = [target["TABLE_OWNER"]], target["TABLE_NAME"]
    raise TableNotFound(
        f"{table} is not there, or the account may not see it",
        hint="check the name with `oracle-etl tables list`, and GRANT SELECT on it",
    )


def _kind(type_: str, facts: Mapping[str, Any], *, is_external: bool) -> ObjectKind:
    is_index = facts.get("IOT_TYPE") is not None
    tested = {
        ObjectKind.EXTERNAL: is_external,
        ObjectKind.INDEX_ORGANISED: is_index,
        ObjectKind.TEMPORARY: facts.get("TEMPORARY") == "Y",
        ObjectKind.CLUSTERED: facts.get("CLUSTER_NAME") is not None,
        ObjectKind.PARTITIONED: facts.get("PARTITIONED") == "YES",
    }
    # The table of a materialised view may be organised as an index, too, and has no ranges then.
    if type_ != "TABLE" and not is_index:
        return KINDS[type_]
    return next((kind for kind, holds in tested.items() if holds), ObjectKind.HEAP)


def _columns(names: Mapping[str, Any], query: Query) -> tuple[DeclaredColumn, ...]:
    comments = {each["COLUMN_NAME"]: each["COMMENTS"] for each in query(_COMMENTS, **names)}
    return tuple(
        DeclaredColumn(
            name=row["COLUMN_NAME"],
            data_type=row["DATA_TYPE"],
            precision=whole(row["DATA_PRECISION"]),
            scale=whole(row["DATA_SCALE"]),
            length=int(row["DATA_LENGTH"] or 0),
            characters=int(row["CHAR_LENGTH"] or 0) if row["CHAR_USED"] == "C" else 0,
            nullable=row["NULLABLE"] != "N",
            national=row["CHARACTER_SET_NAME"] == "NCHAR_CS",
            invisible=row["HIDDEN_COLUMN"] == "YES",
            position=int(row["COLUMN_ID"] or 0),
            comment=comments.get(row["COLUMN_NAME"]),
        )
        for row in query(_COLUMNS, **names)
    )


def estimated_bytes(facts: Mapping[str, Any]) -> int | None:
    """Return a table's size by its statistics, None where there are none."""
    rows, width, blocks = (facts.get(key) for key in ("NUM_ROWS", "AVG_ROW_LEN", "BLOCKS"))
    if rows is not None and width is not None:
        return int(rows) * int(width)
    return None if blocks is None else int(blocks) * BLOCK_BYTES


def whole(value: Any) -> int | None:  # noqa: ANN401  a NUMBER of the dictionary
    """Return a NUMBER of the dictionary as an integer."""
    return None if value is None else int(value)
