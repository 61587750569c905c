"""Check the entries of a transport's list of tables."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence

from oracle_etl.flow.resolve_tables import is_exclusion, is_pattern
from oracle_etl.model.errors import InvalidRequest
from oracle_etl.model.names import TableName
from oracle_etl.model.predicates import check_predicate, check_query, order_term
from oracle_etl.model.transport import Mask, MaskKind, TableChoice

Finding = tuple[str, str]
"""A field as its path, and what would be right."""

MOST_ENTRIES = 1000
_MOST_COLUMNS = 1000
_MOST_BINDS = 100
_MOST_ORDER_TERMS = 32
_LONGEST_ENTRY = 300
_LONGEST_STATEMENT = 32_000
_LONGEST_BIND = 4000
_MOST_KEPT = 100

_PATTERN_PART = re.compile(r'(?:"[^"]+"|[\w$#*?]+)\Z')
_BIND_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,29}\Z")


def findings_of_choices(choices: Sequence[TableChoice]) -> Iterator[Finding]:
    """Yield what is wrong with a list of tables."""
    if not any(not is_exclusion(each.table) for each in choices):
        yield "tables", "must name at least one table or pattern to take"
    if len(choices) > MOST_ENTRIES:
        yield "tables", f"must have at most {MOST_ENTRIES} entries; a pattern may name more tables"
        return
    seen: dict[str, int] = {}
    for place, choice in enumerate(choices):
        field = f"tables[{place}]"
        findings = list(_of_choice(field, choice))
        yield from findings
        if not findings:
            earlier = seen.setdefault(_identity(choice), place)
            if earlier != place:
                yield field, f"must not name the same table as tables[{earlier}]"


def check_encoding(field: str, encoding: str | None) -> Iterator[Finding]:
    """Yield a finding where no text encoding has this name."""
    if encoding is None:
        return
    try:
        " ".encode(encoding)
    except (LookupError, ValueError):
        yield field, "must be an encoding that Python knows, such as `cp949`"


def _identity(choice: TableChoice) -> str:
    """Return what two entries for the same table have in common, however they are spelled."""
    text = choice.table.strip()
    if is_exclusion(text) or is_pattern(text):
        return text.casefold()
    return TableName.parse(text).quoted


def _of_choice(field: str, choice: TableChoice) -> Iterator[Finding]:
    yield from _of_name(field, choice)
    yield from _of_columns(field, choice)
    for place, mask in enumerate(choice.masks):
        yield from _of_mask(f"{field}.masks[{place}]", mask)
    yield from _of_statement(field, choice)
    yield from check_encoding(f"{field}.source_encoding", choice.source_encoding)


def _of_name(field: str, choice: TableChoice) -> Iterator[Finding]:
    text = choice.table
    if len(text) > _LONGEST_ENTRY:
        yield field, f"must have at most {_LONGEST_ENTRY} characters"
    elif is_exclusion(text):
        if not choice.is_plain:
            yield field, "must be a name or pattern alone, since it takes tables out"
        yield from _of_pattern(field, text[len("not ") :])
    elif is_pattern(text) and choice.query is None:
        yield from _of_pattern(field, text)
    else:
        yield from _of_table(field, text)


def _of_pattern(field: str, text: str) -> Iterator[Finding]:
    parts = text.strip().split(".")
    if len(parts) > len(("owner", "name")) or not all(_PATTERN_PART.match(each) for each in parts):
        yield field, "must be a pattern such as `SALES.*`, `*_TMP` or `not *_TMP`"


def _of_table(field: str, text: str) -> Iterator[Finding]:
    try:
        TableName.parse(text)
    except InvalidRequest as error:
        yield field, f"must name a table ({error.message}; {error.hint})"


def _of_columns(field: str, choice: TableChoice) -> Iterator[Finding]:
    if choice.columns and choice.exclude:
        yield f"{field}.exclude", "must be left out where `columns` says what to take"
    named = {
        "columns": choice.columns,
        "exclude": choice.exclude,
        "masks": tuple(each.column for each in choice.masks),
    }
    for kind, columns in named.items():
        yield from _of_column_list(f"{field}.{kind}", columns)
    if len(choice.order) > _MOST_ORDER_TERMS:
        yield f"{field}.order", f"must have at most {_MOST_ORDER_TERMS} columns"
    for place, term in enumerate(choice.order):
        try:
            order_term(term)
        except InvalidRequest:
            yield (
                f"{field}.order[{place}]",
                'must be COLUMN, COLUMN DESC or "Mixed Case" NULLS LAST',
            )


def _of_column_list(field: str, columns: Sequence[str]) -> Iterator[Finding]:
    if len(columns) > _MOST_COLUMNS:
        yield field, f"must have at most {_MOST_COLUMNS} columns"
    for place, column in enumerate(columns):
        try:
            TableName(name=column)
        except InvalidRequest as error:
            yield f"{field}[{place}]", f"must name a column ({error.message}; {error.hint})"
        if column in columns[:place]:
            yield f"{field}[{place}]", f"must not name {column} twice"


def _of_mask(field: str, mask: Mask) -> Iterator[Finding]:
    if mask.kind is MaskKind.KEEP_LAST and not 1 <= mask.keep <= _MOST_KEPT:
        yield f"{field}.keep", f"must be between 1 and {_MOST_KEPT}"


def _of_statement(field: str, choice: TableChoice) -> Iterator[Finding]:
    yield from _of_text(f"{field}.where", choice.where, choice, check_predicate)
    yield from _of_text(f"{field}.query", choice.query, choice, check_query)
    if len(choice.binds) > _MOST_BINDS:
        yield f"{field}.binds", f"must have at most {_MOST_BINDS} names"
    statement = f"{choice.query or ''} {choice.where or ''}"
    for name, value in choice.binds.items():
        bind = f"{field}.binds.{name[:30]}"
        yield from _of_bind(bind, name, value)
        if not re.search(rf":\s*{re.escape(name)}\b", statement, re.IGNORECASE):
            yield bind, "must be used by `where` or `query`"


def _of_text(
    field: str, text: str | None, choice: TableChoice, check: Callable[..., None]
) -> Iterator[Finding]:
    if text is None:
        return
    if not 1 <= len(text.strip()) <= _LONGEST_STATEMENT:
        yield field, f"must have 1 to {_LONGEST_STATEMENT} characters"
        return
    try:
        check(text, binds=choice.binds)
    except InvalidRequest as error:
        yield field, f"must be something else: {error.message}; {error.hint}"


def _of_bind(field: str, name: str, value: str | float | None) -> Iterator[Finding]:
    if not _BIND_NAME.match(name):
        yield field, "must start with a letter, then at most 29 letters, digits and _"
    if isinstance(value, str) and len(value.encode("utf-8", "surrogatepass")) > _LONGEST_BIND:
        yield field, f"must have at most {_LONGEST_BIND} bytes"
    if isinstance(value, float) and not math.isfinite(value):
        yield field, "must be a finite number"
