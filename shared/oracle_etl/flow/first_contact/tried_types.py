"""What a first contact puts into an Oracle: types, their edge values, and how these must come back.

Values are SQL expressions, so that what is stored does not hang on how a driver binds it. Every
expression is within what Oracle 11.2 understands.
"""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

ALL_TEXT, KOREAN_TEXT, PLAIN_TEXT = 3, 2, 1
"""How much text a character set holds; a value that needs more is left out."""

_EVERYTHING = frozenset({"AL32UTF8", "UTF8", "AL16UTF16"})
_KOREAN = frozenset({"KO16MSWIN949", "KO16KSC5601", "KO16KSCCS"})


def text_held_by(character_set: str) -> int:
    """Return how much text a character set holds."""
    if character_set in _EVERYTHING:
        return ALL_TEXT
    return KOREAN_TEXT if character_set in _KOREAN else PLAIN_TEXT


def _same(found: Any) -> Any:  # noqa: ANN401 - a value of JSON
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A value: how it is stored, and what the lines must hold for it."""

    sql: str
    expected: Any
    needs: int = PLAIN_TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedType:
    """A type of column, with its edge values."""

    declaration: str
    besides: str = ""
    """What is particular to this try of the type."""
    values: tuple[Value, ...]
    read: Callable[[Any], Any] = _same
    """Makes a found value comparable with an expected one."""
    since: int = 11
    """The first major release that has the type."""
    is_national: bool = False

    @property
    def name(self) -> str:
        """What the report calls it."""
        return f"{self.declaration}, {self.besides}" if self.besides else self.declaration


def _numbers(*written: str) -> tuple[Value, ...]:
    return tuple(Value(sql=each, expected=Decimal(each)) for each in written)


def exact(found: Any) -> Any:  # noqa: ANN401 - as above
    """Return a number, which JSON may hold bare or as text."""
    return Decimal(str(found))


def _float(found: Any) -> Any:  # noqa: ANN401 - as above
    return repr(float(found))


def doubles(function: str, *written: str) -> tuple[Value, ...]:
    """Return floating numbers, made by a function of Oracle's from text."""
    return tuple(Value(sql=f"{function}('{each}')", expected=repr(float(each))) for each in written)


def _special(kind: str) -> tuple[Value, ...]:
    infinity = f"BINARY_{kind}_INFINITY"
    return (
        Value(sql=infinity, expected=repr(math.inf)),
        Value(sql=f"-{infinity}", expected=repr(-math.inf)),
        Value(sql=f"BINARY_{kind}_NAN", expected=repr(math.nan)),
    )


def unicode_text(text: str) -> str:
    """Return an expression for a text that is written in ASCII whatever the text holds."""
    units = text.encode("utf-16-be")
    codes = (units[each : each + 2].hex() for each in range(0, len(units), 2))
    return "UNISTR('" + "".join(f"\\{code}" for code in codes) + "')"


def text_value(text: str, *, as_: str = "{}", needs: int | None = None) -> Value:
    """Return a text; `as_` is the conversion that stores it."""
    needed = PLAIN_TEXT if text.isascii() else ALL_TEXT
    return Value(
        sql=as_.format(unicode_text(text)),
        expected=text,
        needs=needed if needs is None else needs,
    )


def _texts(as_: str = "{}") -> tuple[Value, ...]:
    return (
        text_value("a", as_=as_),
        text_value("  two blanks before, one after ", as_=as_),
        text_value("'\"\\/{}[]:,\t\r\n<&>%_", as_=as_),
        text_value("\x01\x1f\x7f", as_=as_),
        text_value("\ud55c\uae00 \uac00\ub098\ub2e4", as_=as_, needs=KOREAN_TEXT),
        text_value("\u00e9e\u0301 \u20ac \u2028\u2029 \ufeff \uff21", as_=as_),
        text_value("\U0001f600\U0002f81d", as_=as_),
    )


def octets(data: bytes) -> Value:
    """Return bytes; a column of BLOB takes a RAW as it is."""
    return Value(sql=f"HEXTORAW('{data.hex()}')", expected=b64encode(data).decode())


_BYTES = (b"\x00", b"\xff\x00\x80", bytes(range(256))[:100])
_DATE = "TO_DATE('{}','SYYYY-MM-DD\"T\"HH24:MI:SS')"
_MOMENT = "TO_TIMESTAMP('{}','SYYYY-MM-DD\"T\"HH24:MI:SS.FF9')"
_ZONED = "TO_TIMESTAMP_TZ('{}','SYYYY-MM-DD\"T\"HH24:MI:SS.FF9TZH:TZM')"
_REGION = "TO_TIMESTAMP_TZ('{}','SYYYY-MM-DD\"T\"HH24:MI:SS TZR')"


def moment(text: str, *, as_: str = _MOMENT, expected: str | None = None) -> Value:
    """Return a DATE or TIMESTAMP that is written as it must come back."""
    return Value(sql=as_.format(text), expected=text if expected is None else expected)


def date(text: str) -> Value:
    """Return a DATE."""
    return moment(text, as_=_DATE)


def zoned(text: str, *, expected: str | None = None) -> Value:
    """Return a TIMESTAMP WITH TIME ZONE with an offset."""
    return moment(text, as_=_ZONED, expected=expected)


def days(text: str, expected: str) -> Value:
    """Return an INTERVAL DAY TO SECOND."""
    return Value(sql=f"TO_DSINTERVAL('{text}')", expected=expected)


def months(text: str, expected: str) -> Value:
    """Return an INTERVAL YEAR TO MONTH."""
    return Value(sql=f"TO_YMINTERVAL('{text}')", expected=expected)


def _long(function: str) -> Value:
    piece = f"{function}(RPAD('0123456789',4000,'0123456789'))"
    return Value(sql="||".join([piece] * 3), expected="0123456789" * 1200)


_SECONDS_OF_DATES = (
    "0001-01-01T00:00:00",
    "1582-10-04T23:59:59",
    "1582-10-15T00:00:00",
    "1970-01-01T00:00:00",
    "2024-02-29T12:34:56",
    "9999-12-31T23:59:59",
)
_BEFORE_CHRIST = "-0044-03-15T01:02:03"

TRIED_TYPES: tuple[TriedType, ...] = (
    TriedType(
        declaration="NUMBER(9)",
        values=_numbers("0", "1", "-1", "999999999", "-999999999"),
        read=exact,
    ),
    TriedType(
        declaration="NUMBER(18)",
        values=_numbers("0", "9" * 18, "-" + "9" * 18, "9007199254740993"),
        read=exact,
    ),
    TriedType(declaration="NUMBER(38)", values=_numbers("1", "9" * 38, "-" + "9" * 38), read=exact),
    TriedType(
        declaration="NUMBER(12,2)",
        values=_numbers("0", "0.01", "-0.01", "1.10", "9999999999.99", "-9999999999.99"),
        read=exact,
    ),
    TriedType(
        declaration="NUMBER(38,10)",
        values=_numbers("0.0000000001", "9" * 28 + "." + "9" * 10, "-" + "9" * 28 + ".5"),
        read=exact,
    ),
    TriedType(declaration="NUMBER(5,-2)", values=_numbers("0", "-100", "9999900"), read=exact),
    TriedType(declaration="NUMBER(3,5)", values=_numbers("0.00999", "-0.00001"), read=exact),
    TriedType(
        declaration="NUMBER",
        values=_numbers(
            "0", "0.5", "-0.5", "0.1", "9" * 38, "-1." + "2" * 37, "1E-130", "1E125", "-9.9E125"
        ),
        read=exact,
    ),
    TriedType(declaration="FLOAT(126)", values=_numbers("0", "1.5", "-0.1", "1E100"), read=exact),
    TriedType(
        declaration="BINARY_FLOAT",
        values=(*doubles("TO_BINARY_FLOAT", "0", "1.5", "-0.25", "16777216"), *_special("FLOAT")),
        read=_float,
    ),
    TriedType(
        declaration="BINARY_DOUBLE",
        values=(
            *doubles(
                "TO_BINARY_DOUBLE", "0", "0.1", "-2.5", "9007199254740992", "1E300", "-1E-300"
            ),
            *_special("DOUBLE"),
        ),
        read=_float,
    ),
    TriedType(declaration="VARCHAR2(200)", values=_texts("TO_CHAR({})")),
    TriedType(
        declaration="VARCHAR2(4000)",
        values=(Value(sql="RPAD('0123456789',4000,'0123456789')", expected="0123456789" * 400),),
    ),
    TriedType(
        declaration="CHAR(5)",
        values=(Value(sql="'a'", expected="a    "), Value(sql="'a b'", expected="a b  ")),
    ),
    TriedType(declaration="NVARCHAR2(200)", values=_texts(), is_national=True),
    TriedType(
        declaration="NCHAR(5)",
        values=(
            Value(sql=unicode_text("a"), expected="a    "),
            Value(sql=unicode_text("\ud55c"), expected="\ud55c    ", needs=ALL_TEXT),
        ),
        is_national=True,
    ),
    TriedType(declaration="CLOB", values=(*_texts("TO_CLOB({})"), _long("TO_CLOB"))),
    TriedType(
        declaration="NCLOB", values=(*_texts("TO_NCLOB({})"), _long("TO_NCLOB")), is_national=True
    ),
    TriedType(
        declaration="LONG",
        values=(Value(sql="'a'", expected="a"), Value(sql="'two  words '", expected="two  words ")),
    ),
    TriedType(declaration="RAW(200)", values=tuple(map(octets, _BYTES))),
    TriedType(declaration="LONG RAW", values=tuple(map(octets, _BYTES))),
    TriedType(declaration="BLOB", values=tuple(map(octets, _BYTES))),
    TriedType(declaration="DATE", values=tuple(map(date, _SECONDS_OF_DATES))),
    TriedType(
        declaration="DATE",
        besides="with years before 1",
        values=tuple(map(date, (_BEFORE_CHRIST, "-4711-01-02T00:00:00", "2024-02-29T12:34:56"))),
    ),
    TriedType(declaration="TIMESTAMP(0)", values=tuple(moment(each) for each in _SECONDS_OF_DATES)),
    TriedType(
        declaration="TIMESTAMP(6)",
        values=tuple(
            moment(f"{each}.{fraction}")
            for each in _SECONDS_OF_DATES
            for fraction in ("000000", "000001", "999999")
        ),
    ),
    TriedType(
        declaration="TIMESTAMP(9)",
        values=tuple(
            moment(f"{each}.{fraction}")
            for each in (*_SECONDS_OF_DATES, _BEFORE_CHRIST)
            for fraction in ("000000001", "999999999")
        ),
    ),
    TriedType(
        declaration="TIMESTAMP(6) WITH TIME ZONE",
        values=(
            zoned("2024-02-29T12:34:56.000001+09:00"),
            zoned("1999-12-31T23:59:59.999999-03:30"),
            zoned("2024-07-01T00:00:00.000000+00:00"),
            moment(
                "2024-07-01T12:00:00 Europe/Berlin",
                as_=_REGION,
                expected="2024-07-01T12:00:00.000000+02:00[Europe/Berlin]",
            ),
            moment(
                "2024-01-01T12:00:00 Asia/Seoul",
                as_=_REGION,
                expected="2024-01-01T12:00:00.000000+09:00[Asia/Seoul]",
            ),
        ),
    ),
    TriedType(
        declaration="TIMESTAMP(6) WITH LOCAL TIME ZONE",
        values=(
            zoned("2024-02-29T12:34:56.000001+09:00", expected="2024-02-29T03:34:56.000001Z"),
            zoned("1970-01-01T00:00:00.000000+00:00", expected="1970-01-01T00:00:00.000000Z"),
        ),
    ),
    TriedType(
        declaration="INTERVAL DAY(5) TO SECOND(6)",
        values=(
            days("3 04:05:06.7", "P3DT4H5M6.7S"),
            days("-1 00:00:01", "-P1DT1S"),
            days("0 00:00:00", "PT0S"),
            days("99999 23:59:59.999999", "P99999DT23H59M59.999999S"),
        ),
    ),
    TriedType(
        declaration="INTERVAL YEAR(4) TO MONTH",
        values=(
            months("1-2", "P1Y2M"),
            months("-0-3", "-P3M"),
            months("0-0", "P0M"),
            months("9999-11", "P9999Y11M"),
        ),
    ),
    TriedType(
        declaration="ROWID",
        values=tuple(
            Value(sql=f"CHARTOROWID('{each}')", expected=each)
            for each in ("AAAR3sAAEAAAACXAAA", "AAAAAAAAAAAAAAAAAA", "AAAR3sAAEAAAACXP//")
        ),
    ),
    TriedType(
        declaration="XMLTYPE",
        values=(Value(sql="XMLTYPE('<a b=\"c\">1 &lt; 2</a>')", expected='<a b="c">1 &lt; 2</a>'),),
        read=lambda found: str(found).strip(),
    ),
    TriedType(
        declaration="JSON",
        values=tuple(
            Value(sql=f"'{written}'", expected=expected)
            for written, expected in (
                ('{"a":[1,null,true],"b":"c"}', {"a": [1, None, True], "b": "c"}),
                ("[]", []),
            )
        ),
        since=21,
    ),
    TriedType(
        declaration="BOOLEAN",
        values=(Value(sql="TRUE", expected=True), Value(sql="FALSE", expected=False)),
        since=23,
    ),
)
