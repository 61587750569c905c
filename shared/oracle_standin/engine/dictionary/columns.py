"""TAB_COLUMNS and TAB_COLS, comments on columns, LOB and identity columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from oracle_standin.engine import kinds
from oracle_standin.engine.catalog import View
from oracle_standin.engine.dictionary.registry import (
    Described,
    family,
    nothing,
    number,
    second,
    yes,
)
from oracle_standin.engine.parsing.sequence_options import SequenceOptions
from oracle_standin.engine.storage.tables import Table, TableColumn
from oracle_standin.port import OracleType

if TYPE_CHECKING:
    from oracle_standin.engine.session import Session

TEXTS = {OracleType.VARCHAR2, OracleType.CHAR}
FRACTIONAL = {OracleType.TIMESTAMP, OracleType.TIMESTAMP_LTZ, OracleType.TIMESTAMP_TZ}
LENGTHS = {OracleType.ROWID: 10, OracleType.LONG: 0, OracleType.LONG_RAW: 0, OracleType.JSON: 8200}
COLUMNS = """
OWNER:v128 TABLE_NAME:v128 COLUMN_NAME:v128 DATA_TYPE:v128 DATA_TYPE_MOD:v3 DATA_TYPE_OWNER:v128
DATA_LENGTH:n DATA_PRECISION:n DATA_SCALE:n NULLABLE:v1 COLUMN_ID:n DEFAULT_LENGTH:n DATA_DEFAULT:l
NUM_DISTINCT:n LOW_VALUE:r2000 HIGH_VALUE:r2000 DENSITY:n NUM_NULLS:n NUM_BUCKETS:n LAST_ANALYZED:d
SAMPLE_SIZE:n CHARACTER_SET_NAME:v44 CHAR_COL_DECL_LENGTH:n GLOBAL_STATS:v3 USER_STATS:v3
AVG_COL_LEN:n CHAR_LENGTH:n CHAR_USED:v1 V80_FMT_IMAGE:v3 DATA_UPGRADED:v3 HISTOGRAM:v15
"""
LATER_COLUMNS = "DEFAULT_ON_NULL:v3 IDENTITY_COLUMN:v3 EVALUATION_EDITION:v128 COLLATION:v100 "
HIDDEN_COLUMNS = """HIDDEN_COLUMN:v3 VIRTUAL_COLUMN:v3 SEGMENT_COLUMN_ID:n INTERNAL_COLUMN_ID:n
QUALIFIED_COL_NAME:v4000 USER_GENERATED:v3 """


@family("TAB_COLS", COLUMNS + LATER_COLUMNS + HIDDEN_COLUMNS)
def all_columns(session: Session) -> Iterator[Described]:
    """Describe every column, hidden ones too."""
    for _, one in sorted(session.catalog.objects.items()):
        if isinstance(one, Table | View):
            shown = 0
            for position, column in enumerate(one.columns, 1):
                shown += not column.hidden
                analysed = one.statistics if isinstance(one, Table) else None
                yield {
                    "OWNER": one.owner,
                    "TABLE_NAME": one.name,
                    "COLUMN_ID": None if column.hidden else number(shown),
                    "SEGMENT_COLUMN_ID": None if column.virtual else number(position),
                    "INTERNAL_COLUMN_ID": number(position),
                    "LAST_ANALYZED": second(analysed.analysed) if analysed else None,
                } | described(column)


@family("TAB_COLUMNS", COLUMNS + LATER_COLUMNS)
def columns(session: Session) -> Iterator[Described]:
    """Describe every column that is not hidden."""
    return (one for one in all_columns(session) if one["HIDDEN_COLUMN"] == "NO")


def described(column: TableColumn) -> Described:
    """Describe one column."""
    kind = column.type
    is_text = kind.type in TEXTS
    default = column.virtual or column.default
    return {
        "COLUMN_NAME": column.name,
        "QUALIFIED_COL_NAME": column.name,
        "DATA_TYPE": column.declared.name,
        "DATA_TYPE_OWNER": "PUBLIC" if kind.type is OracleType.XMLTYPE else None,
        "DATA_LENGTH": number(_length(column)),
        "DATA_PRECISION": number(_precision(column)),
        "DATA_SCALE": number(_scale(column)),
        "NULLABLE": "Y" if column.nullable else "N",
        "DEFAULT_LENGTH": number(len(default)) if default else None,
        "DATA_DEFAULT": default,
        "CHARACTER_SET_NAME": _character_set(column),
        "CHAR_COL_DECL_LENGTH": number(kind.size) if is_text else None,
        "GLOBAL_STATS": "NO",
        "USER_STATS": "NO",
        "CHAR_LENGTH": number(kind.characters if is_text else 0),
        "CHAR_USED": ("C" if kind.by_character else "B") if is_text else None,
        "V80_FMT_IMAGE": "NO",
        "DATA_UPGRADED": "YES",
        "HISTOGRAM": "NONE",
        "HIDDEN_COLUMN": yes(column.hidden),
        "VIRTUAL_COLUMN": yes(column.virtual),
        "USER_GENERATED": "YES",
        "DEFAULT_ON_NULL": yes(column.default_on_null),
        "IDENTITY_COLUMN": yes(column.identity),
        "COLLATION": "USING_NLS_COMP" if is_text else None,
    }


def _length(column: TableColumn) -> int:
    kind = column.type
    if kind.type in {OracleType.TIMESTAMP, OracleType.TIMESTAMP_LTZ}:
        return 11 if kind.scale else 7
    return LENGTHS.get(kind.type, kind.size)


def _precision(column: TableColumn) -> int | None:
    kind = column.type
    if kind.type in kinds.INTERVALS:
        return kind.precision
    if kind.type is not OracleType.NUMBER or column.declared.free_precision:
        return None
    return kind.precision or None


def _scale(column: TableColumn) -> int | None:
    kind = column.type
    if kind.type in FRACTIONAL or kind.type is OracleType.INTERVAL_DS:
        return kind.scale
    if kind.type is OracleType.INTERVAL_YM:
        return 0
    if kind.type is not OracleType.NUMBER or kind.scale == kinds.FREE_SCALE:
        return None
    return kind.scale


def _character_set(column: TableColumn) -> str | None:
    if column.type.type not in TEXTS | {OracleType.CLOB}:
        return None
    return "NCHAR_CS" if column.type.national else "CHAR_CS"


@family("COL_COMMENTS", "OWNER:v128 TABLE_NAME:v128 COLUMN_NAME:v128 COMMENTS:v4000")
def column_comments(session: Session) -> Iterator[Described]:
    """Describe the comments on columns."""
    for _, one in sorted(session.catalog.objects.items()):
        if isinstance(one, Table | View):
            for column in one.columns:
                yield {
                    "OWNER": one.owner,
                    "TABLE_NAME": one.name,
                    "COLUMN_NAME": column.name,
                    "COMMENTS": column.comment,
                }


@family(
    "LOBS",
    "OWNER:v128 TABLE_NAME:v128 COLUMN_NAME:v4000 SEGMENT_NAME:v128 SECUREFILE:v3 IN_ROW:v3",
)
def lobs(session: Session) -> Iterator[Described]:
    """Describe every LOB column."""
    for table in session.catalog.tables():
        for position, column in enumerate(table.columns, 1):
            if column.type.type in kinds.LOBS:
                yield {
                    "OWNER": table.owner,
                    "TABLE_NAME": table.name,
                    "COLUMN_NAME": column.name,
                    "SEGMENT_NAME": f"SYS_LOB{table.number:010d}C{position:05d}$$",
                    "SECUREFILE": "YES",
                    "IN_ROW": "YES",
                }


@family(
    "TAB_IDENTITY_COLS",
    """OWNER:v128 TABLE_NAME:v128 COLUMN_NAME:v128 GENERATION_TYPE:v10 SEQUENCE_NAME:v128
    IDENTITY_OPTIONS:v298""",
)
def identity_columns(session: Session) -> Iterator[Described]:
    """Describe every identity column."""
    for table in session.catalog.tables():
        for column in table.columns:
            if column.identity and column.default:
                _, owner, _, name, _ = column.default.split('"')
                options = session.database.sequence(owner, name).options
                yield {
                    "OWNER": table.owner,
                    "TABLE_NAME": table.name,
                    "COLUMN_NAME": column.name,
                    "GENERATION_TYPE": column.identity,
                    "SEQUENCE_NAME": name,
                    "IDENTITY_OPTIONS": _options(options),
                }


def _options(options: SequenceOptions) -> str:
    return (
        f"START WITH: {options.start}, INCREMENT BY: {options.step}, "
        f"MAX_VALUE: {options.maximum}, MIN_VALUE: {options.minimum}, "
        f"CYCLE_FLAG: {yes(options.cycles)[0]}, CACHE_SIZE: {options.cache}, "
        f"ORDER_FLAG: {yes(options.ordered)[0]}, SCALE_FLAG: N, EXTEND_FLAG: N, "
        "SESSION_FLAG: N, KEEP_VALUE: N"
    )


family("ENCRYPTED_COLUMNS", "OWNER:v128 TABLE_NAME:v128 COLUMN_NAME:v128 ENCRYPTION_ALG:v29")(
    nothing
)
