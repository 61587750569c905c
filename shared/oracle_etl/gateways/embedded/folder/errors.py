"""What the file system's errors mean to us, in one table."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from oracle_etl.model.errors import StoreAway, StoreRefused, TransportError

_NOT_ALLOWED = "let the account of this program write to the data folder"
_NO_LINKS = "on a file system that knows hard links"
_NOT_A_FOLDER = "a file or a link stands where a folder is needed; move it away"

MEANING: dict[int, tuple[type[TransportError], str]] = {
    errno.EACCES: (StoreRefused, _NOT_ALLOWED),
    errno.EPERM: (StoreRefused, f"{_NOT_ALLOWED}, {_NO_LINKS}"),
    errno.EROFS: (StoreRefused, "mount the data folder for writing"),
    errno.ENAMETOOLONG: (StoreRefused, "shorten the prefix or the name"),
    errno.ELOOP: (StoreRefused, _NOT_A_FOLDER),
    errno.ENOTDIR: (StoreRefused, _NOT_A_FOLDER),
    errno.EISDIR: (StoreRefused, "a folder stands where an object is needed; move it away"),
    errno.ENOTSUP: (StoreRefused, f"put the data folder {_NO_LINKS}"),
    errno.EMLINK: (StoreRefused, f"put the data folder {_NO_LINKS}"),
    errno.EFBIG: (StoreRefused, "use a file system that holds files of this size"),
    errno.ENOSPC: (StoreAway, "make room on the disk of the data folder"),
    errno.EDQUOT: (StoreAway, "raise the quota of the account, or make room"),
    errno.EMFILE: (StoreAway, "raise the limit of open files (ulimit -n)"),
    errno.ENFILE: (StoreAway, "raise the limit of open files of this machine"),
    errno.EIO: (StoreAway, "check the disk of the data folder"),
}
"""Any other error may pass, so it is tried again as often as the settings allow."""


@contextmanager
def named_errors(subject: str) -> Iterator[None]:
    """Raise the file system's errors as ours, saying what they happened to and what to do."""
    try:
        yield
    except OSError as error:
        kind, hint = MEANING.get(error.errno or 0, (StoreAway, "check the data folder"))
        raise kind(f"{subject}: {error.strerror or error}", hint=hint) from error
