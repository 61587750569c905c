"""Functions on text."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from typing import TypeVar

from oracle_standin.engine import codec, kinds
from oracle_standin.engine.compiling.coercion import as_text
from oracle_standin.engine.errors import ora
from oracle_standin.engine.execution import settings_of
from oracle_standin.engine.functions.registry import built, counted, function, like_first
from oracle_standin.engine.kinds import NUMBER, Compiled, Frame, Value
from oracle_standin.engine.settings import Settings
from oracle_standin.port import ColumnType, OracleType

TEXT = kinds.varchar()
MOST_CUT_BYTES = 4
AnyText = TypeVar("AnyText", str, bytes)


@function("UPPER", TEXT, gives=like_first)
def upper(_settings: Settings, text: str) -> str:
    """Return the text in capitals, one character for one."""
    return "".join(c.upper() if len(c.upper()) == 1 else c for c in text)


@function("LOWER", TEXT, gives=like_first)
def lower(_settings: Settings, text: str) -> str:
    """Return the text in small letters, one character for one."""
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


@function("INITCAP", TEXT, gives=like_first)
def initcap(_settings: Settings, text: str) -> str:
    """Return the text with each word capitalised."""
    return re.sub(r"[^\W_]+", lambda word: word[0].capitalize(), text)


@function("SUBSTR", TEXT, NUMBER, NUMBER, gives=like_first, least=2)
def substr(_settings: Settings, text: str, start: Decimal, length: Decimal | None = None) -> str:
    """Return a part of the text; 0 counts as 1, negative starts count from the end."""
    return _part(text, start, length)


@function("DBMS_LOB.SUBSTR", kinds.CLOB, NUMBER, NUMBER, gives=kinds.varchar(32767), least=1)
def lob_substr(
    _settings: Settings, text: str, amount: Decimal = Decimal(32767), offset: Decimal = Decimal(1)
) -> str:
    """Return so many characters of a CLOB from an offset."""
    return _part(text, offset, amount)


@function("SUBSTRB", TEXT, NUMBER, NUMBER, gives=like_first, least=2)
def substrb(settings: Settings, text: str, start: Decimal, length: Decimal | None = None) -> str:
    """Return a part of the text counted in bytes."""
    return _whole_characters(settings, _part(settings.stored_bytes(text), start, length))


def _whole_characters(settings: Settings, part: bytes) -> str:
    """Read bytes as text, with a blank for each byte of a character that was cut in two."""
    cuts = itertools.product(range(MOST_CUT_BYTES), repeat=2)
    for lead, tail in sorted(cuts, key=sum):
        try:
            whole = settings.charset.decode(part[lead : len(part) - tail])
        except UnicodeDecodeError:
            continue
        return " " * lead + whole + " " * tail
    return settings.text_of(part)


def _part(text: AnyText, start: Decimal, length: Decimal | None) -> AnyText:
    first = int(start)
    if length is not None and length < 1:
        return text[:0]
    begin = first - 1 if first > 0 else len(text) + first if first < 0 else 0
    if begin < 0:
        return text[:0]
    return text[begin:] if length is None else text[begin : begin + int(length)]


def _length(settings: Settings, text: str) -> Decimal:
    del settings
    return Decimal(len(text))


function("LENGTH", TEXT, gives=NUMBER)(_length)


@built("LENGTHB")
def lengthb(arguments: Sequence[Compiled]) -> Compiled:
    """Count the bytes that text takes in the database's character set."""
    counted(arguments, 1, 1)
    given = as_text(arguments[0])
    national = given.type.national

    def run(frame: Frame) -> Value:
        text = given.run(frame)
        if text is None:
            return None
        if national:
            return Decimal(len(text.encode("utf-16-be", "surrogatepass")))
        return Decimal(len(settings_of(frame).stored_bytes(text)))

    return Compiled(type=NUMBER, run=run)


@function("INSTR", TEXT, TEXT, NUMBER, NUMBER, gives=NUMBER, least=2)
def instr(
    _settings: Settings,
    text: str,
    wanted: str,
    start: Decimal = Decimal(1),
    occurrence: Decimal = Decimal(1),
) -> Decimal:
    """Return where the text holds the wanted text, 0 where it does not."""
    if occurrence < 1:
        raise ora(1428, occurrence)
    if start == 0:
        return Decimal(0)
    backwards = start < 0
    at = int(start) - 1 if not backwards else len(text) + int(start)
    if at < 0:
        return Decimal(0)
    for _ in range(int(occurrence)):
        at = text.rfind(wanted, 0, at + len(wanted)) if backwards else text.find(wanted, at)
        if at < 0:
            return Decimal(0)
        at += -1 if backwards else 1
    return Decimal(at + 2 if backwards else at)


@function("DBMS_LOB.INSTR", kinds.CLOB, TEXT, NUMBER, NUMBER, gives=NUMBER, least=2)
def lob_instr(settings: Settings, *arguments: Value) -> Decimal:
    """Return where a CLOB holds the wanted text."""
    found: Decimal = instr(settings, *arguments)
    return found


def _padded(text: str, length: Decimal, fill: str) -> tuple[str, str]:
    """Return what fills the text up, and the text itself, cut to the columns of a terminal."""
    width = max(int(length), 0)
    kept = _fitting(text, width)
    missing = width - _columns(kept)
    filling = _fitting(fill * missing, missing)
    return filling + " " * (missing - _columns(filling)), kept


def _columns(text: str) -> int:
    return len(text) if text.isascii() else sum(map(_column_count, text))


def _column_count(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _fitting(text: str, width: int) -> str:
    if text.isascii():
        return text[:width]
    ends = itertools.accumulate(map(_column_count, text))
    return "".join(c for c, end in zip(text, ends, strict=True) if end <= width)


@function("LPAD", TEXT, NUMBER, TEXT, gives=like_first, least=2)
def lpad(_settings: Settings, text: str, length: Decimal, fill: str = " ") -> str:
    """Fill the text on the left, or cut it, to a length."""
    return "".join(_padded(text, length, fill))


@function("RPAD", TEXT, NUMBER, TEXT, gives=like_first, least=2)
def rpad(_settings: Settings, text: str, length: Decimal, fill: str = " ") -> str:
    """Fill the text on the right, or cut it, to a length."""
    padding, kept = _padded(text, length, fill)
    return kept + padding


@function("LTRIM", TEXT, TEXT, gives=like_first, least=1)
def ltrim(_settings: Settings, text: str, characters: str = " ") -> str:
    """Drop characters from the left."""
    return text.lstrip(characters)


@function("RTRIM", TEXT, TEXT, gives=like_first, least=1)
def rtrim(_settings: Settings, text: str, characters: str = " ") -> str:
    """Drop characters from the right."""
    return text.rstrip(characters)


@function("TRIM LEADING", TEXT, TEXT, gives=like_first)
def trim_leading(_settings: Settings, text: str, character: str) -> str:
    """Drop a character from the left."""
    return text.lstrip(_one(character))


@function("TRIM TRAILING", TEXT, TEXT, gives=like_first)
def trim_trailing(_settings: Settings, text: str, character: str) -> str:
    """Drop a character from the right."""
    return text.rstrip(_one(character))


@function("TRIM BOTH", TEXT, TEXT, gives=like_first)
def trim_both(_settings: Settings, text: str, character: str) -> str:
    """Drop a character from both ends."""
    return text.strip(_one(character))


def _one(character: str) -> str:
    if len(character) != 1:
        raise ora(30001)
    return character


@built("REPLACE")
def replace_text(arguments: Sequence[Compiled]) -> Compiled:
    """Make REPLACE, whose NULL arguments search for nothing or replace by nothing."""
    counted(arguments, 2, 3)
    runs = [as_text(one).run for one in arguments]

    def run(frame: Frame) -> Value:
        text, wanted, *by = (one(frame) for one in runs)
        if text is None or wanted is None:
            return text
        return text.replace(wanted, (by[0] if by else None) or "") or None

    return Compiled(type=like_first(arguments), run=run)


@function("TRANSLATE", TEXT, TEXT, TEXT, gives=like_first)
def translate(_settings: Settings, text: str, old: str, new: str) -> str:
    """Exchange characters one for one; those without a partner go."""
    table: dict[int, str | None] = {}
    for index, character in enumerate(old):
        table.setdefault(ord(character), new[index] if index < len(new) else None)
    return text.translate(table)


@function("CHR", NUMBER, gives=kinds.varchar(4))
def character(settings: Settings, code: Decimal) -> str:
    """Return the character with a code in the database's character set."""
    number = int(code)
    size = max((number.bit_length() + 7) // 8, 1)
    return settings.text_of(number.to_bytes(size, "big"))


@function("UNISTR", TEXT, gives=kinds.nvarchar(2000))
def unistr(_settings: Settings, text: str) -> str:
    r"""Read \XXXX as UTF-16 units."""
    units = re.sub(
        r"\\([0-9A-Fa-f]{4}|\\)",
        lambda found: "\\" if found[1] == "\\" else chr(int(found[1], 16)),
        text,
    )
    return units.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace")


@function("ASCIISTR", TEXT, gives=TEXT)
def asciistr(_settings: Settings, text: str) -> str:
    r"""Write what is not ASCII as \XXXX."""
    units = text.replace("\\", "\\005C").encode("utf-16-be", "surrogatepass")
    codes = (int.from_bytes(units[i : i + 2], "big") for i in range(0, len(units), 2))
    return "".join(chr(code) if code < 128 else f"\\{code:04X}" for code in codes)  # noqa: PLR2004 -- ASCII


@function("ASCII", TEXT, gives=NUMBER)
def ascii_code(settings: Settings, text: str) -> Decimal:
    """Return the code of the first character in the database's character set."""
    return Decimal(int.from_bytes(settings.stored_bytes(text[0]), "big"))


@built("CONCAT")
def concat(arguments: Sequence[Compiled]) -> Compiled:
    """Make a concatenation; NULL adds nothing."""
    counted(arguments, 2, 1000)
    joined = arguments[0]
    for following in arguments[1:]:
        joined = concatenated(joined, following)
    return joined


def concatenated(left: Compiled, right: Compiled) -> Compiled:
    """Make left || right; NULL adds nothing, and nothing at all is NULL."""
    if left.type.type in kinds.RAWS and right.type.type in kinds.RAWS:
        return _joined(left, right, kinds.raw())
    first, second = as_text(left), as_text(right)
    return _joined(first, second, _joined_type(first.type, second.type))


def _joined_type(left: ColumnType, right: ColumnType) -> ColumnType:
    if OracleType.CLOB in {left.type, right.type}:
        return kinds.CLOB
    if left.national or right.national:
        return kinds.nvarchar(kinds.MOST_VARCHAR // 2)
    return kinds.varchar(min(left.size + right.size, kinds.MOST_VARCHAR) or 1)


def _joined(left: Compiled, right: Compiled, kind: ColumnType) -> Compiled:
    first, second = left.run, right.run
    bounded = kind.type is not OracleType.CLOB

    def run(frame: Frame) -> Value:
        a, b = first(frame), second(frame)
        if a is None or b is None:
            return b if a is None else a
        both = a + b
        if bounded and len(both) > kinds.MOST_VARCHAR // 4 and _size(both) > kinds.MOST_VARCHAR:
            raise ora(1489)
        return both

    return Compiled(type=kind, run=run)


def _size(joined: str | bytes) -> int:
    return len(codec.text_bytes(joined)) if isinstance(joined, str) else len(joined)


@function("REVERSE", TEXT, gives=like_first)
def reverse(_settings: Settings, text: str) -> str:
    """Return the text backwards."""
    return text[::-1]


@function("SOUNDEX", TEXT, gives=kinds.varchar(4))
def soundex(_settings: Settings, text: str) -> str:
    """Return the phonetic code of English text."""
    codes = {c: d for d, cs in enumerate(("BFPV", "CGJKQSXZ", "DT", "L", "MN", "R"), 1) for c in cs}
    letters = [c for c in text.upper() if c.isascii() and c.isalpha()]
    digits: list[int] = []
    previous = codes.get(letters[0], 0) if letters else 0
    for letter in letters[1:]:
        digit = codes.get(letter, 0)
        if digit and digit != previous:
            digits.append(digit)
        previous = previous if letter in "HW" else digit
    return (letters[0] + "".join(map(str, digits)) + "000")[:4] if letters else ""
