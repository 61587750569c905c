"""Compare two sets of rows whatever their order, in bounded memory.

Both sides are added up first, in many small sums. Only where sums differ are rows looked at one
by one, in a second reading.
"""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_BUCKETS = 1 << 16
_DIGEST_BYTES = 16
_ROWS_LOOKED_AT = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many rows there are in each bucket, and the sum of their digests.

    Sets of rows that differ have equal sums once in 2**112 times.
    """

    counts: tuple[int, ...]
    sums: tuple[int, ...]

    @property
    def rows(self) -> int:
        """All rows."""
        return sum(self.counts)

    def plus(self, other: Tally) -> Tally:
        """Return the tally of both sets of rows together."""
        return Tally(
            counts=tuple(map(operator.add, self.counts, other.counts)),
            sums=tuple(map(operator.add, self.sums, other.sums)),
        )


NO_ROWS = Tally(counts=(0,) * _BUCKETS, sums=(0,) * _BUCKETS)


def tally(lines: Iterable[bytes]) -> Tally:
    """Add rows up."""
    counts, sums = [0] * _BUCKETS, [0] * _BUCKETS
    for line in lines:
        digest = digest_of(line)
        bucket = digest % _BUCKETS
        counts[bucket] += 1
        sums[bucket] += digest
    return Tally(counts=tuple(counts), sums=tuple(sums))


def digest_of(line: bytes) -> int:
    """Return a number that tells a row from every other."""
    return int.from_bytes(hashlib.blake2b(line, digest_size=_DIGEST_BYTES).digest(), "big")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspects:
    """The buckets in which two tallies differ, as many as memory may hold."""

    buckets: frozenset[int]
    is_all: bool

    def among(self, lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
        """Yield the rows that lie in these buckets, with their digests."""
        for line in lines:
            digest = digest_of(line)
            if digest % _BUCKETS in self.buckets:
                yield digest, line


def suspects(left: Tally, right: Tally, *, most: int = _ROWS_LOOKED_AT) -> Suspects:
    """Return where two tallies differ, the smallest buckets first, up to so many rows."""
    differing = [
        (left.counts[bucket] + right.counts[bucket], bucket)
        for bucket in range(_BUCKETS)
        if (left.counts[bucket], left.sums[bucket]) != (right.counts[bucket], right.sums[bucket])
    ]
    chosen: set[int] = set()
    rows = 0
    for size, bucket in sorted(differing):
        if chosen and rows + size > most:
            break
        chosen.add(bucket)
        rows += size
    return Suspects(buckets=frozenset(chosen), is_all=len(chosen) == len(differing))
