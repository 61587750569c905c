"""Print the table of types as docs/column-types.md; run it to write the page anew."""

from __future__ import annotations

from pathlib import Path

from oracle_etl.flow.column_types import RULES, TypeRule

PAGE = Path(__file__).parent.parent / "docs" / "column-types.md"

_ABOVE = """\
# How each Oracle type is carried

Printed from `oracle_etl/flow/column_types.py`, which the planner reads; a test keeps the two
alike. `c` is the column's quoted name, `p` the digits a value may have, `s` those after the
point. A column that fits several lines takes the first.

- **JSON** numbers stand bare only while 15 digits hold every value of the declared type: beyond,
  most readers, BigQuery among them, would round. `numbers: digits` or `text` overrules this.
- **BigQuery** gets the narrowest type that holds every value, and STRING where none does. A whole
  number in quotes loads into INT64 as well.
- **Text** is checked to be UTF-8; bytes that are not stop the table with the column's name.
  With `source_encoding` CHAR and VARCHAR2 are read as bytes and decoded strictly. Without it,
  text of a database whose character set is no Unicode one stops the table where it holds what
  that set has not: U+FFFD, or out of US7ASCII anything beyond ASCII.
- A type marked *refused* stops a table while it is planned, unless `on_unsupported` says
  `text` (the expression shown), `null` or `skip`; the manifest then says so.
- A DATE or TIMESTAMP before year 1, and a day that only the Julian calendar has (29 February
  1500), cannot pass the driver as such: the table or part is read again with `TO_CHAR`, which
  looks the same in JSON. Parquet files stop with the column's name.
- A number of a `query` that Oracle describes without a precision is carried as NUMBER.

| Oracle | select | Arrow | JSON | BigQuery | Parquet | DuckDB | |
|---|---|---|---|---|---|---|---|
"""


def page() -> str:
    """Return the page's text."""
    return _ABOVE + "".join(_line(rule) for rule in RULES)


def _line(rule: TypeRule) -> str:
    template = rule.as_text if rule.refused and rule.as_text else rule.expression
    select = "-" if rule.refused and not rule.as_text else f"`{_shown(template)}`"
    note = f"*refused*: {rule.refused}" if rule.refused else rule.note
    cells = (rule.oracle, select, _shown(rule.arrow), rule.held.json, rule.held.bigquery)
    others = (_shown(rule.held.parquet), _shown(rule.held.duckdb), note)
    return "| " + " | ".join((*cells, *others)).replace("||", "\\|\\|") + " |\n"


def _shown(template: str) -> str:
    text = template.replace("{ff}", "[.FFs]")
    return text.replace("{c}", "c").replace("{p}", "p").replace("{s}", "s")


if __name__ == "__main__":
    PAGE.write_text(page())
