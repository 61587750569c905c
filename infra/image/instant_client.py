# ruff: noqa: INP001 - a script of its own, run before anything is installed
"""Download Instant Client, check that it is the archive that was meant, and unpack its libraries.

Run while the image is built, with Python alone: instant_client.py URL SHA256 FOLDER
"""

from __future__ import annotations

import hashlib
import shutil
import stat
import sys
import tempfile
import urllib.request
import zipfile
from pathlib import Path, PurePosixPath
from typing import IO

_CHUNK_BYTES = 1024 * 1024


def main(arguments: list[str]) -> int:
    """Do as the module says; return the exit code."""
    try:
        url, sha256, folder = arguments
    except ValueError:
        return _refused("usage: instant_client.py URL SHA256 FOLDER")
    if not url or not sha256:
        return _refused(
            "give --build-arg INSTANT_CLIENT_URL and INSTANT_CLIENT_SHA256; "
            "docs/thick-mode.md tells where to find them"
        )
    with tempfile.TemporaryFile() as archive:
        found = _download(url, archive)
        if found != sha256.lower():
            return _refused(f"{url} has the SHA-256 {found}, not {sha256}")
        names = _unpack(archive, Path(folder))
    if not any(name.startswith("libclntsh.so") for name in names):
        return _refused(f"{url} holds no libclntsh.so: take the Basic package for Linux x86-64")
    return 0


def _download(url: str, target: IO[bytes]) -> str:
    digest = hashlib.sha256()
    # The address is the builder's own; file: is wanted, for archives fetched by hand.
    with urllib.request.urlopen(url, timeout=60) as source:  # noqa: S310
        while chunk := source.read(_CHUNK_BYTES):
            digest.update(chunk)
            target.write(chunk)
    return digest.hexdigest()


def _unpack(archive: IO[bytes], folder: Path) -> list[str]:
    """Unpack the libraries into one flat folder, whatever folders the archive has.

    Symbolic links, which newer archives hold, are made anew, but only to names beside them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    with zipfile.ZipFile(archive) as packed:
        for member in packed.infolist():
            name = PurePosixPath(member.filename).name
            if member.is_dir() or ".so" not in name:
                continue
            if stat.S_ISLNK(member.external_attr >> 16):
                (folder / name).symlink_to(PurePosixPath(packed.read(member).decode()).name)
            else:
                with packed.open(member) as source, (folder / name).open("wb") as target:
                    shutil.copyfileobj(source, target)
                (folder / name).chmod(0o755)
            names.append(name)
    return names


def _refused(why: str) -> int:
    sys.stderr.write(f"instant_client.py: {why}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
