"""Names of buckets and objects as places in the file system, none of them outside the root.

Every step is taken from an open folder and never through a link, so that no name, and nobody
who plants a link meanwhile, leads out of the bucket.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from oracle_etl.model.errors import StoreRefused

PRIVATE_FOLDER = ".oracle-etl"
"""Folder of each bucket that holds no objects: unfinished files, and facts of finished ones."""

_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,221}\Z", re.ASCII)
_LONGEST_NAME_BYTES = 1024
_LONGEST_STEP_BYTES = 255
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an object lies: folders from the root downwards, and the file's name."""

    folders: tuple[str, ...]
    file: str


def checked_bucket(bucket: str) -> str:
    """Return a bucket's name; StoreRefused for one that is no plain folder name."""
    if not _BUCKET.match(bucket):
        raise StoreRefused(
            f"{bucket!r} cannot be the name of a bucket",
            hint="use letters, digits, dots, dashes and underscores, a letter or digit first",
        )
    return bucket


def place_of(bucket: str, name: str) -> Place:
    """Return where an object lies; StoreRefused for a name that no file could safely have."""
    steps = name.split("/")
    if steps[0] == PRIVATE_FOLDER or not all(map(_is_step, steps)) or not _is_short(name):
        raise StoreRefused(
            f"{name!r} cannot be the name of an object in a folder",
            hint=f"use at most {_LONGEST_NAME_BYTES} bytes, and between slashes "
            f"1 to {_LONGEST_STEP_BYTES} bytes that are not . or ..",
        )
    return Place(folders=(checked_bucket(bucket), *steps[:-1]), file=steps[-1])


def private_folders(bucket: str, name: str) -> tuple[str, ...]:
    """Return the way to one of a bucket's private folders."""
    return (checked_bucket(bucket), PRIVATE_FOLDER, name)


def _is_step(step: str) -> bool:
    return step not in {"", ".", ".."} and "\0" not in step and _size(step) <= _LONGEST_STEP_BYTES


def _is_short(name: str) -> bool:
    return _size(name) <= _LONGEST_NAME_BYTES


def _size(text: str) -> int:
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        return _LONGEST_NAME_BYTES + 1


@contextmanager
def folder(root: int, steps: Sequence[str]) -> Iterator[int]:
    """Open a folder below the root; FileNotFoundError where it is not there."""
    current = os.dup(root)
    try:
        for step in steps:
            inner = os.open(step, _FOLDER, dir_fd=current)
            os.close(current)
            current = inner
        yield current
    finally:
        os.close(current)


def make_folder(root: int, steps: Sequence[str]) -> None:
    """Make a folder and those above it, each entered on the disk before the next is."""
    for depth, step in enumerate(steps):
        with folder(root, steps[:depth]) as above:
            try:
                os.mkdir(step, dir_fd=above)
            except FileExistsError:
                continue
            os.fsync(above)


def remove_empty_folders(root: int, steps: Sequence[str]) -> None:
    """Remove a folder and those above it as long as they are empty; the first step stays."""
    for depth in range(len(steps) - 1, 0, -1):
        try:
            with folder(root, steps[:depth]) as above:
                os.rmdir(steps[depth], dir_fd=above)
        except OSError:
            return  # Not empty, or already gone.


def names_below(root: int, bucket: str, prefix: str) -> Iterator[str]:
    """Yield the names of a bucket's files that start with a prefix, in order."""
    return _names((checked_bucket(bucket),), root, "", prefix)


def _names(steps: tuple[str, ...], root: int, above: str, prefix: str) -> Iterator[str]:
    for name in _listed(steps, root, above):
        if not name.endswith("/"):
            if name.startswith(prefix):
                yield name
        elif name.startswith(prefix) or prefix.startswith(name):
            inner = name.rstrip("/").rpartition("/")[2]
            yield from _names((*steps, inner), root, name, prefix)


def _listed(steps: tuple[str, ...], root: int, above: str) -> list[str]:
    """List a folder: files, and folders with a slash behind, which orders them as whole names."""
    found = []
    try:
        with folder(root, steps) as here, os.scandir(here) as entries:
            for entry in entries:
                if not _is_step(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    found.append(f"{above}{entry.name}/")
                elif entry.is_file(follow_symlinks=False):
                    found.append(f"{above}{entry.name}")
    except FileNotFoundError:
        return []  # Removed since its name was read.
    return sorted(name for name in found if name != f"{PRIVATE_FOLDER}/")


def buckets(root: int) -> list[str]:
    """Return the names of all buckets, in order."""
    with os.scandir(root) as entries:
        return sorted(
            entry.name
            for entry in entries
            if _BUCKET.match(entry.name) and entry.is_dir(follow_symlinks=False)
        )


def files_in(root: int, steps: Sequence[str]) -> list[str]:
    """Return the names of the files in a folder, none where it is not there."""
    try:
        with folder(root, steps) as here, os.scandir(here) as entries:
            return [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
    except FileNotFoundError:
        return []
