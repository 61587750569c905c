"""Compare what was written with what Oracle holds, value by value."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path

import oracledb

from command_line.column_readings import (
    WAYS,
    WAYS_FOR_ANY_YEAR,
    ColumnReading,
    Ways,
    reading_of,
)
from command_line.exits import DataDiffers

Row = tuple[Hashable, ...]

_BITS = 64
_ROWS_AT_ONCE = 10_000
_ROWS_EXPLAINED = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One table as a job wrote it."""

    owner: str
    table: str
    files: tuple[Path, ...]

    @property
    def name(self) -> str:
        """Its name, as people write it."""
        return f"{self.owner}.{self.table}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many rows there are, and a sum over all their values in which their order is lost.

    Sets of rows that differ in any value have the same sum as seldom as any two hashes are alike.
    """

    rows: int
    mark: int


def tally(rows: Iterable[Row]) -> Tally:
    """Add rows up."""
    count = mark = 0
    for row in rows:
        count += 1
        mark += hash(row)
    return Tally(rows=count, mark=mark % 2**_BITS)


def verify(connection: oracledb.Connection, written: Written) -> int:
    """Return how many rows are the same on both sides; DataDiffers where any is not."""
    try:
        return _compared(connection, written, WAYS)
    except ValueError:
        # A date before the year 1, which neither the driver nor Python has a value for.
        return _compared(connection, written, WAYS_FOR_ANY_YEAR)


def _compared(connection: oracledb.Connection, written: Written, ways: Ways) -> int:
    columns = _columns(connection, written, ways)
    held = tally(source_rows(connection, written, columns))
    found = tally(file_rows(written.files, columns))
    if held != found:
        raise DataDiffers(
            f"{written.name}: Oracle holds {held.rows} rows, the files {found.rows}",
            hint=_explained(
                source_rows(connection, written, columns), file_rows(written.files, columns)
            ),
        )
    return held.rows


def source_rows(
    connection: oracledb.Connection, written: Written, columns: Sequence[ColumnReading]
) -> Iterator[Row]:
    """Yield the rows that Oracle holds."""
    listed = ", ".join(column.select for column in columns)
    converts = [column.from_driver for column in columns]
    with connection.cursor() as cursor:
        cursor.arraysize = _ROWS_AT_ONCE
        cursor.execute(
            f'SELECT {listed} FROM "{written.owner}"."{written.table}"',  # noqa: S608 - names from the dictionary
            fetch_lobs=False,
            fetch_decimals=True,
        )
        while batch := cursor.fetchmany():
            for row in batch:
                yield tuple([convert(value) for convert, value in zip(converts, row, strict=True)])


def file_rows(files: Iterable[Path], columns: Sequence[ColumnReading]) -> Iterator[Row]:
    """Yield the rows that lie in gzip JSON Lines files."""
    converts = {column.name: column.from_json for column in columns}
    decode = json.JSONDecoder(parse_float=Decimal).decode
    for file in files:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = decode(line)
                if row.keys() != converts.keys():
                    raise DataDiffers(f"{file} holds a row with other columns: {sorted(row)}")
                yield tuple([convert(row[name]) for name, convert in converts.items()])


def _columns(connection: oracledb.Connection, written: Written, ways: Ways) -> list[ColumnReading]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, data_type FROM all_tab_columns"
            " WHERE owner = :owner AND table_name = :name ORDER BY column_id",
            owner=written.owner,
            name=written.table,
        )
        return [reading_of(name, data_type, ways) for name, data_type in cursor]


def _explained(held: Iterable[Row], found: Iterable[Row]) -> str:
    """Return the first row that only one side has, looked for among as many as memory may hold."""
    here = Counter(islice(held, _ROWS_EXPLAINED))
    there = Counter(islice(found, _ROWS_EXPLAINED))
    for side, rows in (("Oracle", here - there), ("the files", there - here)):
        for row in rows:
            return f"only {side} hold(s) this row: {row!r:.500}"
    return "the first rows are the same on both sides"
