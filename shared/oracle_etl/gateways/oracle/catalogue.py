"""The list of tables and views that the account may read, page by page."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from oracle_etl.gateways.oracle.dictionary import KINDS, Query, estimated_bytes, whole
from oracle_etl.model.errors import InvalidRequest
from oracle_etl.model.names import TableName
from oracle_etl.ports import TableListing

_LOG = logging.getLogger(__name__)

Place = tuple[str, str]
"""Owner and name of the last table that was listed."""

_OF_ORACLE = (
    "'SYS','SYSTEM','XDB','MDSYS','CTXSYS','ORDSYS','ORDDATA','OLAPSYS','WMSYS','DBSNMP','OUTLN',"
    "'GSMADMIN_INTERNAL','LBACSYS','DVSYS','AUDSYS','APPQOSSYS','OJVMSYS','EXFSYS','SYSMAN',"
    "'FLOWS_FILES','ORDPLUGINS','SI_INFORMTN_SCHEMA','DBSFWUSER','REMOTE_SCHEDULER_AGENT'"
)
_PAGE = (
    "SELECT OWNER,OBJECT_NAME AS NAME,MIN(OBJECT_TYPE) AS KIND FROM ALL_OBJECTS O "  # noqa: S608  every part is ours
    f"WHERE OBJECT_TYPE IN ('TABLE','VIEW','MATERIALIZED VIEW') AND OWNER NOT IN ({_OF_ORACLE}) "
    "AND (:owner IS NULL OR OWNER IN (:owner,UPPER(:owner))) "
    "AND (:pattern IS NULL OR UPPER(OBJECT_NAME) LIKE UPPER(:pattern) ESCAPE '\\') "
    "AND (:after_owner IS NULL OR OWNER>:after_owner "
    "OR (OWNER=:after_owner AND OBJECT_NAME>:after_name)) "
    "AND NOT EXISTS (SELECT 1 FROM ALL_TABLES H WHERE H.OWNER=O.OWNER "
    "AND H.TABLE_NAME=O.OBJECT_NAME "
    "AND (H.NESTED='YES' OR H.IOT_TYPE IN ('IOT_OVERFLOW','IOT_MAPPING'))) "
    "GROUP BY OWNER,OBJECT_NAME ORDER BY OWNER,OBJECT_NAME"
)
"""Storage of index-organised and nested tables is left out: nobody may select from it."""
_LISTING = (
    "SELECT L.OWNER,L.NAME,L.KIND,T.NUM_ROWS,T.AVG_ROW_LEN,T.BLOCKS,"  # noqa: S608  every part is ours
    "(SELECT COUNT(*) FROM ALL_TAB_COLUMNS C WHERE C.OWNER=L.OWNER AND C.TABLE_NAME=L.NAME)"
    f" AS COLUMNS_COUNT FROM (SELECT OWNER,NAME,KIND FROM ({_PAGE}) WHERE ROWNUM<=:most) L "
    "LEFT JOIN ALL_TABLES T ON T.OWNER=L.OWNER AND T.TABLE_NAME=L.NAME ORDER BY L.OWNER,L.NAME"
)


def listing(
    query: Query, *, schema: str | None, search: str | None, after: Place | None, size: int
) -> tuple[list[TableListing], Place | None]:
    """Return tables and views by owner and name, and after which one more of them follow.

    Those of Oracle's own schemas are left out.
    """
    owner, name = after or (None, None)
    rows = query(
        _LISTING,
        owner=schema,
        pattern=None if search is None else f"%{_literally(search)}%",
        after_owner=owner,
        after_name=name,
        most=size + 1,
    )
    shown = rows[:size]
    last = (shown[-1]["OWNER"], shown[-1]["NAME"]) if len(rows) > size else None
    return [each for row in shown for each in _listed(row)], last


def _listed(row: Mapping[str, Any]) -> Iterator[TableListing]:
    try:
        table = TableName(owner=row["OWNER"], name=row["NAME"])
    except InvalidRequest as error:
        # One table that no statement of ours can name keeps nobody from the others.
        _LOG.warning("a table is left out of the list: %s", error.message)
        return
    yield TableListing(
        table=table,
        kind=KINDS[row["KIND"]],
        columns=int(row["COLUMNS_COUNT"]),
        estimated_rows=whole(row["NUM_ROWS"]),
        estimated_bytes=estimated_bytes(row),
    )


def _literally(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
