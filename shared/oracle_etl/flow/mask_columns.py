"""Mask a column in the select itself, so that its clear value stays in the database.

A keyed hash is computed by Oracle where the account may call DBMS_CRYPTO, and by the worker
otherwise: HMAC-SHA256 of the same text, so the result is the same.
"""

from __future__ import annotations

from dataclasses import replace

from oracle_etl.flow.carry_column import carried, declaration, expression, nothing
from oracle_etl.flow.column_types import TypeRule, rule_for
from oracle_etl.flow.declared_types import base_type, is_in_the_databases_set, limited_set
from oracle_etl.model.columns import CarriedColumn, DeclaredColumn, TableShape, WireForm
from oracle_etl.model.errors import UnsupportedColumn
from oracle_etl.model.reading import MASK_KEY_BIND
from oracle_etl.model.transport import Mask, MaskKind

_HMAC_SHA256 = 3
"""DBMS_CRYPTO.HMAC_SH256; SQL cannot name a package's constant."""
_DATED = ("DATE", "TIMESTAMP")
_LONGS = frozenset({"LONG", "LONG RAW"})
_YEAR = "EXTRACT(YEAR FROM CAST({c} AS TIMESTAMP(9)))"
"""Of a time with a zone the year is UTC's without the cast, and a shorter type may round it up."""


def masked(
    shape: TableShape, declared: DeclaredColumn, mask: Mask, *, encoding: str | None
) -> CarriedColumn:
    """Return the column as its mask shows it."""
    if mask.kind is MaskKind.NULL:
        column = nothing(declared, note="")
    elif mask.kind is MaskKind.REDACT:
        column = _redacted(declared)
    elif mask.kind is MaskKind.YEAR:
        column = _year(shape, declared)
    elif mask.kind is MaskKind.KEEP_LAST:
        column = _last_characters(shape, declared, mask.keep, encoding)
    else:
        column = _hashed(shape, declared, encoding)
    return replace(column, mask=mask.kind.value, note=f"masked: {mask.kind.value}")


def _redacted(declared: DeclaredColumn) -> CarriedColumn:
    # A LONG may stand in a select list and nowhere else, so its nulls are redacted too.
    is_long = base_type(declared.data_type) in _LONGS
    template = "'***'" if is_long else "CASE WHEN {c} IS NOT NULL THEN '***' END"
    return _text(declared, template, width=3)


def _year(shape: TableShape, declared: DeclaredColumn) -> CarriedColumn:
    if not base_type(declared.data_type).startswith(_DATED):
        raise _unfit(shape, declared, MaskKind.YEAR, "it is no date")
    return replace(
        carried(declared, rule_for(declared)),
        expression=expression(_YEAR, declared),
        form=WireForm.INTEGER,
        arrow_type="int64",
        json_type="number",
        bigquery_type="INT64",
        parquet_type="INT64",
        duckdb_type="BIGINT",
        as_number=True,
    )


def _last_characters(
    shape: TableShape, declared: DeclaredColumn, keep: int, encoding: str | None
) -> CarriedColumn:
    rule = rule_for(declared)
    if rule.as_text is None or rule.refused or _is_foreign(declared, encoding):
        raise _unfit(shape, declared, MaskKind.KEEP_LAST, "Oracle cannot cut its text")
    if keep < 1:
        raise _unfit(shape, declared, MaskKind.KEEP_LAST, "it keeps at least 1 character")
    stars = "RPAD('*',LENGTH({t})-{n},'*')||SUBSTR({t},-{n})"
    template = f"CASE WHEN LENGTH({{t}})>{{n}} THEN {stars} ELSE RPAD('*',LENGTH({{t}}),'*') END"
    filled = template.replace("{t}", rule.as_text).replace("{n}", str(keep))
    column = _text(declared, filled, width=max(declared.length, 16))
    return replace(column, character_set=limited_set(shape, declared))


def _hashed(shape: TableShape, declared: DeclaredColumn, encoding: str | None) -> CarriedColumn:
    rule = rule_for(declared)
    if rule.as_text is None or rule.refused:
        raise _unfit(shape, declared, MaskKind.HASH, "it has no text to hash")
    if shape.hashes_in_database and not _is_foreign(declared, encoding):
        return _text(declared, _hash_in_database(rule), width=64)
    column = _text(declared, rule.as_text, width=max(declared.length, 32))
    if encoding is not None and _is_foreign(declared, encoding):
        return replace(_foreign(column, encoding), hash_in_worker=True)
    form = WireForm.NUMBER_TEXT if _is_number(rule) else WireForm.TEXT
    known = limited_set(shape, declared)
    return replace(column, form=form, hash_in_worker=True, character_set=known)


def _hash_in_database(rule: TypeRule) -> str:
    text = rule.as_text or "{c}"
    if _is_number(rule):
        text = f"REGEXP_REPLACE({text},'^(-?)\\.','\\10.')"
    raw = f"UTL_I18N.STRING_TO_RAW({text},'AL32UTF8')"
    mac = f"DBMS_CRYPTO.MAC({raw},{_HMAC_SHA256},:{MASK_KEY_BIND})"
    return f"CASE WHEN {{c}} IS NOT NULL THEN LOWER(RAWTOHEX({mac})) END"


def _foreign(column: CarriedColumn, encoding: str) -> CarriedColumn:
    return replace(
        column,
        expression=f"UTL_RAW.CAST_TO_RAW({column.expression})",
        form=WireForm.ENCODED_TEXT,
        arrow_type="large_binary",
        encoding=encoding,
    )


def _is_foreign(declared: DeclaredColumn, encoding: str | None) -> bool:
    return encoding is not None and is_in_the_databases_set(declared)


def _is_number(rule: TypeRule) -> bool:
    return "NUMBER" in rule.types


def _text(declared: DeclaredColumn, template: str, *, width: int) -> CarriedColumn:
    return replace(
        nothing(declared, note=""),
        expression=expression(template, declared),
        form=WireForm.TEXT,
        width=width,
    )


def _unfit(
    shape: TableShape, declared: DeclaredColumn, kind: MaskKind, why: str
) -> UnsupportedColumn:
    return UnsupportedColumn(
        f"{shape.table}: column {declared.name} ({declaration(declared)}) cannot be masked "
        f"with {kind.value}: {why}",
        hint="use the mask null or redact, or exclude the column",
    )
