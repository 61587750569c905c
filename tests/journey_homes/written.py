"""Read back what a job wrote, with code that the product does not share."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from journey_homes.api import Document
from journey_homes.home import Home

Row = dict[str, Any]
_GZIP = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version's folder in a bucket."""

    home: Home
    transport: str
    label: str = "v001"

    @property
    def folder(self) -> str:
        """The folder's name, with a slash behind."""
        return f"{self.transport}/{self.label}/"

    @property
    def names(self) -> list[str]:
        """The names of the objects in the folder, without it."""
        return [
            name.removeprefix(self.folder)
            for name in self.home.names(self.home.bucket)
            if name.startswith(self.folder)
        ]

    def read(self, name: str) -> bytes:
        """Return an object of the folder."""
        return self.home.read(self.home.bucket, self.folder + name)

    @property
    def manifest(self) -> Document:
        """The manifest."""
        manifest: Document = json.loads(self.read("manifest.json"))
        return manifest

    def rows(self, table: str) -> list[Row]:
        """Return the rows of a table that lies in one object."""
        return rows_in(self.read(f"{table}.jsonl.gz"))


def rows_in(data: bytes) -> list[Row]:
    """Return the rows of a gzip JSON Lines object; every digit of a number is kept."""
    return list(_rows(only_member(data)))


def only_member(data: bytes) -> bytes:
    """Return what a gzip object holds; it is whole, and one member with nothing behind."""
    inflater = zlib.decompressobj(_GZIP)
    text = inflater.decompress(data)
    assert inflater.eof, "the object ends before its trailer"
    assert not inflater.unused_data, "something lies behind the first member"
    assert text == gzip.decompress(data)
    return text


def _rows(text: bytes) -> Iterator[Row]:
    assert not text or text.endswith(b"\n"), "the last line is not whole"
    decode = json.JSONDecoder(parse_float=Decimal).decode
    for line in text.decode().split("\n")[:-1]:
        yield decode(line)
