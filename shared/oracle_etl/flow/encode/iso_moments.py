"""Moments as ISO 8601 text, a whole column at once.

The text of a day and that of a second of the day are looked up in tables; a general formatter
takes four times as long. Every text of a column has the same length.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from arro3.core import Array

from oracle_etl.flow.encode.arrow_text import TextBuffers, whole_numbers

_MICROSECONDS = 1_000_000
_DAY_SECONDS = 86_400
_EPOCH_YEAR = 1970
_FIRST_DAY = np.datetime64("1950-01-01", "D").astype(np.int64)
_LAST_DAY = np.datetime64("2050-01-01", "D").astype(np.int64)
"""Days that have their text in the table; others are few."""
_DATE, _CLOCK = 11, 8
Numbers = np.ndarray[Any, np.dtype[np.int64]]


def iso_moments(array: Array, *, fraction_digits: int, suffix: bytes = b"") -> Array:
    """Return microsecond timestamps as text with so many digits after the seconds."""
    moments, is_valid = whole_numbers(array)
    seconds = moments // _MICROSECONDS
    days = seconds // _DAY_SECONDS
    fields = [("date", f"S{_DATE}"), ("clock", f"S{_CLOCK}")]
    if fraction_digits:
        fields.append(("fraction", f"S{fraction_digits + 1}"))
    if suffix:
        fields.append(("suffix", f"S{len(suffix)}"))
    text = np.empty(len(moments), np.dtype(fields))
    text["date"] = _dates(days)
    text["clock"] = _clocks().take(seconds - days * _DAY_SECONDS)
    if fraction_digits:
        text["fraction"] = _fractions(moments - seconds * _MICROSECONDS, fraction_digits)
    if suffix:
        text["suffix"] = suffix
    return TextBuffers(
        offsets=np.arange(len(moments) + 1, dtype=np.int32) * text.dtype.itemsize,
        data=text.view(np.uint8),
        is_valid=is_valid,
    ).to_text()


def _dates(days: Numbers) -> np.ndarray[Any, np.dtype[np.bytes_]]:
    places = days - _FIRST_DAY
    texts = _table_of_days().take(places, mode="clip")
    others = np.flatnonzero((days < _FIRST_DAY) | (days >= _LAST_DAY))
    if len(others):
        texts[others] = _day_texts(days[others])
    return texts


def _day_texts(days: Numbers) -> np.ndarray[Any, np.dtype[np.bytes_]]:
    dates = days.astype("datetime64[D]")
    months, years = dates.astype("datetime64[M]"), dates.astype("datetime64[Y]")
    year = years.astype(np.int64) + _EPOCH_YEAR
    # Fields without a value of their own are what stands between.
    fields = [("century", "S2"), ("year", "S2"), ("-", "S1"), ("month", "S2"), ("--", "S1")]
    text = np.full(len(days), b"-", np.dtype([*fields, ("day", "S2"), ("T", "S1")]))
    text["century"], text["year"] = _two_digits()[year // 100], _two_digits()[year % 100]
    text["month"] = _two_digits()[(months - years.astype("datetime64[M]")).astype(np.int64) + 1]
    text["day"] = _two_digits()[(dates - months.astype("datetime64[D]")).astype(np.int64) + 1]
    text["T"] = b"T"
    return text.view(f"S{_DATE}")


@cache
def _table_of_days() -> np.ndarray[Any, np.dtype[np.bytes_]]:
    return _day_texts(np.arange(_FIRST_DAY, _LAST_DAY))


@cache
def _clocks() -> np.ndarray[Any, np.dtype[np.bytes_]]:
    two = _two_digits()[:60]
    fields = [("hour", "S2"), (":", "S1"), ("minute", "S2"), ("::", "S1"), ("second", "S2")]
    text = np.empty((24, 60, 60), np.dtype(fields))
    text[":"] = text["::"] = b":"
    text["hour"], text["minute"], text["second"] = two[:24, None, None], two[None, :, None], two
    return text.reshape(-1).view(f"S{_CLOCK}")


@cache
def _two_digits() -> np.ndarray[Any, np.dtype[np.bytes_]]:
    return np.array([f"{number:02d}" for number in range(100)], "S2")


@cache
def _thousands() -> np.ndarray[Any, np.dtype[np.bytes_]]:
    return np.array([f"{number:03d}" for number in range(1000)], "S3")


def _fractions(micros: Numbers, digits: int) -> np.ndarray[Any, np.dtype[np.bytes_]]:
    millis = micros // 1000
    text = np.empty(len(micros), np.dtype([("point", "S1"), ("high", "S3"), ("low", "S3")]))
    text["point"] = b"."
    text["high"] = _thousands().take(millis)
    text["low"] = _thousands().take(micros - millis * 1000)
    # Oracle keeps no more than the declared digits, so what is cut off is zeros.
    return np.ascontiguousarray(text.view("S7").astype(f"S{digits + 1}"))
