"""What is known of a file besides its bytes, kept under its generation.

A file that was put into the folder by hand, or whose facts were lost, is read once to know
them again. So facts need no care: torn or missing ones cost time, never truth.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress

import google_crc32c

from oracle_etl.gateways.embedded.folder.names import files_in, folder, make_folder, private_folders

CHUNK_BYTES = 1024 * 1024
_NEW_FILE = os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_LARGEST_FACTS = 8192


def keep_checksum(root: int, bucket: str, generation: str, *, name: str, crc32c: int) -> None:
    """Keep the checksum of a file that stands, or will stand, under a name."""
    steps = private_folders(bucket, "facts")
    make_folder(root, steps)
    body = json.dumps({"name": name, "crc32c": crc32c}).encode()
    with folder(root, steps) as facts:
        descriptor = os.open(generation, _NEW_FILE, 0o666, dir_fd=facts)
        try:
            os.write(descriptor, body)
        finally:
            os.close(descriptor)


def kept_checksum(root: int, bucket: str, generation: str) -> int | None:
    """Return the checksum kept for a generation, None where none can be read."""
    match _kept(root, bucket, generation):
        case {"crc32c": int(crc32c)}:
            return crc32c
        case _:
            return None


def forget(root: int, bucket: str, generation: str) -> None:
    """Remove the facts of a file that is gone."""
    with suppress(FileNotFoundError), folder(root, private_folders(bucket, "facts")) as facts:
        os.unlink(generation, dir_fd=facts)


def kept_names(root: int, bucket: str) -> Iterator[tuple[str, str | None]]:
    """Yield every generation of which facts are kept, and the name that it stood under."""
    for generation in files_in(root, private_folders(bucket, "facts")):
        match _kept(root, bucket, generation):
            case {"name": str(name)}:
                yield generation, name
            case _:
                yield generation, None


def _kept(root: int, bucket: str, generation: str) -> object:
    try:
        with folder(root, private_folders(bucket, "facts")) as facts:
            descriptor = os.open(
                generation, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=facts
            )
            try:
                return json.loads(os.read(descriptor, _LARGEST_FACTS))
            finally:
                os.close(descriptor)
    except (OSError, ValueError, RecursionError):
        return None


def checksum_of(chunks: Iterable[bytes]) -> int:
    """Return the CRC-32C of all chunks together."""
    crc32c = 0
    for chunk in chunks:
        crc32c = google_crc32c.extend(crc32c, chunk)
    return crc32c


def chunks_of(descriptor: int, first_byte: int, size: int) -> Iterator[bytes]:
    """Yield a range of a file's bytes, stopping at its end."""
    last = first_byte + size
    while first_byte < last:
        chunk = os.pread(descriptor, min(CHUNK_BYTES, last - first_byte), first_byte)
        if not chunk:
            return
        yield chunk
        first_byte += len(chunk)
