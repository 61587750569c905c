"""TABLES, partitions, statistics, comments, views, materialised views, external tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from oracle_standin.engine.catalog import View
from oracle_standin.engine.dictionary.registry import (
    NOT_ALL,
    Described,
    family,
    nothing,
    number,
    second,
    yes,
)
from oracle_standin.engine.storage.segments import EXTENT_BLOCKS, FILE
from oracle_standin.engine.storage.tables import Table, TableKind

if TYPE_CHECKING:
    from oracle_standin.engine.session import Session

BLOCK_BYTES = 8192
TABLE_COLUMNS = """
OWNER:v128 TABLE_NAME:v128 TABLESPACE_NAME:v30 CLUSTER_NAME:v128 IOT_NAME:v128 STATUS:v8
PCT_FREE:n PCT_USED:n INI_TRANS:n MAX_TRANS:n INITIAL_EXTENT:n NEXT_EXTENT:n MIN_EXTENTS:n
MAX_EXTENTS:n LOGGING:v3 BACKED_UP:v1 NUM_ROWS:n BLOCKS:n EMPTY_BLOCKS:n AVG_SPACE:n CHAIN_CNT:n
AVG_ROW_LEN:n DEGREE:v10 INSTANCES:v10 CACHE:v5 TABLE_LOCK:v8 SAMPLE_SIZE:n LAST_ANALYZED:d
PARTITIONED:v3 IOT_TYPE:v12 TEMPORARY:v1 SECONDARY:v1 NESTED:v3 BUFFER_POOL:v7 ROW_MOVEMENT:v8
GLOBAL_STATS:v3 USER_STATS:v3 DURATION:v15 SKIP_CORRUPT:v8 MONITORING:v3 CLUSTER_OWNER:v128
DEPENDENCIES:v8 COMPRESSION:v8 COMPRESS_FOR:v30 DROPPED:v3 READ_ONLY:v3 SEGMENT_CREATED:v3
RESULT_CACHE:v7 HAS_IDENTITY:v3 EXTERNAL:v3
"""


@family("TABLES", TABLE_COLUMNS)
def tables(session: Session) -> Iterator[Described]:
    """Describe every table; those of materialised views too, as Oracle does."""
    for table in session.catalog.tables():
        found = table.statistics
        plain = table.kind is TableKind.HEAP and table.cut is None
        yield {
            "OWNER": table.owner,
            "TABLE_NAME": table.name,
            "TABLESPACE_NAME": "USERS" if plain else None,
            "CLUSTER_NAME": table.cluster,
            "CLUSTER_OWNER": table.owner if table.cluster else None,
            "STATUS": "VALID",
            "PCT_FREE": number(10),
            "LOGGING": "YES",
            "NUM_ROWS": number(found.rows) if found else None,
            "BLOCKS": number(found.blocks) if found else None,
            "AVG_ROW_LEN": number(found.average_row) if found else None,
            "SAMPLE_SIZE": number(found.sample) if found else None,
            "LAST_ANALYZED": second(found.analysed) if found else None,
            "DEGREE": "         1",
            "INSTANCES": "         1",
            "CACHE": "    N",
            "TABLE_LOCK": "ENABLED",
            "PARTITIONED": yes(table.cut),
            "IOT_TYPE": "IOT" if table.kind is TableKind.INDEX_ORGANISED else None,
            "TEMPORARY": "Y" if table.kind is TableKind.TEMPORARY else "N",
            "SECONDARY": "N",
            "NESTED": "NO",
            "ROW_MOVEMENT": "DISABLED",
            "GLOBAL_STATS": yes(found),
            "USER_STATS": "NO",
            "DURATION": table.duration if table.kind is TableKind.TEMPORARY else None,
            "SKIP_CORRUPT": "DISABLED",
            "MONITORING": "YES",
            "DEPENDENCIES": "DISABLED",
            "COMPRESSION": "DISABLED",
            "DROPPED": "NO",
            "READ_ONLY": "NO",
            "SEGMENT_CREATED": "YES",
            "HAS_IDENTITY": yes(any(c.identity for c in table.columns)),
            "EXTERNAL": yes(table.kind is TableKind.EXTERNAL),
        }


@family(
    "TAB_STATISTICS",
    """OWNER:v128 TABLE_NAME:v128 PARTITION_NAME:v128 OBJECT_TYPE:v12 NUM_ROWS:n BLOCKS:n
    EMPTY_BLOCKS:n AVG_ROW_LEN:n SAMPLE_SIZE:n LAST_ANALYZED:d GLOBAL_STATS:v3 USER_STATS:v3
    STATTYPE_LOCKED:v5 STALE_STATS:v7""",
)
def statistics(session: Session) -> Iterator[Described]:
    """Describe what DBMS_STATS found."""
    for one in tables(session):
        yield one | {"OBJECT_TYPE": "TABLE", "STALE_STATS": "NO" if one["NUM_ROWS"] else None}


@family(
    "TAB_PARTITIONS",
    """TABLE_OWNER:v128 TABLE_NAME:v128 COMPOSITE:v3 PARTITION_NAME:v128 SUBPARTITION_COUNT:n
    HIGH_VALUE:l HIGH_VALUE_LENGTH:n PARTITION_POSITION:n TABLESPACE_NAME:v30 NUM_ROWS:n BLOCKS:n
    AVG_ROW_LEN:n SAMPLE_SIZE:n LAST_ANALYZED:d INTERVAL:v3 SEGMENT_CREATED:v4 READ_ONLY:v4""",
    owner="TABLE_OWNER",
)
def partitions(session: Session) -> Iterator[Described]:
    """Describe every partition."""
    for table in session.catalog.tables():
        if table.cut is None:
            continue
        for position, one in enumerate(table.partitions, 1):
            known = table.statistics is not None
            yield {
                "TABLE_OWNER": table.owner,
                "TABLE_NAME": table.name,
                "COMPOSITE": "NO",
                "PARTITION_NAME": one.name,
                "SUBPARTITION_COUNT": number(0),
                "HIGH_VALUE": one.high_value or None,
                "HIGH_VALUE_LENGTH": number(len(one.high_value)),
                "PARTITION_POSITION": number(position),
                "TABLESPACE_NAME": "USERS",
                "NUM_ROWS": number(one.segment.row_count()) if known else None,
                "BLOCKS": number(one.segment.block_count()) if known else None,
                "INTERVAL": "NO",
                "SEGMENT_CREATED": "YES",
                "READ_ONLY": "NO",
            }


@family(
    "PART_TABLES",
    """OWNER:v128 TABLE_NAME:v128 PARTITIONING_TYPE:v9 SUBPARTITIONING_TYPE:v9 PARTITION_COUNT:n
    DEF_SUBPARTITION_COUNT:n PARTITIONING_KEY_COUNT:n STATUS:v8 INTERVAL:v1000""",
)
def partitioned(session: Session) -> Iterator[Described]:
    """Describe how tables are partitioned."""
    for table in session.catalog.tables():
        if table.cut is not None:
            yield {
                "OWNER": table.owner,
                "TABLE_NAME": table.name,
                "PARTITIONING_TYPE": table.cut.value,
                "SUBPARTITIONING_TYPE": "NONE",
                "PARTITION_COUNT": number(len(table.partitions)),
                "DEF_SUBPARTITION_COUNT": number(0),
                "PARTITIONING_KEY_COUNT": number(len(table.cut_columns)),
                "STATUS": "VALID",
            }


@family(
    "PART_KEY_COLUMNS",
    "OWNER:v128 NAME:v128 OBJECT_TYPE:v5 COLUMN_NAME:v4000 COLUMN_POSITION:n",
    subject="NAME",
)
def partition_keys(session: Session) -> Iterator[Described]:
    """Describe the columns by which tables are partitioned."""
    for table in session.catalog.tables():
        for position, column in enumerate(table.cut_columns, 1):
            yield {
                "OWNER": table.owner,
                "NAME": table.name,
                "OBJECT_TYPE": "TABLE",
                "COLUMN_NAME": column,
                "COLUMN_POSITION": number(position),
            }


family(
    "TAB_SUBPARTITIONS",
    "TABLE_OWNER:v128 TABLE_NAME:v128 PARTITION_NAME:v128 SUBPARTITION_NAME:v128 NUM_ROWS:n",
    owner="TABLE_OWNER",
)(nothing)


@family(
    "VIEWS",
    """OWNER:v128 VIEW_NAME:v128 TEXT_LENGTH:n TEXT:l TEXT_VC:v4000 TYPE_TEXT_LENGTH:n
    VIEW_TYPE_OWNER:v128 VIEW_TYPE:v128 SUPERVIEW_NAME:v128 EDITIONING_VIEW:v1 READ_ONLY:v1""",
    subject="VIEW_NAME",
)
def views(session: Session) -> Iterator[Described]:
    """Describe every view."""
    for _, one in sorted(session.catalog.objects.items()):
        if isinstance(one, View):
            yield {
                "OWNER": one.owner,
                "VIEW_NAME": one.name,
                "TEXT_LENGTH": number(len(one.query)),
                "TEXT": one.query,
                "TEXT_VC": one.query[:4000],
                "EDITIONING_VIEW": "N",
                "READ_ONLY": "N",
            }


@family(
    "MVIEWS",
    """OWNER:v128 MVIEW_NAME:v128 CONTAINER_NAME:v128 QUERY:l QUERY_LEN:n UPDATABLE:v1
    REWRITE_ENABLED:v1 REFRESH_MODE:v9 REFRESH_METHOD:v8 BUILD_MODE:v9 LAST_REFRESH_TYPE:v8
    LAST_REFRESH_DATE:d STALENESS:v19 COMPILE_STATE:v19""",
    subject="MVIEW_NAME",
)
def materialised_views(session: Session) -> Iterator[Described]:
    """Describe every materialised view."""
    for table in session.catalog.tables():
        if table.view_query is not None:
            yield {
                "OWNER": table.owner,
                "MVIEW_NAME": table.name,
                "CONTAINER_NAME": table.name,
                "QUERY": table.view_query,
                "QUERY_LEN": number(len(table.view_query)),
                "UPDATABLE": "N",
                "REWRITE_ENABLED": "N",
                "REFRESH_MODE": "DEMAND",
                "REFRESH_METHOD": "COMPLETE",
                "BUILD_MODE": "IMMEDIATE",
                "LAST_REFRESH_TYPE": "COMPLETE",
                "LAST_REFRESH_DATE": second(table.created),
                "STALENESS": "UNKNOWN",
                "COMPILE_STATE": "VALID",
            }


@family(
    "EXTERNAL_TABLES",
    """OWNER:v128 TABLE_NAME:v128 TYPE_OWNER:v3 TYPE_NAME:v128 DEFAULT_DIRECTORY_OWNER:v3
    DEFAULT_DIRECTORY_NAME:v128 REJECT_LIMIT:v40 ACCESS_TYPE:v7 ACCESS_PARAMETERS:v4000
    PROPERTY:v10""",
)
def external_tables(session: Session) -> Iterator[Described]:
    """Describe every external table."""
    for table in session.catalog.tables():
        if table.external is not None:
            yield {
                "OWNER": table.owner,
                "TABLE_NAME": table.name,
                "TYPE_OWNER": "SYS",
                "TYPE_NAME": "ORACLE_LOADER",
                "REJECT_LIMIT": "0",
                "ACCESS_TYPE": "CLOB",
                "ACCESS_PARAMETERS": table.external[:4000],
                "PROPERTY": "ALL",
            }


@family("TAB_COMMENTS", "OWNER:v128 TABLE_NAME:v128 TABLE_TYPE:v11 COMMENTS:v4000")
def table_comments(session: Session) -> Iterator[Described]:
    """Describe the comments on tables and views."""
    for _, one in sorted(session.catalog.objects.items()):
        if isinstance(one, Table | View):
            yield {
                "OWNER": one.owner,
                "TABLE_NAME": one.name,
                "TABLE_TYPE": "TABLE" if isinstance(one, Table) else "VIEW",
                "COMMENTS": one.comment,
            }


@family("MVIEW_COMMENTS", "OWNER:v128 MVIEW_NAME:v128 COMMENTS:v4000", subject="MVIEW_NAME")
def materialised_view_comments(session: Session) -> Iterator[Described]:
    """Describe the comments on materialised views."""
    for table in session.catalog.tables():
        if table.view_query is not None:
            yield {"OWNER": table.owner, "MVIEW_NAME": table.name, "COMMENTS": table.comment}


@family(
    "EXTENTS",
    """OWNER:v128 SEGMENT_NAME:v128 PARTITION_NAME:v128 SEGMENT_TYPE:v18 TABLESPACE_NAME:v30
    EXTENT_ID:n FILE_ID:n BLOCK_ID:n BYTES:n BLOCKS:n RELATIVE_FNO:n""",
    subject="SEGMENT_NAME",
    reaches=NOT_ALL,
)
def extents(session: Session) -> Iterator[Described]:
    """Describe where the blocks of each segment lie."""
    for table in session.catalog.tables():
        for one in table.partitions:
            for index, start in enumerate(one.segment.extent_starts):
                yield {
                    "OWNER": table.owner,
                    "SEGMENT_NAME": table.name,
                    "PARTITION_NAME": one.name if table.cut else None,
                    "SEGMENT_TYPE": "TABLE PARTITION" if table.cut else "TABLE",
                    "TABLESPACE_NAME": "USERS",
                    "EXTENT_ID": number(index),
                    "FILE_ID": number(FILE),
                    "BLOCK_ID": number(start),
                    "BYTES": number(EXTENT_BLOCKS * BLOCK_BYTES),
                    "BLOCKS": number(EXTENT_BLOCKS),
                    "RELATIVE_FNO": number(FILE),
                }


@family(
    "SEGMENTS",
    """OWNER:v128 SEGMENT_NAME:v128 PARTITION_NAME:v128 SEGMENT_TYPE:v18 TABLESPACE_NAME:v30
    BYTES:n BLOCKS:n EXTENTS:n""",
    subject="SEGMENT_NAME",
    reaches=NOT_ALL,
)
def segments(session: Session) -> Iterator[Described]:
    """Describe how large each segment is."""
    for table in session.catalog.tables():
        for one in table.partitions:
            count = len(one.segment.extent_starts)
            yield {
                "OWNER": table.owner,
                "SEGMENT_NAME": table.name,
                "PARTITION_NAME": one.name if table.cut else None,
                "SEGMENT_TYPE": "TABLE PARTITION" if table.cut else "TABLE",
                "TABLESPACE_NAME": "USERS",
                "BYTES": number(count * EXTENT_BLOCKS * BLOCK_BYTES),
                "BLOCKS": number(count * EXTENT_BLOCKS),
                "EXTENTS": number(count),
            }


@family(
    "POLICIES",
    """OBJECT_OWNER:v128 OBJECT_NAME:v128 POLICY_GROUP:v128 POLICY_NAME:v128 PF_OWNER:v128
    PACKAGE:v128 FUNCTION:v128 SEL:v3 INS:v3 UPD:v3 DEL:v3 IDX:v3 CHK_OPTION:v3 ENABLE:v3
    STATIC_POLICY:v3 POLICY_TYPE:v24 LONG_PREDICATE:v3""",
    owner="OBJECT_OWNER",
    subject="OBJECT_NAME",
)
def policies(session: Session) -> Iterator[Described]:
    """Describe the row-level policies."""
    for table in session.catalog.tables():
        for one in table.policies:
            yield {
                "OBJECT_OWNER": table.owner,
                "OBJECT_NAME": table.name,
                "POLICY_GROUP": "SYS_DEFAULT",
                "POLICY_NAME": one.name,
                "PF_OWNER": table.owner,
                "FUNCTION": one.function,
                "SEL": "YES",
                "INS": "NO",
                "UPD": "YES",
                "DEL": "YES",
                "IDX": "NO",
                "CHK_OPTION": "NO",
                "ENABLE": "YES",
                "STATIC_POLICY": "NO",
                "POLICY_TYPE": "DYNAMIC",
                "LONG_PREDICATE": "NO",
            }
