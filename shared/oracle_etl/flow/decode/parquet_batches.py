"""Read a Parquet file row group by row group."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from arro3.core import RecordBatch
from arro3.io import read_parquet

from oracle_etl.flow.decode.damage import Damaged

_ROWS_AT_ONCE = 8192
_PANIC = "pyo3_runtime"


def parquet_batches(path: str) -> Iterator[RecordBatch]:
    """Yield the rows of a file; Damaged where it is no Parquet.

    The reader panics on bytes that it does not understand, which reaches Python as a
    BaseException of a class that nobody can name.
    """
    batches = _named(lambda: read_parquet(path, batch_size=_ROWS_AT_ONCE))
    while (batch := _named(lambda: next(batches, None))) is not None:
        yield RecordBatch.from_arrow(batch)


def _named(read: Callable[[], Any]) -> Any:  # noqa: ANN401 - a reader, or one of its batches
    try:
        return read()
    except BaseException as error:
        if type(error).__module__ != _PANIC and not isinstance(error, Exception):
            raise
        raise Damaged(f"it is no whole Parquet file: {error}") from error
