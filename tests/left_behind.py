"""Search everything that a home leaves behind for words that must not be there."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from carried_through import Carried
from journey_homes.embedded_home import EmbeddedHome


def left_behind(home: EmbeddedHome, carried: Iterable[Carried]) -> Iterator[tuple[str, bytes]]:
    """Yield, with where it is: every file, unpacked, and all that the service said."""
    folder = home.objects_folder.parent
    for file in sorted(each for each in folder.rglob("*") if each.is_file()):
        yield from _of_file(file)
    yield "the log", home.log().encode()
    for each in carried:
        transport, job = each.transport, each.job["id"]
        yield "the events", "\n".join(repr(event) for event in each.events).encode()
        for path in (
            f"/transports/{transport}",
            f"/jobs/{job}",
            f"/jobs/{job}/tables",
            f"/jobs/{job}/manifest",
        ):
            said = json.dumps(home.api.get(path), ensure_ascii=False)
            yield f"the answer of {path}", said.encode()


def _of_file(file: Path) -> Iterator[tuple[str, bytes]]:
    data = file.read_bytes()
    yield str(file), data
    if file.name.endswith(".gz"):
        yield f"the lines of {file}", gzip.decompress(data)
    elif file.name.endswith(".zst"):
        stream = pa.CompressedInputStream(pa.BufferReader(data), "zstd")
        yield f"the lines of {file}", stream.read()
    elif file.name.endswith(".parquet"):
        yield f"the rows of {file}", repr(pq.read_table(file).to_pylist()).encode()


def spellings(word: str) -> list[bytes]:
    """Return a word in the forms in which it might be written by mistake."""
    plain = word.encode()
    # Base64 of a longer text holds one of three forms, by where the word begins.
    inner = [base64.b64encode(b"\0" * shift + plain)[shift and 4 :][:-4] for shift in range(3)]
    return [plain, plain.upper(), plain.hex().encode(), plain.hex().upper().encode(), *inner]


def places_of(words: Iterable[str], found: Iterable[tuple[str, bytes]]) -> set[tuple[str, str]]:
    """Return each word with each place that holds it."""
    wanted = [(word, each) for word in words for each in spellings(word)]
    return {(word, where) for where, data in found for word, spelled in wanted if spelled in data}
