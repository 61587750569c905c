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

The program reads from the top: what is found, the version, one object, its rows, the checksum that
Python lacks, the command.

Exit codes: 0 all is as it was written, 1 something differs, 2 there is nothing to verify here,
6 nothing differs, but not everything could be checked.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
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


class Unusable(Exception):
    """There is nothing here that could be verified; says why."""


class Damaged(Exception):
    """Bytes are not what their format says."""


class NotChecked(Exception):
    """What would be needed to look is not installed."""


# --- what is found --------------------------------------------------------------------------------


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


# --- the version ----------------------------------------------------------------------------------


_STRAYS_NAMED = 20
_MANIFEST = re.compile(r"manifest(-[^/]+)?\.json\Z")
_SCHEMA = ".schema.json"


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
            for entry in table["objects"]:
                path = self._local(entry["name"])
                named.add(path)
                format_ = self.manifest["format"]
                ObjectCheck(entry, path, report, format_=format_, crc32c=crc32c).run()
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


# --- one object -----------------------------------------------------------------------------------


_CHUNK_BYTES = 1 << 20
_FRAME_BYTES = 10
"""Before and after the parts of a gzip member that was put together."""


class ObjectCheck:
    """Holds one downloaded object against its entry in the manifest, in one pass over its bytes."""

    def __init__(
        self, entry: dict[str, Any], path: Path, report: Report, *, format_: str, crc32c: bool
    ) -> None:
        self._entry = entry
        self._subject = str(entry["name"])
        self._path = path
        self._report = report
        self._format = format_
        self._sha256 = hashlib.sha256()
        self._crc32c = Crc32c() if crc32c else None
        self._lines: Lines | None = None

    def run(self) -> None:
        """Check it."""
        try:
            self._check()
        except OSError as error:
            self._differs(f"it cannot be read: {error.strerror}")

    def _check(self) -> None:
        if not self._path.is_file():
            self._differs(f"it is not there; it would be {self._path}")
            return
        before = self._report.findings
        self._check_size()
        self._begin_counting()
        self._read()
        self._check_digests()
        self._check_lines()
        # Other bytes than those written need no other proof, and may harm Parquet's reader.
        if self._format == "parquet" and self._report.findings == before:
            self._check_parquet()

    def _check_size(self) -> None:
        size = self._path.stat().st_size
        if size != self._entry["bytes"]:
            self._differs(f"it has {size} bytes, and {self._entry['bytes']} were written")

    def _check_digests(self) -> None:
        sha256 = self._sha256.hexdigest()
        if self._entry["sha256"] not in (None, sha256):
            self._differs(f"its sha256 is {sha256}, not {self._entry['sha256']}")
        if self._crc32c is None:
            self._report.not_checked(self._subject, "crc32c, which you asked to skip")
        elif self._crc32c.shown != self._entry["crc32c"]:
            self._differs(f"its crc32c is {self._crc32c.shown}, not {self._entry['crc32c']}")

    # Reading: what stands before the parts, part after part, and what stands behind them.

    def _read(self) -> None:
        with self._path.open("rb") as file:
            reached = 0
            for part in self._parts():
                first, size = part["first_byte"], part["bytes"]
                if reached == 0:
                    self._take(file, first)
                elif first != reached:
                    self._differs(f"the manifest's parts leave a gap at byte {first}")
                before = self._rows
                sha256 = self._take(file, size)
                self._check_part(part, sha256, self._rows - before)
                reached = first + size
            self._take(file, sys.maxsize)

    def _parts(self) -> list[dict[str, Any]]:
        """Return the parts that were put together; none where they cannot be what lies here."""
        parts: list[dict[str, Any]] = self._entry["parts"]
        if not parts:
            return []
        before = parts[0]["first_byte"]
        behind = self._entry["bytes"] - before - sum(each["bytes"] for each in parts)
        if (before, behind) in {(0, 0), (_FRAME_BYTES, _FRAME_BYTES)}:
            return parts
        self._differs("the manifest's parts do not cover it")
        return []

    def _take(self, file: BinaryIO, size: int) -> str:
        """Read so many bytes, or as many as there are; return their own sha256."""
        digest = hashlib.sha256()
        while size > 0 and (chunk := file.read(min(_CHUNK_BYTES, size))):
            size -= len(chunk)
            digest.update(chunk)
            self._sha256.update(chunk)
            if self._crc32c is not None:
                self._crc32c.update(chunk)
            self._count(chunk)
        return digest.hexdigest()

    def _check_part(self, part: dict[str, Any], sha256: str, rows: int) -> None:
        here = f"part at byte {part['first_byte']}"
        if sha256 != part["sha256"]:
            self._differs(f"{here}: its sha256 is {sha256}, not {part['sha256']}")
        if self._lines and len(self._entry["parts"]) > 1 and rows != part["rows"]:
            self._differs(f"{here}: it holds {rows} rows, not {part['rows']}")

    # Counting rows: lines while the bytes pass by, Parquet's from the file as a whole.

    def _begin_counting(self) -> None:
        try:
            if self._format == "jsonl.gz":
                self._lines = Lines(Gzip())
            elif self._format == "jsonl.zst":
                self._lines = Lines(Zstandard())
            elif self._format != "parquet":
                raise NotChecked(f"rows; this program does not know the format {self._format}")
        except NotChecked as missing:
            self._report.not_checked(self._subject, str(missing))

    @property
    def _rows(self) -> int:
        return self._lines.rows if self._lines else 0

    def _count(self, chunk: bytes) -> None:
        if self._lines is not None:
            try:
                self._lines.take(chunk)
            except Damaged as damage:
                self._differs(str(damage))
                self._lines = None

    def _check_lines(self) -> None:
        if self._lines is not None:
            try:
                self._lines.end()
            except Damaged as damage:
                self._differs(str(damage))
            else:
                self._check_rows(self._lines.rows)

    def _check_parquet(self) -> None:
        try:
            self._check_rows(parquet_rows(self._path))
        except NotChecked as missing:
            self._report.not_checked(self._subject, str(missing))
        except Damaged as damage:
            self._differs(str(damage))

    def _check_rows(self, rows: int) -> None:
        if rows != self._entry["rows"]:
            self._differs(f"it holds {rows} rows, and the manifest says {self._entry['rows']}")

    def _differs(self, what: str) -> None:
        self._report.differs(self._subject, what)


# --- the rows of an object ------------------------------------------------------------------------


_GZIP = 31
"""What tells zlib that a gzip header and trailer stand around the data."""
_PLAIN_BYTES = 1 << 20
_ZSTANDARD_AT_ONCE = 1024
"""Bytes; a few may unpack to very many, and only so few keep within a bounded memory."""


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
                plain = self._inflate.decompress(data, _PLAIN_BYTES)
            except zlib.error as error:
                raise Damaged(f"it is no whole gzip member: {error}") from error
            yield plain
            data = self._inflate.unused_data or self._inflate.unconsumed_tail
            # zlib may have taken all bytes in and hold back what they unpack to.
            held_back = len(plain) == _PLAIN_BYTES and not self._inflate.eof
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


# --- crc32c, which the standard library has not ---------------------------------------------------


_CASTAGNOLI = 0x82F63B78
_ROW_BYTES = 128


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


# --- the command ----------------------------------------------------------------------------------


_VERDICTS = {
    SAME: "all is as it was written",
    DIFFERS: "not as it was written",
    NOT_ALL_CHECKED: "nothing differs, but not everything was checked",
}


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
    # Python has no stream where the shell closed it.
    sys.stdout = sys.stdout or io.StringIO()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A letter that the terminal's encoding lacks must not end the program.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        version = Version(asked.folder)
        report = version.verify(crc32c=not asked.skip_crc32c)
    except Unusable as error:
        sys.stderr.write(f"Error: {error}\n")
        return UNUSABLE
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        sys.stderr.write(f"Error: the manifest is damaged: {type(error).__name__}: {error}\n")
        return UNUSABLE
    _print(version.manifest, report)
    return report.exit_code


def _print(manifest: dict[str, Any], report: Report) -> None:
    verdict = (
        f"{manifest['job']}: {len(manifest['tables'])} tables, {manifest['rows']} rows, "
        f"{manifest['bytes']} bytes: {_VERDICTS[report.exit_code]}"
    )
    for line in (*report.lines, verdict):
        sys.stdout.write(_printable(line) + "\n")


def _printable(text: str) -> str:
    """Return a text with nothing in it that a terminal would obey."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


if __name__ == "__main__":
    sys.exit(main())
