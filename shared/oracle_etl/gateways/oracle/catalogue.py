"""The list of tables and views that the account may read, page by page."""

from __future__ import annotations

from oracle_etl.gateways.oracle.dictionary import KINDS, Query, estimated_bytes, whole
from oracle_etl.model.names import TableName
from oracle_etl.ports import TableListing

_OF_ORACLE = (
    "'SYS','SYSTEM','XDB','MDSYS','CTXSYS','ORDSYS','ORDDATA','OLAPSYS','WMSYS','DBSNMP','OUTLN',"
    "'GSMADMIN_INTERNAL','LBACSYS','DVSYS','AUDSYS','APPQOSSYS','OJVMSYS','EXFSYS','SYSMAN',"
    "'FLOWS_FILES','ORDPLUGINS','SI_INFORMTN_SCHEMA','DBSFWUSER','REMOTE_SCHEDULER_AGENT'"
)
_PAGE = (
    "SELECT OWNER,OBJECT_NAME AS NAME,MIN(OBJECT_TYPE) AS KIND FROM ALL_OBJECTS "  # noqa: S608  every part is ours
    f"WHERE OBJECT_TYPE IN ('TABLE','VIEW','MATERIALIZED VIEW') AND OWNER NOT IN ({_OF_ORACLE}) "
    "AND (:owner IS NULL OR OWNER IN (:owner,UPPER(:owner))) "
    "AND (:pattern IS NULL OR UPPER(OBJECT_NAME) LIKE UPPER(:pattern) ESCAPE '\\') "
    "AND (:after_owner IS NULL OR OWNER>:after_owner "
    "OR (OWNER=:after_owner AND OBJECT_NAME>:after_name)) "
    "GROUP BY OWNER,OBJECT_NAME ORDER BY OWNER,OBJECT_NAME"
)
_LISTING = (
    "SELECT L.OWNER,L.NAME,L.KIND,T.NUM_ROWS,T.AVG_ROW_LEN,T.BLOCKS,"  # noqa: S608  every part is ours
    "(SELECT COUNT(*) FROM ALL_TAB_COLUMNS C WHERE C.OWNER=L.OWNER AND C.TABLE_NAME=L.NAME)"
    f" AS COLUMNS_COUNT FROM (SELECT OWNER,NAME,KIND FROM ({_PAGE}) WHERE ROWNUM<=:most) L "
    "LEFT JOIN ALL_TABLES T ON T.OWNER=L.OWNER AND T.TABLE_NAME=L.NAME ORDER BY L.OWNER,L.NAME"
)


def listing(
    query: Query, *, schema: str | None, search: str | None, after: TableName | None, most: int
) -> list[TableListing]:
    """Return tables and views by owner and name, those of Oracle's own schemas left out."""
    rows = query(
        _LISTING,
        owner=schema,
        pattern=None if search is None else f"%{_literally(search)}%",
        after_owner=after.owner if after else None,
        after_name=after.name if after else None,
        most=most,
    )
    return [
        TableListing(
            table=TableName(owner=row["OWNER"], name=row["NAME"]),
            kind=KINDS[row["KIND"]],
            columns=int(row["COLUMNS_COUNT"]),
            estimated_rows=whole(row["NUM_ROWS"]),
            estimated_bytes=estimated_bytes(row),
        )
        for row in rows
    ]


def _literally(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
