"""Where a vendor's exceptions end: each gateway's table says what becomes of each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from oracle_etl.model.errors import TransportError

_LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Verdict:
    """The error of ours that a vendor's exception becomes, and what a person should do."""

    error: type[TransportError]
    hint: str = ""


Table = Mapping[type[Exception], Verdict]


@contextmanager
def named_by(table: Table, *, doing: str) -> Iterator[None]:
    """Turn a vendor's exception into ours; one that the table does not know is a bug and passes."""
    try:
        yield
    except tuple(table) as error:
        verdict = verdict_on(table, error)
        raise verdict.error(f"{doing}: {_reason(error)}", hint=verdict.hint) from error


def verdict_on(table: Table, error: Exception) -> Verdict:
    """Return the entry of the exception's own class, or of the nearest class above it."""
    return next(table[each] for each in type(error).__mro__ if each in table)


def _reason(error: Exception) -> str:
    # A vendor's text may quote the request; its first line is enough, and its size is bounded.
    text = str(getattr(error, "message", error)).strip().splitlines()
    return f"{type(error).__name__}: {text[0][:_LONGEST_REASON]}" if text else type(error).__name__
