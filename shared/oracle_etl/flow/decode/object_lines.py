"""Read the rows of an object as lines, each of which tells its row from every other."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO

from arro3.core import DataType, Field, RecordBatch, Schema
from arro3.io import write_ndjson

from oracle_etl.flow.decode.gzip_stream import GzipStream
from oracle_etl.flow.decode.parquet_batches import parquet_batches
from oracle_etl.flow.decode.row_counters import Unpacking
from oracle_etl.flow.decode.zstandard_stream import ZstandardStream
from oracle_etl.model.transport import Format

_FLOATS = (DataType.float32(), DataType.float64())


def object_lines(chunks: Iterable[bytes], format_: Format) -> Iterator[bytes]:
    """Yield a line for each row, without its end; Damaged where the bytes are no such object."""
    if format_ is Format.PARQUET:
        return parquet_lines(chunks)
    return _unpacked_lines(
        chunks, ZstandardStream() if format_ is Format.JSONL_ZST else GzipStream()
    )


def parquet_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a line of JSON for each row of a Parquet file, which a temporary file holds."""
    with _kept(chunks) as path:
        for batch in parquet_batches(path):
            yield from _lines_of(batch)


def _unpacked_lines(chunks: Iterable[bytes], unpacking: Unpacking) -> Iterator[bytes]:
    rest: list[bytes] = []
    for chunk in chunks:
        for plain in unpacking.plain(chunk):
            *whole, last = plain.split(b"\n")
            for line in whole:
                yield b"".join((*rest, line))
                rest = []
            rest.append(last)
    unpacking.end()


@contextmanager
def _kept(chunks: Iterable[bytes]) -> Iterator[str]:
    with tempfile.NamedTemporaryFile(prefix="oracle-etl-verify-") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        yield file.name


def _lines_of(batch: RecordBatch) -> Iterator[bytes]:
    # As a number, NaN would be null in JSON; as text every float is itself.
    arrays = [
        each.cast(DataType.large_utf8()) if each.type in _FLOATS else each for each in batch.columns
    ]
    fields = [Field(name, each.type) for name, each in zip(batch.schema.names, arrays, strict=True)]
    target = BytesIO()
    record = RecordBatch.from_arrays(arrays, schema=Schema(fields))
    write_ndjson(record, target, explicit_nulls=True)
    return iter(target.getvalue().split(b"\n")[:-1])
