"""From the bytes of an object back to its rows, for those who check what was written.

Nothing here shares code with `encode`: a fault there must not hide itself here.
"""

from __future__ import annotations

from oracle_etl.flow.decode.damage import Damaged
from oracle_etl.flow.decode.gzip_stream import GzipStream
from oracle_etl.flow.decode.row_counters import LineRows, ParquetRows, RowCounter, Unpacking
from oracle_etl.flow.decode.zstandard_stream import ZstandardStream
from oracle_etl.model.transport import Format

__all__ = ["Damaged", "RowCounter", "Unpacking", "open_counter", "open_unpacking"]


def open_counter(format_: Format, *, columns: frozenset[str] | None) -> RowCounter:
    """Return what counts an object's rows; with columns it also reads each line as JSON."""
    if format_ is Format.PARQUET:
        return ParquetRows()
    return LineRows(open_unpacking(format_), columns=columns)


def open_unpacking(format_: Format) -> Unpacking:
    """Return what unpacks an object of JSON Lines."""
    return ZstandardStream() if format_ is Format.JSONL_ZST else GzipStream()
