"""Anonymous PL/SQL blocks that call known procedures and assign to binds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from oracle_standin.engine import codec, kinds
from oracle_standin.engine.compiling.coercion import converted
from oracle_standin.engine.compiling.scope import Scope
from oracle_standin.engine.errors import ora, procedural
from oracle_standin.engine.execution import base_frame
from oracle_standin.engine.kinds import Value
from oracle_standin.engine.parsing.dialect import parse
from oracle_standin.engine.parsing.lexer import Kind, Tokens
from oracle_standin.engine.statements import controls, create_objects
from oracle_standin.engine.statements.compiling import compilation
from oracle_standin.engine.statements.questions import bind_type, bind_values
from oracle_standin.engine.storage.tables import Table
from oracle_standin.port import Bind, Cell, ColumnType, Outcome

if TYPE_CHECKING:
    from oracle_standin.engine.session import Session

Procedure = Callable[["Session", list[Value]], dict[int, Value]]
"""Takes the arguments, gives the values of its OUT parameters by their position."""


class _Block:
    """One run of a block: its tokens, and its binds as they change."""

    def __init__(self, session: Session, tokens: Tokens, binds: Sequence[Bind]) -> None:
        self.session = session
        self.tokens = tokens
        names = [one.text for one in tokens.all if one.kind is Kind.BIND]
        self.names = list(dict.fromkeys(names))
        if len(binds) < len(self.names):
            raise ora(1008)
        self.binds = list(binds)
        self.values = bind_values(session, binds)
        self.assigned: set[str] = set()

    def evaluated(self, text: str, wanted: ColumnType | None = None) -> Value:
        """Return the value of an expression."""
        query = f"SELECT {text} FROM DUAL"  # noqa: S608 -- compiled, not sent
        parsed = parse(query)
        types = tuple(bind_type(self.binds[self.names.index(name)]) for name in parsed.places)
        values = [self.values[self.names.index(name)] for name in parsed.places]
        scope = Scope(context=compilation(self.session, types))
        compiled = scope.context.expression(parsed.tree.expressions[0], scope)
        if wanted is not None:
            compiled = converted(compiled, wanted)
        return compiled.run(base_frame(self.session.execution(values)))

    def assign(self, name: str, value: Value) -> None:
        """Give a bind a value."""
        self.values[self.names.index(name)] = value
        self.assigned.add(name)

    def outgoing(self) -> tuple[Cell | None, ...]:
        """Return every bind that the block has given a value."""
        return tuple(
            codec.encoder(bind_type_out(bind))(value) if name in self.assigned else None
            for name, bind, value in zip(self.names, self.binds, self.values, strict=False)
        )


def bind_type_out(bind: Bind) -> ColumnType:
    """Return the type under which a bind goes back; without a value text is text."""
    kind = bind_type(bind)
    return kinds.varchar(32767) if kind.size == 0 and kind.type is kinds.char(0).type else kind


def run(session: Session, statement: str, bind_rows: Sequence[Sequence[Bind]]) -> Outcome:
    """Run a block, or a CALL."""
    returned: list[tuple[Cell | None, ...]] = []
    for given in bind_rows or ((),):
        tokens = Tokens(statement)
        block = _Block(session, tokens, given)
        if tokens.took("CALL"):
            _call(block)
            tokens.end()
        else:
            _body(block)
        if block.names:
            returned.append(block.outgoing())
    return Outcome(out_binds=tuple(returned))


def _body(block: _Block) -> None:
    tokens = block.tokens
    if tokens.at("DECLARE"):
        raise procedural("PLS-00801: the stand-in does not do declarations in a block")
    tokens.expect("BEGIN")
    while not tokens.took("END"):
        if tokens.next.kind is Kind.END:
            raise procedural('PLS-00103: Encountered the symbol "end-of-file"')
        _statement(block)
        tokens.expect(";")
    tokens.took(";")
    if tokens.next.kind is not Kind.END:
        raise procedural(f'PLS-00103: Encountered the symbol "{tokens.next.text}"')


def _statement(block: _Block) -> None:
    tokens = block.tokens
    if tokens.took("NULL"):
        return
    if tokens.next.kind is Kind.BIND:
        name = tokens.take().text
        tokens.expect(":=")
        wanted = bind_type_out(block.binds[block.names.index(name)])
        block.assign(name, block.evaluated(tokens.text_until(), wanted))
    elif tokens.at("COMMIT") or tokens.at("ROLLBACK"):
        controls.run(block.session, tokens.take().text, ())
    elif tokens.took("EXECUTE", "IMMEDIATE"):
        block.session.execute(str(block.evaluated(tokens.text_until())), ())
    elif tokens.at("INSERT") or tokens.at("UPDATE") or tokens.at("DELETE"):
        _embedded(block)
    else:
        _call(block)


def _embedded(block: _Block) -> None:
    """Run a change of rows inside a block."""
    text = block.tokens.text_until()
    while block.tokens.at(","):
        block.tokens.take()
        text += ", " + block.tokens.text_until()
    parsed = parse(text)
    given = [block.binds[block.names.index(name)] for name in parsed.places]
    block.session.execute(text, [given])


def _call(block: _Block) -> None:
    tokens = block.tokens
    path = [tokens.name()]
    while tokens.took("."):
        path.append(tokens.name())
    name = ".".join(path[1:] if path[0] == "SYS" else path)
    procedure = PROCEDURES.get(name)
    if procedure is None:
        raise procedural(f"PLS-00201: identifier '{name}' must be declared")
    parameters, body = procedure
    arguments: list[Value] = [None] * len(parameters)
    binds: dict[int, str] = {}
    if tokens.took("("):
        _arguments(block, parameters, arguments, binds)
    for position, value in body(block.session, arguments).items():
        if position in binds:
            block.assign(binds[position], value)


def _arguments(
    block: _Block, parameters: tuple[str, ...], arguments: list[Value], binds: dict[int, str]
) -> None:
    tokens = block.tokens
    position = 0
    while not tokens.took(")"):
        named = tokens.all[tokens.position + 1].text == "=>"
        if named:
            name = tokens.name()
            tokens.take()
            if name not in parameters:
                raise procedural("PLS-00306: wrong number or types of arguments in call")
            position = parameters.index(name)
        if position >= len(parameters):
            raise procedural("PLS-00306: wrong number or types of arguments in call")
        if tokens.next.kind is Kind.BIND and tokens.all[tokens.position + 1].text in {",", ")"}:
            binds[position] = tokens.next.text
        text = tokens.text_until()
        words = {"TRUE": True, "FALSE": False}
        upper = text.upper()
        arguments[position] = words[upper] if upper in words else block.evaluated(text)
        position += 1
        tokens.took(",")


def _attributes(*names: str) -> Procedure:
    def body(session: Session, arguments: list[Value]) -> dict[int, Value]:
        for name, value in zip(names, arguments, strict=True):
            session.attributes[name] = value
        return {}

    return body


def _clear_identifier(session: Session, _arguments: list[Value]) -> dict[int, Value]:
    session.attributes["client_identifier"] = None
    return {}


def _nothing(_session: Session, _arguments: list[Value]) -> dict[int, Value]:
    return {}


def _put_line(session: Session, arguments: list[Value]) -> dict[int, Value]:
    session.output.append(str(arguments[0] or ""))
    return {}


def _get_line(session: Session, _arguments: list[Value]) -> dict[int, Value]:
    if not session.output:
        return {0: None, 1: Decimal(1)}
    return {0: session.output.pop(0), 1: Decimal(0)}


def _gather(session: Session, arguments: list[Value]) -> dict[int, Value]:
    owner, name = arguments[0] or session.schema, arguments[1]
    found = session.catalog.resolve(str(owner).upper(), str(name).strip('"'), qualified=True)
    if not isinstance(found, Table):
        raise ora(20000, f"{owner}.{name}")
    session.database.analyse(found)
    return {}


def _gather_schema(session: Session, arguments: list[Value]) -> dict[int, Value]:
    for table in session.catalog.tables():
        if table.owner == (arguments[0] or session.schema):
            session.database.analyse(table)
    return {}


def _set_nls(session: Session, arguments: list[Value]) -> dict[int, Value]:
    value = str(arguments[1]).strip("'")
    create_objects.alter_session(session, Tokens(f"SET {arguments[0]} = '{value}'"))
    return {}


STATISTICS = (
    "OWNNAME", "TABNAME", "PARTNAME", "ESTIMATE_PERCENT", "BLOCK_SAMPLE", "METHOD_OPT", "DEGREE",
    "GRANULARITY", "CASCADE", "STATTAB", "STATID", "STATOWN", "NO_INVALIDATE",
)  # fmt: skip

PROCEDURES: dict[str, tuple[tuple[str, ...], Procedure]] = {
    "DBMS_APPLICATION_INFO.SET_MODULE": (
        ("MODULE_NAME", "ACTION_NAME"),
        _attributes("module", "action"),
    ),
    "DBMS_APPLICATION_INFO.SET_ACTION": (("ACTION_NAME",), _attributes("action")),
    "DBMS_APPLICATION_INFO.SET_CLIENT_INFO": (("CLIENT_INFO",), _attributes("client_info")),
    "DBMS_SESSION.SET_IDENTIFIER": (("CLIENT_ID",), _attributes("client_identifier")),
    "DBMS_SESSION.CLEAR_IDENTIFIER": ((), _clear_identifier),
    "DBMS_SESSION.SET_NLS": (("PARAM", "VALUE"), _set_nls),
    "DBMS_OUTPUT.ENABLE": (("BUFFER_SIZE",), _nothing),
    "DBMS_OUTPUT.DISABLE": ((), _nothing),
    "DBMS_OUTPUT.PUT_LINE": (("A",), _put_line),
    "DBMS_OUTPUT.GET_LINE": (("LINE", "STATUS"), _get_line),
    "DBMS_STATS.GATHER_TABLE_STATS": (STATISTICS, _gather),
    "DBMS_STATS.GATHER_SCHEMA_STATS": (("OWNNAME",), _gather_schema),
}
