"""Files being written: nameless to readers, and known to be dead when their writer is."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from oracle_etl.gateways.embedded.folder.errors import named_errors
from oracle_etl.gateways.embedded.folder.names import files_in, folder, make_folder, private_folders

_NEW_FILE = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
_MODE = 0o666
"""Less the umask: consumers of other accounts may read, if the machine's owner wants so."""
_MICROSECOND_DIGITS = 10**6
_NANOSECONDS = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An open file in a bucket's folder of unfinished ones; it goes with its writer."""

    descriptor: int
    steps: tuple[str, ...]
    name: str

    def seal(self) -> str:
        """Put all bytes on the disk and return the generation that the file has from now on.

        A generation is the time of the last change, whose last digits are drawn so that two
        files written within one tick of the kernel's clock differ, and the file's number.
        """
        changed = os.fstat(self.descriptor).st_mtime_ns
        drawn = changed - changed % _MICROSECOND_DIGITS + secrets.randbelow(_MICROSECOND_DIGITS)
        os.utime(self.descriptor, ns=(drawn, drawn))
        os.fsync(self.descriptor)
        return generation_of(os.fstat(self.descriptor))


def generation_of(status: os.stat_result) -> str:
    """Return what tells this file from any other that stood or will stand under its name."""
    return f"{status.st_mtime_ns:x}-{status.st_ino:x}"


def written_at(generation: str) -> float:
    """Return when a file of this generation was last changed, in seconds since 1970."""
    return int(generation.partition("-")[0], 16) / _NANOSECONDS


@contextmanager
def draft(root: int, bucket: str, *, subject: str) -> Iterator[Draft]:
    """Open a new file, locked as long as its writer lives, and remove its name at the end.

    The block's own errors pass as they are; those of opening and removing are named.
    """
    steps = private_folders(bucket, "unfinished")
    with named_errors(subject):
        make_folder(root, steps)
        name, descriptor = _locked_file(root, steps)
    try:
        yield Draft(descriptor=descriptor, steps=steps, name=name)
    finally:
        os.close(descriptor)
        with (
            named_errors(subject),
            suppress(FileNotFoundError),
            folder(root, steps) as unfinished,
        ):
            os.unlink(name, dir_fd=unfinished)


def _locked_file(root: int, steps: tuple[str, ...]) -> tuple[str, int]:
    while True:
        name = secrets.token_hex(16)
        with folder(root, steps) as unfinished:
            descriptor = os.open(name, _NEW_FILE, _MODE, dir_fd=unfinished)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink > 0:
            return name, descriptor
        # A sweep came between the file and its lock.
        os.close(descriptor)


def sweep_drafts(root: int, bucket: str) -> tuple[int, frozenset[str]]:
    """Remove the files of dead writers; return how many, and the generations still written."""
    swept = 0
    written: set[str] = set()
    steps = private_folders(bucket, "unfinished")
    for name in files_in(root, steps):
        with suppress(FileNotFoundError), folder(root, steps) as unfinished:
            generation = _still_written(name, unfinished)
            if generation is None:
                swept += 1
            else:
                written.add(generation)
    return swept, frozenset(written)


def _still_written(name: str, unfinished: int) -> str | None:
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=unfinished)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return generation_of(os.fstat(descriptor))
    else:
        os.unlink(name, dir_fd=unfinished)
        return None
    finally:
        os.close(descriptor)
