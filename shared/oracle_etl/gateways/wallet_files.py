"""An Oracle wallet: a zip of a few small files, unpacked where only this user can read."""

from __future__ import annotations

import io
import lzma
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from oracle_etl.model.errors import SourceMisconfigured

_NEEDED = "tnsnames.ora"
_TAKEN = frozenset({_NEEDED, "sqlnet.ora", "ewallet.pem", "ewallet.p12", "cwallet.sso"})
_LARGEST_ZIP_BYTES = 1024 * 1024
_LARGEST_FILE_BYTES = 1024 * 1024
_MOST_ENTRIES = 100
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    RuntimeError,  # an encrypted file, or a way of packing that zipfile does not know
    ValueError,  # an offset before the beginning, or a name that is no text
    EOFError,
    OSError,
)
_HINT = "download the wallet again from the database's console, and store the zip as it is"


def unpack_wallet(content: bytes, *, beneath: Path) -> Path:
    """Unpack a wallet into a new private folder beneath another, and return the folder.

    Only files that the driver reads are taken, by name; what a zip says about where they belong
    is not followed. Whoever asked for the folder removes it.
    """
    folder = Path(tempfile.mkdtemp(prefix="wallet-", dir=beneath))
    try:
        for name, file in _wallet_files(content):
            _write_privately(folder / name, file)
        if not (folder / _NEEDED).exists():
            raise _unusable(f"it holds no {_NEEDED}")
    except BaseException:
        shutil.rmtree(folder)
        raise
    return folder


def _wallet_files(content: bytes) -> Iterator[tuple[str, bytes]]:
    if len(content) > _LARGEST_ZIP_BYTES:
        raise _unusable("it is too large")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > _MOST_ENTRIES:
                raise _unusable("it holds too many files")
            for entry in entries:
                if PurePosixPath(entry.filename).name in _TAKEN:
                    yield _taken_name(entry), _bounded(archive, entry)
    except _UNREADABLE as error:
        raise _unusable(f"it cannot be read ({type(error).__name__})") from error


def _taken_name(entry: zipfile.ZipInfo) -> str:
    steps = PurePosixPath(entry.filename).parts
    if entry.filename.startswith("/") or ".." in steps or "\\" in entry.filename:
        raise _unusable("a name in it leads elsewhere")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise _unusable("it holds a link")
    return steps[-1]


def _bounded(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    with archive.open(entry) as file:
        content = file.read(_LARGEST_FILE_BYTES + 1)
    if len(content) > _LARGEST_FILE_BYTES:
        raise _unusable("a file in it is too large")
    return content


def _write_privately(path: Path, content: bytes) -> None:
    try:
        with path.open("xb") as file:
            path.chmod(stat.S_IRUSR | stat.S_IWUSR)
            file.write(content)
    except FileExistsError:
        raise _unusable(f"it holds {path.name} twice") from None


def _unusable(reason: str) -> SourceMisconfigured:
    return SourceMisconfigured(f"the wallet is not usable: {reason}", hint=_HINT)
