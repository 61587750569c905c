"""Functions on XMLTYPE and JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from oracle_standin.engine import kinds
from oracle_standin.engine.compiling.coercion import as_text, converted
from oracle_standin.engine.errors import not_done_here, ora
from oracle_standin.engine.execution import settings_of
from oracle_standin.engine.functions.registry import built, counted
from oracle_standin.engine.kinds import Compiled, Frame, Value
from oracle_standin.port import ColumnType, OracleType


@built("XMLTYPE")
def xmltype(arguments: Sequence[Compiled]) -> Compiled:
    """Make an XMLTYPE of text."""
    counted(arguments, 1, 1)
    return converted(as_text(arguments[0]), kinds.XMLTYPE)


@built("XMLTYPE.CREATEXML")
def createxml(arguments: Sequence[Compiled]) -> Compiled:
    """Make an XMLTYPE of text."""
    return xmltype(arguments)


@built("XMLSERIALIZE")
def xmlserialize(arguments: Sequence[Compiled]) -> Compiled:
    """Make the text of an XMLTYPE."""
    counted(arguments, 1, 1)
    if arguments[0].type.type is not OracleType.XMLTYPE:
        raise ora(932, "XMLTYPE", kinds.word(arguments[0].type))
    return Compiled(type=kinds.CLOB, run=arguments[0].run)


@built("JSON_SERIALIZE")
def json_serialize(arguments: Sequence[Compiled]) -> Compiled:
    """Make the text of JSON, without blanks."""
    counted(arguments, 1, 1)
    given = arguments[0]
    run = given.run if given.type.type is OracleType.JSON else as_text(given).run
    kind = kinds.CLOB if given.type.type in {OracleType.JSON, OracleType.CLOB} else kinds.varchar()

    def value(frame: Frame) -> Value:
        text = run(frame)
        if text is None:
            return None
        return compact(text)

    return Compiled(type=kind, run=value)


def bounded(name: str, made: Compiled, wanted: ColumnType) -> Compiled:
    """Return a document's text as a type: ORA-40478 or 19011 where it does not fit."""
    if wanted.type is not OracleType.VARCHAR2:
        return Compiled(type=wanted, run=made.run)
    error = ora(40478, wanted.size) if name == "JSON_SERIALIZE" else ora(19011)
    run = made.run

    def value(frame: Frame) -> Value:
        text = run(frame)
        if text is not None and len(settings_of(frame).stored_bytes(text)) > wanted.size:
            raise error
        return text

    return Compiled(type=wanted, run=value)


def compact(text: str) -> str:
    """Write JSON without blanks, numbers as they are spelled."""
    try:
        parsed = json.loads(text, parse_float=_Spelled, parse_int=_Spelled)
    except ValueError:
        raise ora(40441) from None
    return _dumps(parsed)


class _Spelled(str):
    """A number as its JSON text spells it."""

    __slots__ = ()


def _dumps(value: object) -> str:
    if isinstance(value, _Spelled):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_dumps(k)}:{_dumps(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_dumps, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


METHODS = {"GETCLOBVAL": kinds.CLOB, "GETSTRINGVAL": kinds.varchar()}


def method(name: str, subject: Compiled) -> Compiled:
    """Make a call of an XMLTYPE's method."""
    if subject.type.type is not OracleType.XMLTYPE:
        raise ora(904, f'"{name}"')
    if name not in METHODS:
        raise not_done_here(f"the XMLTYPE method {name}")
    return Compiled(type=METHODS[name], run=subject.run)
