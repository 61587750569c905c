"""Run by dlt's own environment: `URL BACKEND TABLE...`; prints rows and a sum by table, as JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

import dlt.sources.sql_database  # type: ignore[import-not-found,import-untyped,unused-ignore]


def main(url: str, backend: str, *tables: str) -> None:
    """Read every row of the tables, and count them."""
    source = dlt.sources.sql_database.sql_database(
        url, table_names=list(tables), backend=backend, chunk_size=5000
    )
    read = {}
    for name, resource in source.resources.items():
        rows = [row for item in resource for row in rows_of(item)]
        read[name] = [len(rows), sum(int(row.get("quantity", 0)) for row in rows)]
    print(json.dumps(read))  # noqa: T201 - its output is what its caller reads


def rows_of(item: object) -> list[dict[str, Any]]:
    """Return what dlt hands out, a row or a table of Arrow, as rows."""
    if isinstance(item, dict):
        return [item]
    rows: list[dict[str, Any]] = item.to_pylist()  # type: ignore[attr-defined]
    return rows


if __name__ == "__main__":
    main(*sys.argv[1:])
