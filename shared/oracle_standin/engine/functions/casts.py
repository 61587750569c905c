"""TO_CHAR, TO_NUMBER, TO_DATE and their like, and CAST."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from oracle_standin.engine import instants, kinds
from oracle_standin.engine.compiling.coercion import UNKNOWN, as_text, converted
from oracle_standin.engine.conversions import (
    clock_of,
    decimal_of,
    moment_text,
)
from oracle_standin.engine.errors import not_done_here, ora
from oracle_standin.engine.execution import settings_of
from oracle_standin.engine.formats import dates_in, numbers
from oracle_standin.engine.functions.registry import built, counted, function
from oracle_standin.engine.instants import Zoned
from oracle_standin.engine.kinds import Compiled, Evaluate, Frame, Value
from oracle_standin.engine.limits import limited
from oracle_standin.engine.settings import Settings
from oracle_standin.engine.storage.addresses import address_text
from oracle_standin.port import ColumnType, OracleType

TEXT = kinds.varchar()
MARKS = re.compile(r"\s*NLS_NUMERIC_CHARACTERS\s*=\s*'(..)'\s*", re.IGNORECASE)
LANGUAGE = re.compile(r"\s*NLS_DATE_LANGUAGE\s*=\s*'?(?:AMERICAN|ENGLISH)'?\s*", re.IGNORECASE)
NLS_PARAMETER = re.compile(r"\s*NLS_[A-Z_]+\s*=\s*'?[^']*'?\s*", re.IGNORECASE)
Write = Callable[[Value, str, Settings], str]


def marks_in(parameters: str | None, settings: Settings) -> str:
    """Return decimal and group mark of an NLS parameter, or the session's."""
    if parameters is None:
        return settings.marks
    found = MARKS.fullmatch(parameters)
    if found:
        return found[1]
    if NLS_PARAMETER.fullmatch(parameters):
        return settings.marks
    raise ora(12702)


def _insist_on_english(parameters: str | None) -> None:
    """Refuse names of days and months in a language of which the stand-in has none."""
    if parameters is None or LANGUAGE.fullmatch(parameters):
        return
    if NLS_PARAMETER.fullmatch(parameters):
        raise not_done_here(parameters.strip())
    raise ora(12702)


@built("TO_CHAR")
def to_char(arguments: Sequence[Compiled]) -> Compiled:
    """Make TO_CHAR of a number, a moment, an interval or text."""
    counted(arguments, 1, 3)
    given = arguments[0]
    if len(arguments) == 1 or given.type.type in kinds.INTERVALS:
        text = as_text(given)
        if given.type.type is OracleType.CLOB or text.type.national:
            return Compiled(type=kinds.varchar(), run=_short(text.run))
        return text
    if given.type.type in kinds.MOMENTS:
        return _by_date_model(given, arguments)
    return _by_number_model(given, arguments)


def _short(run: Evaluate) -> Evaluate:
    def value(frame: Frame) -> Value:
        text = run(frame)
        if text is not None and len(text) > kinds.MOST_VARCHAR:
            raise ora(22835, len(text), kinds.MOST_VARCHAR)
        return text or None

    return value


def _models(arguments: Sequence[Compiled]) -> tuple[Evaluate, Evaluate | None]:
    model = as_text(arguments[1]).run
    return model, as_text(arguments[2]).run if len(arguments) == 3 else None  # noqa: PLR2004 -- the third


def _by_date_model(given: Compiled, arguments: Sequence[Compiled]) -> Compiled:
    model, parameters = _models(arguments)
    run, kind = given.run, given.type

    def value(frame: Frame) -> Value:
        at, by = run(frame), model(frame)
        if at is None or by is None:
            return None
        _insist_on_english(parameters(frame) if parameters else None)
        return moment_text(at, kind, by, settings_of(frame)) or None

    return Compiled(type=kinds.varchar(), run=value)


def _by_number_model(given: Compiled, arguments: Sequence[Compiled]) -> Compiled:
    model, parameters = _models(arguments)
    fitted = given if given.type.type in kinds.NUMERICS else converted(given, kinds.NUMBER)
    run = fitted.run
    single = fitted.type.type is OracleType.BINARY_FLOAT

    def value(frame: Frame) -> Value:
        number, by = run(frame), model(frame)
        if number is None or by is None:
            return None
        marks = marks_in(parameters(frame) if parameters else None, settings_of(frame))
        if isinstance(number, float):
            if by.upper() in {"TM", "TM9", "TME"}:
                return numbers.float_text(number, single=single, marks=marks)
            number = decimal_of(number)
        return numbers.formatted(number, by, marks=marks) or None

    return Compiled(type=kinds.varchar(), run=value)


@built("TO_NUMBER")
def to_number(arguments: Sequence[Compiled]) -> Compiled:
    """Make TO_NUMBER."""
    counted(arguments, 1, 3)
    if len(arguments) == 1:
        return converted(arguments[0], kinds.NUMBER)
    run = as_text(arguments[0]).run
    model, parameters = _models(arguments)

    def value(frame: Frame) -> Value:
        text, by = run(frame), model(frame)
        if text is None or by is None:
            return None
        marks = marks_in(parameters(frame) if parameters else None, settings_of(frame))
        return numbers.by_model(text, by, marks=marks)

    return Compiled(type=kinds.NUMBER, run=value)


def _date(moment: dates_in.ReadMoment, _settings: Settings) -> Value:
    return moment.at // instants.SECOND * instants.SECOND


def _timestamp(moment: dates_in.ReadMoment, _settings: Settings) -> Value:
    return moment.at


def _zoned(moment: dates_in.ReadMoment, settings: Settings) -> Value:
    zone = settings.time_zone if moment.zone is None else moment.zone
    return Zoned(instants.utc(moment.at, zone), zone)


def _reader(
    name: str, kind: ColumnType, made: Callable[[dates_in.ReadMoment, Settings], Value]
) -> None:
    @built(name)
    def build(arguments: Sequence[Compiled]) -> Compiled:
        counted(arguments, 1, 3)
        if len(arguments) == 1:
            return converted(arguments[0], kind)
        run = as_text(arguments[0]).run
        model, parameters = _models(arguments)

        def value(frame: Frame) -> Value:
            text, by = run(frame), model(frame)
            if text is None or by is None:
                return None
            _insist_on_english(parameters(frame) if parameters else None)
            settings = settings_of(frame)
            return made(dates_in.read(text, by, today=settings.today), settings)

        return Compiled(type=kind, run=value)


_reader("TO_DATE", kinds.DATE, _date)
_reader("TO_TIMESTAMP", kinds.TIMESTAMP, _timestamp)
_reader("TO_TIMESTAMP_TZ", kinds.TIMESTAMP_TZ, _zoned)


def _whole_text(name: str, kind: ColumnType) -> None:
    @built(name)
    def build(arguments: Sequence[Compiled]) -> Compiled:
        counted(arguments, 1, 1)
        return Compiled(type=kind, run=as_text(arguments[0]).run)


_whole_text("TO_CLOB", kinds.CLOB)
_whole_text("TO_NCLOB", kinds.NCLOB)
_whole_text("TO_NCHAR", kinds.nvarchar(2000))


@built("TO_LOB")
def to_lob(arguments: Sequence[Compiled]) -> Compiled:
    """Make TO_LOB of a LONG or LONG RAW."""
    counted(arguments, 1, 1)
    if arguments[0].type.type not in {OracleType.LONG, OracleType.LONG_RAW}:
        raise ora(932, "LONG", kinds.word(arguments[0].type))
    is_raw = arguments[0].type.type is OracleType.LONG_RAW
    return Compiled(type=kinds.BLOB if is_raw else kinds.CLOB, run=arguments[0].run)


@function("TO_BLOB", kinds.raw(), gives=kinds.BLOB)
def to_blob(_settings: Settings, value: bytes) -> bytes:
    """Return a RAW as a BLOB."""
    return value


@built("EMPTY_CLOB")
def empty_clob(arguments: Sequence[Compiled]) -> Compiled:
    """Make an empty CLOB, which is not NULL."""
    counted(arguments, 0, 0)
    return Compiled(type=kinds.CLOB, run=lambda _frame: "")


@built("EMPTY_BLOB")
def empty_blob(arguments: Sequence[Compiled]) -> Compiled:
    """Make an empty BLOB, which is not NULL."""
    counted(arguments, 0, 0)
    return Compiled(type=kinds.BLOB, run=lambda _frame: b"")


@function("ROWIDTOCHAR", kinds.ROWID, gives=kinds.varchar(18))
def rowidtochar(_settings: Settings, at: int) -> str:
    """Write a ROWID as text."""
    return address_text(at)


@built("CHARTOROWID")
def chartorowid(arguments: Sequence[Compiled]) -> Compiled:
    """Make a ROWID of text."""
    counted(arguments, 1, 1)
    return converted(as_text(arguments[0]), kinds.ROWID)


def cast(given: Compiled, wanted: ColumnType) -> Compiled:
    """Make CAST(given AS wanted): converted, then bounded as a column would, text cut off."""
    if given.type is UNKNOWN:
        return Compiled(type=wanted, run=given.run)
    if wanted.type is OracleType.DATE and given.type.type in kinds.MOMENTS:
        return _cast_to_date(given)
    fitted = converted(given, wanted)
    limit = limited(wanted, "CAST")
    if limit is None or wanted.type is OracleType.RAW:
        return Compiled(type=wanted, run=fitted.run)
    run, bound = fitted.run, limit
    cuts = wanted.type in kinds.TEXTS and given.type.type in kinds.TEXTS
    written = wanted.type in kinds.TEXTS and not cuts

    def value(frame: Frame) -> Value:
        result = run(frame)
        if result is None:
            return None
        settings = settings_of(frame)
        if written and len(result) > wanted.characters:
            raise ora(25137)
        return bound(_cut(result, wanted, settings) if cuts else result, settings)

    return Compiled(type=wanted, run=value)


def _cut(text: str, wanted: ColumnType, settings: Settings) -> str:
    kept = text[: wanted.characters]
    if wanted.by_character or kept.isascii():
        return kept
    while len(settings.stored_bytes(kept)) > wanted.size:
        kept = kept[:-1]
    return kept


def _cast_to_date(given: Compiled) -> Compiled:
    run, kind = given.run, given.type

    def value(frame: Frame) -> Value:
        at = run(frame)
        if at is None:
            return None
        return clock_of(at, kind, settings_of(frame)) // instants.SECOND * instants.SECOND

    return Compiled(type=kinds.DATE, run=value)
