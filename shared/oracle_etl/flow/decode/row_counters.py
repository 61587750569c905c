"""Count the rows of an object while its bytes pass by."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Protocol

import orjson

from oracle_etl.flow.decode.damage import Damaged
from oracle_etl.flow.decode.parquet_batches import parquet_batches

_LONGEST_LINE = 512 * 1024 * 1024
_SHOWN = 60


class Unpacking(Protocol):
    """Unpacks one object of JSON Lines; Damaged where that is not what it holds."""

    def plain(self, data: bytes) -> Iterator[bytes]:
        """Yield what these bytes unpack to, in pieces of bounded size."""
        ...

    def end(self) -> None:
        """Make sure that nothing is missing."""
        ...


class RowCounter(Protocol):
    """Takes an object's bytes in order, once; Damaged where they are not what they should be."""

    @property
    def rows(self) -> int:
        """Rows so far; of Parquet, known at the end."""
        ...

    def take(self, data: bytes) -> None:
        """Take the next bytes in."""
        ...

    def end(self) -> None:
        """Make sure that nothing is missing."""
        ...

    def close(self) -> None:
        """Let go of what was kept."""
        ...


class LineRows:
    """Counts the lines of a compressed object; with columns, each has to be an object of them."""

    def __init__(self, unpacking: Unpacking, *, columns: frozenset[str] | None) -> None:
        self._unpacking = unpacking
        self._columns = columns
        self._last = b"\n"
        self._rest: list[bytes] = []
        self._rest_size = 0
        self.rows = 0

    def take(self, data: bytes) -> None:
        """Count the lines that end in these bytes."""
        for plain in self._unpacking.plain(data):
            self._last = plain[-1:]
            if self._columns is None:
                self.rows += plain.count(b"\n")
            else:
                self._read(plain, self._columns)

    def end(self) -> None:
        """Make sure that the last line is whole."""
        self._unpacking.end()
        if self._last != b"\n":
            raise Damaged(f"its last line, after {self.rows} whole ones, has no end")

    def close(self) -> None:
        """Nothing was kept."""

    def _read(self, plain: bytes, columns: frozenset[str]) -> None:
        *whole, rest = plain.split(b"\n")
        for piece in whole:
            self._check(b"".join((*self._rest, piece)), columns)
            self._rest, self._rest_size = [], 0
            self.rows += 1
        self._rest.append(rest)
        self._rest_size += len(rest)
        if self._rest_size > _LONGEST_LINE:
            raise Damaged(f"line {self.rows + 1} is longer than {_LONGEST_LINE} bytes")

    def _check(self, line: bytes, columns: frozenset[str]) -> None:
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise Damaged(f"line {self.rows + 1} is no JSON: {error}") from error
        if not isinstance(row, dict):
            raise Damaged(f"line {self.rows + 1} holds no JSON object")
        if strange := row.keys() - columns:
            named = ", ".join(sorted(strange))[:_SHOWN]
            raise Damaged(f"line {self.rows + 1} has columns that the manifest has not: {named}")


class ParquetRows:
    """Keeps a Parquet object in a file, since its footer comes last, and reads every page of it."""

    def __init__(self) -> None:
        self._file = tempfile.NamedTemporaryFile(prefix="oracle-etl-verify-")  # noqa: SIM115 - closed in `close`
        self.rows = 0

    def take(self, data: bytes) -> None:
        """Keep the next bytes."""
        self._file.write(data)

    def end(self) -> None:
        """Read all rows."""
        self._file.flush()
        for batch in parquet_batches(self._file.name):
            self.rows += batch.num_rows

    def close(self) -> None:
        """Remove the file."""
        self._file.close()
