"""What a statement can ask about its session, its database and the time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from oracle_standin.engine import instants, kinds
from oracle_standin.engine.compiling.coercion import as_text, converted
from oracle_standin.engine.errors import ora
from oracle_standin.engine.execution import Execution, constant, settings_of
from oracle_standin.engine.functions.registry import built, counted
from oracle_standin.engine.instants import Zoned
from oracle_standin.engine.kinds import EXECUTION, Compiled, Frame, Value
from oracle_standin.port import ColumnType, OracleType

if TYPE_CHECKING:
    from oracle_standin.engine.session import Session

MOST_DIGITS = 9
WORDS: dict[str, Callable[[], Compiled]] = {}
"""Functions that are written without parentheses."""


def _word(name: str, kind: ColumnType) -> Callable[[Callable[[Frame], Value]], None]:
    def declare(run: Callable[[Frame], Value]) -> None:
        WORDS[name] = lambda: Compiled(type=kind, run=run, nullable=False)

    return declare


def session_of(frame: Frame) -> Session:
    """Return the session that runs a frame's statement."""
    execution: Execution = frame[EXECUTION]
    return execution.session


def _whole_second(at: int) -> int:
    return at // instants.SECOND * instants.SECOND


@_word("SYSDATE", kinds.DATE)
def _sysdate(frame: Frame) -> int:
    return _whole_second(settings_of(frame).now)


@_word("SYSTIMESTAMP", kinds.TIMESTAMP_TZ)
def _systimestamp(frame: Frame) -> Zoned:
    return Zoned(settings_of(frame).now, 0)


@_word("CURRENT_DATE", kinds.DATE)
def _current_date(frame: Frame) -> int:
    settings = settings_of(frame)
    return _whole_second(instants.local(settings.now, settings.time_zone))


@_word("CURRENT_TIMESTAMP", kinds.TIMESTAMP_TZ)
def _current_timestamp(frame: Frame) -> Zoned:
    settings = settings_of(frame)
    return Zoned(settings.now, settings.time_zone)


@_word("LOCALTIMESTAMP", kinds.TIMESTAMP)
def _localtimestamp(frame: Frame) -> int:
    settings = settings_of(frame)
    return instants.local(settings.now, settings.time_zone)


@_word("SESSIONTIMEZONE", kinds.varchar(75))
def _sessiontimezone(frame: Frame) -> str:
    return instants.zone_text(settings_of(frame).time_zone)


@_word("DBTIMEZONE", kinds.varchar(6))
def _dbtimezone(_frame: Frame) -> str:
    return "+00:00"


@_word("USER", kinds.varchar(128))
def _user(frame: Frame) -> str:
    return session_of(frame).user


@_word("UID", kinds.NUMBER)
def _uid(frame: Frame) -> Decimal:
    session = session_of(frame)
    return Decimal(session.database.catalog.user(session.user).number)


for _name, _kind, _value in (
    ("BINARY_DOUBLE_NAN", kinds.BINARY_DOUBLE, float("nan")),
    ("BINARY_DOUBLE_INFINITY", kinds.BINARY_DOUBLE, float("inf")),
    ("BINARY_FLOAT_NAN", kinds.BINARY_FLOAT, float("nan")),
    ("BINARY_FLOAT_INFINITY", kinds.BINARY_FLOAT, float("inf")),
):
    _word(_name, _kind)(constant(_value))


def _cut(made: Compiled, digits: Compiled) -> Compiled:
    """Cut a moment to so many digits of a second; ORA-30088 where they are not 0 to 9."""
    if not digits.literal or digits.type.type is not OracleType.NUMBER:
        raise ora(30088)
    kept = int(digits.run([]))
    if kept > MOST_DIGITS:
        raise ora(30088)
    unit, run = 10 ** (MOST_DIGITS - kept), made.run

    def value(frame: Frame) -> Value:
        moment = run(frame)
        if isinstance(moment, Zoned):
            return Zoned(moment.utc // unit * unit, moment.zone)
        return moment // unit * unit

    return Compiled(type=replace(made.type, scale=kept), run=value, nullable=False)


def _timed(name: str) -> None:
    @built(name)
    def build(arguments: Sequence[Compiled]) -> Compiled:
        """Make CURRENT_TIMESTAMP(p) and its like."""
        counted(arguments, 0, 1)
        made = WORDS[name]()
        return _cut(made, arguments[0]) if arguments else made


for _name in ("SYSTIMESTAMP", "CURRENT_TIMESTAMP", "LOCALTIMESTAMP"):
    _timed(_name)


@built("SYS_CONTEXT")
def sys_context(arguments: Sequence[Compiled]) -> Compiled:
    """Make SYS_CONTEXT of USERENV, or of what the client put into an application context."""
    counted(arguments, 2, 3)
    space, name = (as_text(one).run for one in arguments[:2])
    length = converted(arguments[2], kinds.NUMBER).run if len(arguments) > 2 else None  # noqa: PLR2004 -- the third

    def value(frame: Frame) -> Value:
        namespace, key = (space(frame) or "").upper(), (name(frame) or "").upper()
        session = session_of(frame)
        if namespace == "USERENV":
            found = user_environment(session, key)
        else:
            found = application_context(session, f"{namespace}.{key}")
        return found if found is None or length is None else found[: int(length(frame) or 256)]

    return Compiled(type=kinds.varchar(256), run=value)


def application_context(session: Session, entry: str) -> str | None:
    """Return an entry of a context that the client set; none where it set none of that name."""
    return {name.upper(): value for name, value in session.attributes.items()}.get(entry)


def user_environment(session: Session, name: str) -> str | None:
    """Return one entry of USERENV; ORA-02003 for an unknown one."""
    database = session.database
    entries: dict[str, str | None] = {
        "SESSION_USER": session.user,
        "CURRENT_USER": session.user,
        "CURRENT_SCHEMA": session.schema,
        "SESSION_USERID": str(database.catalog.user(session.user).number),
        "CURRENT_USERID": str(database.catalog.user(session.user).number),
        "CURRENT_SCHEMAID": str(database.catalog.user(session.user).number),
        "SESSIONID": str(session.session_id),
        "SID": str(session.session_id),
        "DB_NAME": database.name,
        "DB_UNIQUE_NAME": database.name,
        "DB_DOMAIN": None,
        "CON_NAME": database.service,
        "CON_ID": "3",
        "CDB_NAME": database.name,
        "SERVICE_NAME": database.service.lower(),
        "INSTANCE": "1",
        "INSTANCE_NAME": database.name,
        "SERVER_HOST": "localhost",
        "HOST": session.attributes.get("machine"),
        "TERMINAL": session.attributes.get("terminal"),
        "OS_USER": session.attributes.get("osuser"),
        "IP_ADDRESS": "127.0.0.1",
        "MODULE": session.attributes.get("module"),
        "ACTION": session.attributes.get("action"),
        "CLIENT_INFO": session.attributes.get("client_info"),
        "CLIENT_IDENTIFIER": session.attributes.get("client_identifier"),
        "ISDBA": "FALSE",
        "LANGUAGE": f"AMERICAN_AMERICA.{database.charset.name}",
        "LANG": "US",
        "NLS_TERRITORY": "AMERICA",
        "NLS_DATE_FORMAT": session.settings.nls["NLS_DATE_FORMAT"],
        "NLS_SORT": "BINARY",
        "DATABASE_ROLE": "PRIMARY",
        "AUTHENTICATION_METHOD": "PASSWORD",
        "NETWORK_PROTOCOL": "tcp",
        "PROXY_USER": None,
        "ORACLE_HOME": None,
    }
    if name not in entries:
        raise ora(2003)
    return entries[name]


@built("USERENV")
def userenv(arguments: Sequence[Compiled]) -> Compiled:
    """Make the older USERENV('LANGUAGE')."""
    counted(arguments, 1, 1)
    name = as_text(arguments[0]).run
    return Compiled(
        type=kinds.varchar(64),
        run=lambda frame: user_environment(session_of(frame), (name(frame) or "").upper()),
    )


@built("DBMS_FLASHBACK.GET_SYSTEM_CHANGE_NUMBER")
def current_scn(arguments: Sequence[Compiled]) -> Compiled:
    """Make the current SCN."""
    counted(arguments, 0, 0)
    return Compiled(
        type=kinds.NUMBER, run=lambda frame: Decimal(session_of(frame).database.history.current)
    )


@built("TIMESTAMP_TO_SCN")
def timestamp_to_scn(arguments: Sequence[Compiled]) -> Compiled:
    """Make the SCN at a moment; ORA-08180 where none is known."""
    counted(arguments, 1, 1)
    run = converted(arguments[0], kinds.TIMESTAMP_TZ).run

    def value(frame: Frame) -> Value:
        moment = run(frame)
        if moment is None:
            raise ora(8186)
        return Decimal(session_of(frame).database.history.scn_at(moment.utc))

    return Compiled(type=kinds.NUMBER, run=value)


@built("SCN_TO_TIMESTAMP")
def scn_to_timestamp(arguments: Sequence[Compiled]) -> Compiled:
    """Make the moment of an SCN; ORA-08181 where it is none."""
    counted(arguments, 1, 1)
    run = converted(arguments[0], kinds.NUMBER).run

    def value(frame: Frame) -> Value:
        scn = run(frame)
        if scn is None:
            raise ora(8181)
        return session_of(frame).database.history.time_of(int(scn))

    return Compiled(type=kinds.TIMESTAMP, run=value)


@built("DBMS_SESSION.UNIQUE_SESSION_ID")
def unique_session_id(arguments: Sequence[Compiled]) -> Compiled:
    """Make a text that no other session has."""
    counted(arguments, 0, 0)
    return Compiled(
        type=kinds.varchar(24), run=lambda frame: f"{session_of(frame).session_id:012X}"
    )
