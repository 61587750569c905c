"""The CRC-32C of bytes put together, from the checksums of what they are put together from."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, reduce

_POLYNOMIAL = 0x82F63B78
_BITS = 32
_BITS_OF_A_BYTE_DOUBLED = 3
"""One bit doubled three times is a byte."""


def joined_crc32c(pieces: Iterable[tuple[int, int]]) -> int:
    """Return the checksum of pieces put together, each given as its checksum and its size."""
    return reduce(lambda before, piece: _followed(before, *piece), pieces, 0)


def _followed(before: int, crc32c: int, size: int) -> int:
    """Shift a checksum over `size` zero bytes and add the one of the bytes that follow."""
    power = 0
    while size >> power:
        if size >> power & 1:
            before = _times(_zero_bytes(power), before)
        power += 1
    return before ^ crc32c


@cache
def _zero_bytes(power: int) -> tuple[int, ...]:
    """Return the matrix that shifts a checksum over 2**power zero bytes.

    A checksum is linear over GF(2): one zero bit is a matrix of 32 columns, and squaring a
    matrix doubles its shift.
    """
    if power == -_BITS_OF_A_BYTE_DOUBLED:
        return (_POLYNOMIAL, *(1 << bit for bit in range(_BITS - 1)))
    half = _zero_bytes(power - 1)
    return tuple(_times(half, column) for column in half)


def _times(matrix: tuple[int, ...], vector: int) -> int:
    product = 0
    for column in matrix:
        if not vector:
            break
        if vector & 1:
            product ^= column
        vector >>= 1
    return product
