#!/usr/bin/env python3
"""Verify a downloaded version of Oracle tables from its manifest.json.

Needs Python 3.9 or later and nothing else: neither oracle-etl nor Oracle nor a network. Copy this
one file to where the data is, and run

    python verify_version.py FOLDER [--skip-crc32c]

FOLDER is a version's folder as it lies in the bucket, manifest.json included. Checked are:
presence, size, crc32c and sha256 of every object (of every part, where parts were put together),
that gzip objects are one whole member with nothing behind it, the number of rows, _SUCCESS, and
that no other data lies there. Rows of Parquet are counted where pyarrow can be imported, those of
Zstandard where Python 3.14 or zstandard is at hand; elsewhere the report says "not checked".

Exit codes: 0 all is as it was written, 1 something differs, 2 there is nothing to verify here,
6 nothing differs, but not everything could be checked.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sys
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

SAME, DIFFERS, UNUSABLE, NOT_ALL_CHECKED = 0, 1, 2, 6

_CHUNK_BYTES = 1 << 20
_GZIP = 31
_FRAME_BYTES = 10
"""Before and after the parts of a gzip member that was put together."""
_CASTAGNOLI = 0x82F63B78
_ROW_BYTES = 128
_ZSTANDARD_AT_ONCE = 1024
"""Bytes; a few may unpack to very many, and only so few keep within a bounded memory."""
_STRAYS_NAMED = 20
_MANIFEST = re.compile(r"manifest(-[^/]+)?\.json\Z")
_SCHEMA = ".schema.json"


class Unusable(Exception):
    """There is nothing here that could be verified; says why."""


class Damaged(Exception):
    """Bytes are not what their format says."""


class NotChecked(Exception):
    """What would be needed to look is not installed."""


@dataclass
class Report:
    """What was found, subject by subject."""

    findings: int = 0
    unchecked: int = 0
    lines: list[str] = field(default_factory=list)

    def differs(self, subject: str, what: str) -> None:
        """Note that something is not as it was written."""
        self.findings += 1
        self.lines.append(f"DIFFERS      {subject}: {what}")

    def not_checked(self, subject: str, what: str) -> None:
        """Note that something could not be looked at."""
        self.unchecked += 1
        self.lines.append(f"not checked  {subject}: {what}")

    @property
    def exit_code(self) -> int:
        """How the program ends."""
        if self.findings:
            return DIFFERS
        return NOT_ALL_CHECKED if self.unchecked else SAME


# --- crc32c, which the standard library has not --------------------------------------------------


def _remainders() -> list[list[int]]:
    """Return what each byte leaves in the checksum at the end of a row, by its place in the row."""
    last = []
    for value in range(256):
        remainder = value
        for _ in range(8):
            remainder = (remainder >> 1) ^ (_CASTAGNOLI if remainder & 1 else 0)
        last.append(remainder)
    places = [last]
    while len(places) < _ROW_BYTES:
        places.append([(crc >> 8) ^ last[crc & 0xFF] for crc in places[-1]])
    return places[::-1]


_REMAINDERS = _remainders()
_OCTETS = [
    [bytes(remainder >> shift & 0xFF for remainder in place) for shift in (0, 8, 16, 24)]
    for place in _REMAINDERS
]
"""The same, each of the four octets as a table for bytes.translate."""


class Crc32c:
    """A Castagnoli checksum.

    Python takes its time for each step, so the bytes are laid in rows and whole columns are
    looked up and added at once; what a step is left for is each row.
    """

    def __init__(self) -> None:
        self._crc = 0xFFFFFFFF
        self._rest = b""

    def update(self, data: bytes) -> None:
        """Take bytes in."""
        data = self._rest + data
        rows = len(data) // _ROW_BYTES
        self._rest = data[rows * _ROW_BYTES :]
        sums = [0, 0, 0, 0]
        for place, tables in enumerate(_OCTETS):
            column = data[place : rows * _ROW_BYTES : _ROW_BYTES]
            for octet, table in enumerate(tables):
                sums[octet] ^= int.from_bytes(column.translate(table), "little")
        first, second, third, fourth = _REMAINDERS[:4]
        crc = self._crc
        # The checksum so far acts like something added to the first four bytes of the next row.
        for one, two, three, four in zip(  # noqa: B905 - `strict` came with Python 3.10
            *(each.to_bytes(rows, "little") for each in sums)
        ):
            crc = (
                first[crc & 0xFF]
                ^ second[crc >> 8 & 0xFF]
                ^ third[crc >> 16 & 0xFF]
                ^ fourth[crc >> 24]
                ^ (one | two << 8 | three << 16 | four << 24)
            )
        self._crc = crc

    @property
    def shown(self) -> str:
        """The checksum of all bytes so far, as Cloud Storage shows it."""
        crc = self._crc
        for octet in self._rest:
            crc = (crc >> 8) ^ _REMAINDERS[-1][(crc ^ octet) & 0xFF]
        return base64.b64encode((crc ^ 0xFFFFFFFF).to_bytes(4, "big")).decode()


# --- rows ----------------------------------------------------------------------------------------


class Gzip:
    """Unpacks one gzip member, behind which nothing may follow."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(_GZIP)

    def plain(self, data: bytes) -> Iterator[bytes]:
        """Yield what these bytes unpack to, in pieces of bounded size."""
        more = bool(data)
        while more:
            if self._inflate.eof:
                raise Damaged("bytes follow the end of its gzip member, where some readers stop")
            try:
                plain = self._inflate.decompress(data, _CHUNK_BYTES)
            except zlib.error as error:
                raise Damaged(f"it is no whole gzip member: {error}") from error
            yield plain
            data = self._inflate.unused_data or self._inflate.unconsumed_tail
            # zlib may have taken all bytes in and hold back what they unpack to.
            held_back = len(plain) == _CHUNK_BYTES and not self._inflate.eof
            more = bool(data) or held_back

    def end(self) -> None:
        """Make sure that the member has ended."""
        if not self._inflate.eof:
            raise Damaged("it ends before its gzip member does")


class Zstandard:
    """Unpacks one Zstandard frame, behind which nothing may follow."""

    def __init__(self) -> None:
        self._frame = _zstandard()

    def plain(self, data: bytes) -> Iterator[bytes]:
        """Yield what these bytes unpack to, in pieces of bounded size."""
        for first in range(0, len(data), _ZSTANDARD_AT_ONCE):
            if self._frame.eof:
                raise Damaged("bytes follow the end of its frame, where some readers stop")
            try:
                yield self._frame.decompress(data[first : first + _ZSTANDARD_AT_ONCE])
            except Exception as error:  # its class is one of a module that may not be there
                raise Damaged(f"it is no whole Zstandard frame: {error}") from error
            if self._frame.unused_data:
                raise Damaged("bytes follow the end of its frame, where some readers stop")

    def end(self) -> None:
        """Make sure that the frame has ended."""
        if not self._frame.eof:
            raise Damaged("it ends before its Zstandard frame does")


def _zstandard() -> Any:  # noqa: ANN401 - of whichever module is there
    try:
        from compression import zstd  # type: ignore[import-not-found]  # noqa: PLC0415 - Python 3.14
    except ImportError:
        try:
            import zstandard  # noqa: PLC0415 - not part of Python
        except ImportError:
            raise NotChecked("rows; for Zstandard use Python 3.14, or install zstandard") from None
        return zstandard.ZstdDecompressor().decompressobj()
    return zstd.ZstdDecompressor()


class Lines:
    """Counts the lines of a compressed object."""

    def __init__(self, unpacking: Gzip | Zstandard) -> None:
        self._unpacking = unpacking
        self._last = b"\n"
        self.rows = 0

    def take(self, data: bytes) -> None:
        """Count the lines that end in these bytes."""
        for plain in self._unpacking.plain(data):
            self.rows += plain.count(b"\n")
            self._last = plain[-1:] or self._last

    def end(self) -> None:
        """Make sure that the last line is whole."""
        self._unpacking.end()
        if self._last != b"\n":
            raise Damaged("its last line has no end")


def parquet_rows(path: Path) -> int:
    """Read every page of a Parquet file and return how many rows there are."""
    try:
        from pyarrow import ArrowException, parquet  # noqa: PLC0415 - not part of Python
    except ImportError:
        raise NotChecked("rows; for Parquet install pyarrow") from None
    try:
        with parquet.ParquetFile(path) as file:
            return sum(batch.num_rows for batch in file.iter_batches())
    except (ArrowException, OSError) as error:
        raise Damaged(f"it is no whole Parquet file: {error}") from error


# --- objects -------------------------------------------------------------------------------------


class ObjectCheck:
    """Holds one downloaded object against what the manifest says of it, in one pass."""

    def __init__(self, said: dict[str, Any], path: Path, report: Report) -> None:
        self._said = said
        self._path = path
        self._report = report
        self._subject = str(said["name"])
        self._sha256 = hashlib.sha256()
        self._crc32c: Crc32c | None = Crc32c()
        self._lines: Lines | None = None

    def run(self, format_: str, *, crc32c: bool) -> None:
        """Check it."""
        if not self._path.is_file():
            self._differs(f"it is not there; it would be {self._path}")
            return
        size = self._path.stat().st_size
        if size != self._said["bytes"]:
            self._differs(f"it has {size} bytes, and {self._said['bytes']} were written")
        if not crc32c:
            self._crc32c = None
        self._begin_counting(format_)
        same = self._read()
        if format_ == "parquet":
            self._count_parquet(same=same)

    def _begin_counting(self, format_: str) -> None:
        try:
            if format_ == "jsonl.gz":
                self._lines = Lines(Gzip())
            elif format_ == "jsonl.zst":
                self._lines = Lines(Zstandard())
        except NotChecked as missing:
            self._report.not_checked(self._subject, str(missing))

    def _read(self) -> bool:
        """Read the file once; tell whether its bytes are those that were written."""
        before = self._report.findings
        with self._path.open("rb") as file:
            for first, size, part in self._spans():
                self._read_span(file, first, size, part)
        if self._said["sha256"] not in (None, self._sha256.hexdigest()):
            self._differs(f"its sha256 is {self._sha256.hexdigest()}, not {self._said['sha256']}")
        if self._crc32c is None:
            self._report.not_checked(self._subject, "crc32c, which you asked to skip")
        elif self._crc32c.shown != self._said["crc32c"]:
            self._differs(f"its crc32c is {self._crc32c.shown}, not {self._said['crc32c']}")
        self._end_counting()
        return self._report.findings == before

    def _spans(self) -> Iterator[tuple[int, int | None, dict[str, Any] | None]]:
        """Yield the parts, and what stands around them: first byte, size, the part itself."""
        parts = self._said["parts"]
        reached = parts[0]["first_byte"] if parts else 0
        around = (reached, self._said["bytes"] - reached - sum(each["bytes"] for each in parts))
        if parts and around not in {(0, 0), (_FRAME_BYTES, _FRAME_BYTES)}:
            self._differs("the manifest's parts do not cover it")
            parts, reached = [], 0
        if reached:
            yield 0, reached, None
        for part in parts:
            if part["first_byte"] != reached:
                self._differs(f"the manifest's parts leave a gap at byte {reached}")
            yield reached, part["bytes"], part
            reached += part["bytes"]
        yield reached, None, None

    def _read_span(
        self, file: BinaryIO, first: int, size: int | None, part: dict[str, Any] | None
    ) -> None:
        rows = self._lines.rows if self._lines else 0
        digest = hashlib.sha256()
        left = sys.maxsize if size is None else size
        while left > 0 and (chunk := file.read(min(_CHUNK_BYTES, left))):
            left -= len(chunk)
            digest.update(chunk)
            self._take(chunk)
        if part is None:
            return
        here = f"part at byte {first}"
        if digest.hexdigest() != part["sha256"]:
            self._differs(f"{here}: its sha256 is {digest.hexdigest()}, not {part['sha256']}")
        if self._lines and len(self._said["parts"]) > 1 and self._lines.rows - rows != part["rows"]:
            self._differs(f"{here}: it holds {self._lines.rows - rows} rows, not {part['rows']}")

    def _take(self, chunk: bytes) -> None:
        self._sha256.update(chunk)
        if self._crc32c is not None:
            self._crc32c.update(chunk)
        if self._lines is not None:
            try:
                self._lines.take(chunk)
            except Damaged as damage:
                self._differs(str(damage))
                self._lines = None

    def _end_counting(self) -> None:
        if self._lines is None:
            return
        try:
            self._lines.end()
        except Damaged as damage:
            self._differs(str(damage))
        else:
            self._compare_rows(self._lines.rows)

    def _count_parquet(self, *, same: bool) -> None:
        if not same:
            # Other bytes than those written need no other proof, and may harm their reader.
            return
        try:
            self._compare_rows(parquet_rows(self._path))
        except NotChecked as missing:
            self._report.not_checked(self._subject, str(missing))
        except Damaged as damage:
            self._differs(str(damage))

    def _compare_rows(self, rows: int) -> None:
        if rows != self._said["rows"]:
            self._differs(f"it holds {rows} rows, and the manifest says {self._said['rows']}")

    def _differs(self, what: str) -> None:
        self._report.differs(self._subject, what)


# --- the version ---------------------------------------------------------------------------------


class Version:
    """A version's folder, and its manifest."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.manifest = _manifest(folder)

    def verify(self, *, crc32c: bool) -> Report:
        """Check everything, and return what was found."""
        report = Report()
        named = set()
        for table in self.manifest["tables"]:
            self._check_table(table, report)
            for said in table["objects"]:
                path = self._local(said["name"])
                named.add(path)
                ObjectCheck(said, path, report).run(self.manifest["format"], crc32c=crc32c)
        self._check_totals(report)
        self._check_folder(named, report)
        return report

    def _local(self, name: str) -> Path:
        """Return where an object lies on this machine; tables of an older version lie beside."""
        transport = self.manifest["transport"]["id"]
        _, found, inner = f"/{name}".partition(f"/{transport}/")
        steps = inner.split("/")
        # A part's folder and its file may follow the folder of the version or of the test run.
        depth = 2 if steps[0] in {"_test", "_partial"} else 1
        if not found or len(steps) <= depth or any(step in {"", ".", ".."} for step in steps):
            raise Unusable(f"the manifest names the object {name!r}, which lies in no version")
        if depth == 1 and steps[0] != self.manifest["version"]:
            return self._folder.parent.joinpath(*steps)
        return self._folder.joinpath(*steps[depth:])

    def _check_table(self, table: dict[str, Any], report: Report) -> None:
        rows = sum(each["rows"] for each in table["objects"])
        if table["rows"] != rows:
            report.differs(table["table"], f"its rows are {table['rows']}, its objects' {rows}")
        if table["counted_rows"] not in (None, table["rows"]):
            report.differs(table["table"], f"Oracle counted {table['counted_rows']} rows")
        if table["status"] != "completed" or not table["objects"]:
            report.differs(table["table"], "it has no object, or is not completed")

    def _check_totals(self, report: Report) -> None:
        tables = self.manifest["tables"]
        for what, key in (("rows", "rows"), ("bytes", "bytes")):
            total = sum(each[key] for each in tables)
            if total != self.manifest[key]:
                said = f"it says {self.manifest[key]} {what}, and its tables {total}"
                report.differs("manifest.json", said)
        if len(tables) != self.manifest["tables_total"]:
            said = f"it says {self.manifest['tables_total']} tables, and names {len(tables)}"
            report.differs("manifest.json", said)

    def _check_folder(self, named: set[Path], report: Report) -> None:
        is_full = self.manifest["mode"] == "full" and self.manifest["status"] == "completed"
        stands = (self._folder / "_SUCCESS").is_file()
        if is_full != stands:
            said = "it is not there" if is_full else "it is there, and the job is not complete"
            report.differs("_SUCCESS", said)
        files = (each for each in sorted(self._folder.rglob("*")) if not each.is_dir())
        strays = [each for each in files if each not in named and not self._is_no_data(each)]
        for path in strays[:_STRAYS_NAMED]:
            report.differs(str(path.relative_to(self._folder)), "no manifest names it")
        if more := len(strays[_STRAYS_NAMED:]):
            report.differs("the folder", f"{more} more files lie there that no manifest names")

    def _is_no_data(self, path: Path) -> bool:
        inner = path.relative_to(self._folder).as_posix()
        is_manifest = _MANIFEST.match(inner) is not None
        return inner == "_SUCCESS" or inner.endswith(_SCHEMA) or is_manifest


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / "manifest.json"
    try:
        manifest = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise Unusable(f"{path} is not there: name the folder of a version") from None
    except (OSError, ValueError, RecursionError) as error:
        raise Unusable(f"{path} cannot be read: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("schema_version") != 1:
        raise Unusable(f"{path} is no manifest that this program knows")
    return manifest


def main(arguments: list[str] | None = None) -> int:
    """Verify the folder that the arguments name; return the exit code."""
    described, _, more = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        description=described,
        epilog=more,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, help="the version's folder")
    parser.add_argument(
        "--skip-crc32c", action="store_true", help="leave out the slowest check, and say so"
    )
    asked = parser.parse_args(arguments)
    try:
        version = Version(asked.folder)
        report = version.verify(crc32c=not asked.skip_crc32c)
    except Unusable as error:
        sys.stderr.write(f"Error: {error}\n")
        return UNUSABLE
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        sys.stderr.write(f"Error: the manifest is damaged: {type(error).__name__}: {error}\n")
        return UNUSABLE
    for line in report.lines:
        sys.stdout.write(_printable(line) + "\n")
    manifest = version.manifest
    sys.stdout.write(
        _printable(
            f"{manifest['job']}: {len(manifest['tables'])} tables, {manifest['rows']} rows, "
            f"{manifest['bytes']} bytes: {_VERDICTS[report.exit_code]}"
        )
        + "\n"
    )
    return report.exit_code


_VERDICTS = {
    SAME: "all is as it was written",
    DIFFERS: "not as it was written",
    NOT_ALL_CHECKED: "nothing differs, but not everything was checked",
}


def _printable(text: str) -> str:
    """Return a text with nothing in it that a terminal would obey."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


if __name__ == "__main__":
    sys.exit(main())
