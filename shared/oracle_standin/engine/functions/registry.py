"""How functions are declared and found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from oracle_standin.engine import kinds
from oracle_standin.engine.compiling.coercion import as_text, converted
from oracle_standin.engine.errors import ora
from oracle_standin.engine.execution import settings_of
from oracle_standin.engine.kinds import Compiled, Evaluate, Frame, Value
from oracle_standin.port import ColumnType, OracleType

Builder = Callable[[Sequence[Compiled]], Compiled]
"""Makes a call of a function from its compiled arguments."""

FUNCTIONS: dict[str, Builder] = {}
"""Functions by name, those of packages as PACKAGE.FUNCTION."""

Body = Callable[..., Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """The parameters of a function and what it gives."""

    parameters: tuple[ColumnType, ...]
    least: int
    gives: ColumnType | Callable[[Sequence[Compiled]], ColumnType]
    body: Body
    """Called with the settings and the arguments, none of which is NULL."""
    open_ended: bool = False
    """The last parameter may be repeated."""


def counted(arguments: Sequence[Compiled], least: int, most: int) -> None:
    """Insist on a number of arguments; ORA-00909 or ORA-00938 otherwise."""
    if not least <= len(arguments) <= most:
        raise ora(909 if len(arguments) > most else 938)


def function(
    name: str,
    *parameters: ColumnType,
    gives: ColumnType | Callable[[Sequence[Compiled]], ColumnType],
    least: int | None = None,
    open_ended: bool = False,
) -> Callable[[Body], Body]:
    """Declare a function whose result is NULL where an argument is."""

    def declare(body: Body) -> Body:
        signature = Signature(
            parameters=parameters,
            least=len(parameters) if least is None else least,
            gives=gives,
            body=body,
            open_ended=open_ended,
        )
        FUNCTIONS[name] = lambda arguments: call(signature, arguments)
        return body

    return declare


def built(name: str) -> Callable[[Builder], Builder]:
    """Declare a function that makes its calls itself."""

    def declare(builder: Builder) -> Builder:
        FUNCTIONS[name] = builder
        return builder

    return declare


def call(signature: Signature, arguments: Sequence[Compiled]) -> Compiled:
    """Make a call that is NULL where an argument is."""
    most = 1000 if signature.open_ended else len(signature.parameters)
    counted(arguments, signature.least, most)
    last = len(signature.parameters) - 1
    fitted = [
        fitting(argument, signature.parameters[min(index, last)])
        for index, argument in enumerate(arguments)
    ]
    gives = signature.gives
    kind = gives if isinstance(gives, ColumnType) else gives(arguments)
    run = _strict([one.run for one in fitted], signature.body)
    return Compiled(type=kind, run=_without_empty_text(run, kind))


def fitting(argument: Compiled, wanted: ColumnType) -> Compiled:
    """Return an argument as its parameter takes it; text stays the text it is."""
    return as_text(argument) if wanted.type in kinds.TEXTS else converted(argument, wanted)


def _strict(runs: list[Evaluate], body: Body) -> Evaluate:
    if len(runs) == 1:
        only = runs[0]

        def one(frame: Frame) -> Value:
            value = only(frame)
            return None if value is None else body(settings_of(frame), value)

        return one

    def many(frame: Frame) -> Value:
        values = [run(frame) for run in runs]
        return None if None in values else body(settings_of(frame), *values)

    return many


def _without_empty_text(run: Evaluate, kind: ColumnType) -> Evaluate:
    """'' is NULL in Oracle, except in a LOB."""
    if kind.type not in {OracleType.VARCHAR2, OracleType.CHAR, OracleType.RAW}:
        return run

    def tested(frame: Frame) -> Value:
        value = run(frame)
        return value or None

    return tested


def like_first(arguments: Sequence[Compiled]) -> ColumnType:
    """Text functions give a CLOB of a CLOB, national text of national text, else VARCHAR2."""
    first = arguments[0].type
    if first.type is OracleType.CLOB:
        return first
    return kinds.nvarchar(kinds.MOST_VARCHAR // 2) if first.national else kinds.varchar()
