"""Character sets by Oracle's names and numbers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CharacterSet:
    """A character set of a database or of a connection."""

    name: str
    number: int
    codec: str

    def encode(self, text: str) -> bytes:
        """Write text; UnicodeEncodeError where the set lacks a character."""
        return text.encode(self.codec)

    def decode(self, content: bytes) -> str:
        """Read text; UnicodeDecodeError where the bytes are none of this set's."""
        return content.decode(self.codec)


US7ASCII = CharacterSet("US7ASCII", 1, "ascii")
WE8MSWIN1252 = CharacterSet("WE8MSWIN1252", 178, "cp1252")
KO16MSWIN949 = CharacterSet("KO16MSWIN949", 846, "cp949")
AL32UTF8 = CharacterSet("AL32UTF8", 873, "utf-8")
AL16UTF16 = CharacterSet("AL16UTF16", 2000, "utf-16-be")

CHARACTER_SETS = {
    known.name: known for known in (US7ASCII, WE8MSWIN1252, KO16MSWIN949, AL32UTF8, AL16UTF16)
}
