"""Functions on bytes: RAW, BLOB, hashes, DUMP."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Sequence
from decimal import Decimal

from oracle_standin.engine import codec, kinds
from oracle_standin.engine.compiling.coercion import UNKNOWN, as_text, converted
from oracle_standin.engine.conversions import raw_of
from oracle_standin.engine.errors import not_done_here, ora
from oracle_standin.engine.execution import settings_of
from oracle_standin.engine.functions.registry import built, counted, function
from oracle_standin.engine.kinds import NUMBER, Compiled, Frame, Value
from oracle_standin.engine.settings import Settings
from oracle_standin.port import ColumnType, OracleType
from oracle_standin.values.cells import content

TEXT = kinds.varchar()
RAW = kinds.raw()
HASHES = {"MD5": "md5", "SHA1": "sha1", "SHA256": "sha256", "SHA384": "sha384", "SHA512": "sha512"}
CRYPTO_HASHES = {2: "md5", 3: "sha1", 4: "sha256", 5: "sha384", 6: "sha512"}
CRYPTO_MACS = {1: "md5", 2: "sha1", 3: "sha256", 4: "sha384", 5: "sha512"}
CONSTANTS = {
    "DBMS_CRYPTO.HASH_MD5": 2,
    "DBMS_CRYPTO.HASH_SH1": 3,
    "DBMS_CRYPTO.HASH_SH256": 4,
    "DBMS_CRYPTO.HASH_SH384": 5,
    "DBMS_CRYPTO.HASH_SH512": 6,
}


@built("RAWTOHEX")
def rawtohex(arguments: Sequence[Compiled]) -> Compiled:
    """Make RAWTOHEX: the bytes that a value of any type is stored in, as hexadecimal digits."""
    counted(arguments, 1, 1)
    run, kind = arguments[0].run, arguments[0].type

    def value(frame: Frame) -> Value:
        given = run(frame)
        return None if given is None else stored(given, kind, settings_of(frame)).hex().upper()

    return Compiled(type=TEXT, run=value)


@function("HEXTORAW", TEXT, gives=RAW)
def hextoraw(_settings: Settings, text: str) -> bytes:
    """Read hexadecimal digits as bytes."""
    return raw_of(text)


def stored(value: Value, kind: ColumnType, settings: Settings) -> bytes:
    """Return the bytes that a value is stored as in the database."""
    if kind.type in kinds.TEXTS and not kind.national:
        return settings.stored_bytes(value)
    return content(codec.encoder(kind)(value)) or b""


@built("UTL_RAW.CAST_TO_RAW")
def cast_to_raw(arguments: Sequence[Compiled]) -> Compiled:
    """Make the bytes of text as the database stores them."""
    counted(arguments, 1, 1)
    given = as_text(arguments[0])
    run, kind = given.run, given.type

    def value(frame: Frame) -> Value:
        text = run(frame)
        if text is None:
            return None
        return stored(text, kind, settings_of(frame)) or None

    return Compiled(type=kinds.raw(), run=value)


@function("UTL_RAW.CAST_TO_VARCHAR2", RAW, gives=TEXT)
def cast_to_varchar2(settings: Settings, value: bytes) -> str:
    """Take bytes for text as the database stores it."""
    return settings.text_of(value)


@function("UTL_RAW.CAST_TO_NVARCHAR2", RAW, gives=kinds.nvarchar(2000))
def cast_to_nvarchar2(_settings: Settings, value: bytes) -> str:
    """Take bytes for national text."""
    return value.decode("utf-16-be", "replace")


@function("UTL_RAW.CONCAT", RAW, gives=RAW, open_ended=True)
def concat(_settings: Settings, *values: bytes) -> bytes:
    """Join bytes."""
    return b"".join(values)


@function("UTL_RAW.LENGTH", RAW, gives=NUMBER)
def raw_length(_settings: Settings, value: bytes) -> Decimal:
    """Count bytes."""
    return Decimal(len(value))


@function("UTL_RAW.SUBSTR", RAW, NUMBER, NUMBER, gives=RAW, least=2)
def raw_substr(
    _settings: Settings, value: bytes, start: Decimal, length: Decimal | None = None
) -> bytes:
    """Return a part of the bytes."""
    first = int(start) - 1 if start > 0 else len(value) + int(start)
    return value[first:] if length is None else value[first : first + int(length)]


@function("UTL_I18N.STRING_TO_RAW", TEXT, TEXT, gives=RAW, least=1)
def string_to_raw(settings: Settings, text: str, charset: str = "") -> bytes:
    """Return text's bytes in a character set."""
    if charset.upper() not in {"", "AL32UTF8", settings.charset.name}:
        raise not_done_here(f"UTL_I18N.STRING_TO_RAW in {charset}")
    return codec.text_bytes(text) if charset.upper() == "AL32UTF8" else settings.stored_bytes(text)


@built("DBMS_LOB.GETLENGTH")
def getlength(arguments: Sequence[Compiled]) -> Compiled:
    """Make the length of a LOB: characters of a CLOB, bytes of a BLOB."""
    counted(arguments, 1, 1)
    run = arguments[0].run
    if arguments[0].type.type not in kinds.LOBS and arguments[0].type is not UNKNOWN:
        raise ora(932, "LOB", kinds.word(arguments[0].type))

    def value(frame: Frame) -> Value:
        lob = run(frame)
        if lob is None:
            return None
        return Decimal(len(lob) if isinstance(lob, bytes) else _units(lob))

    return Compiled(type=NUMBER, run=value)


def _units(text: str) -> int:
    """Count UTF-16 units, as a CLOB in AL32UTF8 is counted."""
    return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)  # noqa: PLR2004 -- the plane's end


@built("VSIZE")
def vsize(arguments: Sequence[Compiled]) -> Compiled:
    """Make the bytes that a value is stored in."""
    counted(arguments, 1, 1)
    run, kind = arguments[0].run, arguments[0].type

    def value(frame: Frame) -> Value:
        given = run(frame)
        return None if given is None else Decimal(len(stored(given, kind, settings_of(frame))))

    return Compiled(type=NUMBER, run=value)


PASSING = {
    OracleType.DATE, OracleType.TIMESTAMP, OracleType.TIMESTAMP_TZ, OracleType.TIMESTAMP_LTZ,
}  # fmt: skip
"""Types that have a form of their own, of 8 or 20 bytes, while no column holds them."""


@built("DUMP")
def dump(arguments: Sequence[Compiled]) -> Compiled:
    """Make DUMP: type, length and the stored bytes, or some of them, in a form of one's choice."""
    counted(arguments, 1, 4)
    run, kind = arguments[0].run, arguments[0].type
    if kind.type in PASSING and arguments[0].place is None:
        raise not_done_here("DUMP of a date that no column holds")
    numbers = [converted(one, NUMBER).run for one in arguments[1:]]

    def value(frame: Frame) -> Value:
        given = run(frame)
        if given is None:
            return "NULL"
        settings = settings_of(frame)
        form, start, length = [int(one(frame) or 0) for one in numbers] + [10, 1, 0][len(numbers) :]
        octets = stored(given, kind, settings)
        shown = octets[start - 1 if start > 0 else start :][: length or None]
        named = f" CharacterSet={_charset(kind, settings)}" if form > NAMING else ""
        written = ",".join(_octet(one, form % NAMING) for one in shown)
        return f"Typ={int(kind.type)} Len={len(octets)}{named}: {written}"

    return Compiled(type=kinds.varchar(), run=value)


NAMING = 1000
"""Added to a form of DUMP, it names the character set."""


def _octet(value: int, form: int) -> str:
    if form == 17 and chr(value).isascii() and chr(value).isprintable():  # noqa: PLR2004 -- Oracle's own number
        return chr(value)
    base = {8: "o", 10: "d", 16: "x"}.get(form)
    if base is None:
        raise not_done_here(f"DUMP in the form {form} of the byte {value}")
    return format(value, base)


def _charset(kind: ColumnType, settings: Settings) -> str:
    if kind.type not in kinds.TEXTS:
        raise not_done_here("DUMP with the character set of what is no text")
    return "AL16UTF16" if kind.national else settings.charset.name


@built("STANDARD_HASH")
def standard_hash(arguments: Sequence[Compiled]) -> Compiled:
    """Make a hash of a value's stored bytes."""
    counted(arguments, 1, 2)
    run, kind = arguments[0].run, arguments[0].type
    method = as_text(arguments[1]).run if len(arguments) > 1 else None
    if kind.type in kinds.LOBS or kind.type in {OracleType.LONG, OracleType.LONG_RAW}:
        raise ora(932, "-", kinds.word(kind))

    def value(frame: Frame) -> Value:
        name = HASHES.get((method(frame) or "").upper()) if method else "sha1"
        if name is None:
            raise ora(904, '"METHOD"')
        given = run(frame)
        octets = b"" if given is None else stored(given, kind, settings_of(frame))
        return hashlib.new(name, octets, usedforsecurity=False).digest()

    return Compiled(type=kinds.raw(64), run=value)


def _octets(given: Compiled) -> Compiled:
    return given if given.type.type in kinds.RAWS else converted(given, RAW)


@built("DBMS_CRYPTO.HASH")
def crypto_hash(arguments: Sequence[Compiled]) -> Compiled:
    """Make a hash of a RAW, BLOB or CLOB."""
    counted(arguments, 2, 2)
    is_clob = arguments[0].type.type is OracleType.CLOB
    run = arguments[0].run if is_clob else _octets(arguments[0]).run
    method = converted(arguments[1], NUMBER).run

    def value(frame: Frame) -> Value:
        given, name = run(frame), CRYPTO_HASHES.get(int(method(frame) or 0))
        if given is None or name is None:
            raise ora(28817 if name is None else 28231)
        octets = codec.text_bytes(given) if is_clob else given
        return hashlib.new(name, octets, usedforsecurity=False).digest()

    return Compiled(type=kinds.raw(64), run=value)


@built("DBMS_CRYPTO.MAC")
def crypto_mac(arguments: Sequence[Compiled]) -> Compiled:
    """Make a keyed hash of a RAW or BLOB."""
    counted(arguments, 3, 3)
    run, key = _octets(arguments[0]).run, _octets(arguments[2]).run
    method = converted(arguments[1], NUMBER).run

    def value(frame: Frame) -> Value:
        name = CRYPTO_MACS.get(int(method(frame) or 0))
        given, secret = run(frame), key(frame)
        if name is None or given is None or secret is None:
            raise ora(28817 if name is None else 28231)
        return hmac.new(secret, given, name).digest()

    return Compiled(type=kinds.raw(64), run=value)


@built("ORA_HASH")
def ora_hash(arguments: Sequence[Compiled]) -> Compiled:
    """Make a bucket number; evenly spread, but not Oracle's own numbers."""
    counted(arguments, 1, 3)
    run, kind = arguments[0].run, arguments[0].type
    most = converted(arguments[1], NUMBER).run if len(arguments) > 1 else None
    seed = converted(arguments[2], NUMBER).run if len(arguments) > 2 else None  # noqa: PLR2004 -- the third

    def value(frame: Frame) -> Value:
        given = run(frame)
        octets = b"" if given is None else stored(given, kind, settings_of(frame))
        salt = str(seed(frame) if seed else 0).encode()
        digest = hashlib.blake2b(octets, digest_size=8, salt=salt[:16]).digest()
        buckets = int(most(frame)) + 1 if most else 1 << 32
        return Decimal(int.from_bytes(digest, "big") % buckets)

    return Compiled(type=NUMBER, run=value)


@built("SYS_GUID")
def sys_guid(arguments: Sequence[Compiled]) -> Compiled:
    """Make sixteen bytes that nobody else has."""
    counted(arguments, 0, 0)
    return Compiled(type=kinds.raw(16), run=lambda _frame: uuid.uuid4().bytes)
