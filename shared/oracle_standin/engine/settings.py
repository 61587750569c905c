"""What a session has set with ALTER SESSION, and what its conversions read from it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from oracle_standin.engine.errors import not_done_here, ora
from oracle_standin.engine.instants import Clock, Zone, clock, local, zone_named
from oracle_standin.values.text import AL32UTF8, US7ASCII, CharacterSet

NLS_DEFAULTS = {
    "NLS_LANGUAGE": "AMERICAN",
    "NLS_TERRITORY": "AMERICA",
    "NLS_CURRENCY": "$",
    "NLS_ISO_CURRENCY": "AMERICA",
    "NLS_NUMERIC_CHARACTERS": ".,",
    "NLS_CALENDAR": "GREGORIAN",
    "NLS_DATE_FORMAT": "DD-MON-RR",
    "NLS_DATE_LANGUAGE": "AMERICAN",
    "NLS_SORT": "BINARY",
    "NLS_TIME_FORMAT": "HH.MI.SSXFF AM",
    "NLS_TIMESTAMP_FORMAT": "DD-MON-RR HH.MI.SSXFF AM",
    "NLS_TIME_TZ_FORMAT": "HH.MI.SSXFF AM TZR",
    "NLS_TIMESTAMP_TZ_FORMAT": "DD-MON-RR HH.MI.SSXFF AM TZR",
    "NLS_DUAL_CURRENCY": "$",
    "NLS_COMP": "BINARY",
    "NLS_LENGTH_SEMANTICS": "BYTE",
    "NLS_NCHAR_CONV_EXCP": "FALSE",
}
ONLY = {
    "NLS_SORT": "BINARY",
    "NLS_COMP": "BINARY",
    "NLS_CALENDAR": "GREGORIAN",
    "NLS_DATE_LANGUAGE": "AMERICAN",
    "NLS_LANGUAGE": "AMERICAN",
    "NLS_TERRITORY": "AMERICA",
    "NLS_LENGTH_SEMANTICS": "BYTE",
    "NLS_NCHAR_CONV_EXCP": "FALSE",
}
"""Parameters of which the stand-in does one value; another is refused rather than ignored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A session's parameters at the moment a statement starts."""

    nls: dict[str, str] = field(default_factory=lambda: dict(NLS_DEFAULTS))
    time_zone: Zone = 0
    charset: CharacterSet = AL32UTF8
    now: int = 0
    """The statement's start, in UTC."""

    @property
    def marks(self) -> str:
        """Decimal mark and group mark."""
        return self.nls["NLS_NUMERIC_CHARACTERS"]

    @property
    def today(self) -> Clock:
        """What the session's clock shows."""
        return clock(local(self.now, self.time_zone))

    def altered(self, name: str, value: str) -> Settings:
        """Return the settings after ALTER SESSION SET name = value."""
        if name == "TIME_ZONE":
            zone: Zone = 0 if value.upper() in {"LOCAL", "DBTIMEZONE"} else zone_named(value)
            return replace(self, time_zone=zone)
        if name in ONLY and value.upper() != ONLY[name]:
            raise not_done_here(f"{name} = {value}")
        if name == "NLS_NUMERIC_CHARACTERS" and (len(value) != 2 or value[0] == value[1]):  # noqa: PLR2004 -- two marks
            raise ora(12705)
        return replace(self, nls=self.nls | {name: value})

    def stored_bytes(self, text: str) -> bytes:
        """Return text as the database's character set stores it."""
        raw = text.encode("utf-8", "surrogateescape")
        if self.charset in {AL32UTF8, US7ASCII} or raw.isascii():
            return raw
        try:
            return self.charset.encode(raw.decode("utf-8"))
        except UnicodeError:
            return raw

    def received(self, text: str) -> str:
        """Return text as it arrives in the database: what its set lacks becomes '?'."""
        if self.charset is AL32UTF8 or text.isascii():
            return text
        return text.encode(self.charset.codec, "replace").decode(self.charset.codec)

    def text_of(self, stored: bytes) -> str:
        """Read the database's stored bytes, keeping those that mean nothing in its set."""
        try:
            return self.charset.decode(stored)
        except UnicodeDecodeError:
            return stored.decode("ascii", "surrogateescape")
