"""V$ views, versions, NLS parameters, DUAL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from oracle_standin.engine.dictionary.registry import Described, fixed, number, second
from oracle_standin.engine.settings import NLS_DEFAULTS
from oracle_standin.values.regions import region_numbers

if TYPE_CHECKING:
    from oracle_standin.engine.session import Session

PRODUCTS = {
    11: "Oracle Database 11g Enterprise Edition",
    12: "Oracle Database 12c Enterprise Edition",
    19: "Oracle Database 19c Enterprise Edition",
    21: "Oracle Database 21c Enterprise Edition",
    23: "Oracle Database 23ai Free",
}


@fixed("DUAL", "DUMMY:v1", public=True)
def dual(_session: Session) -> Iterator[Described]:
    """Describe the one row of DUAL."""
    yield {"DUMMY": "X"}


@fixed(
    "V$DATABASE",
    """DBID:n NAME:v9 CREATED:d LOG_MODE:v12 CHECKPOINT_CHANGE#:n OPEN_MODE:v20 DATABASE_ROLE:v16
    PLATFORM_NAME:v101 CURRENT_SCN:n FLASHBACK_ON:v18 DB_UNIQUE_NAME:v30 CDB:v3 CON_ID:n""",
)
def database(session: Session) -> Iterator[Described]:
    """Describe the database."""
    here = session.database
    yield {
        "DBID": number(1),
        "NAME": here.name,
        "CREATED": second(here.created),
        "LOG_MODE": "ARCHIVELOG",
        "CHECKPOINT_CHANGE#": number(here.history.current),
        "OPEN_MODE": "READ WRITE",
        "DATABASE_ROLE": "PRIMARY",
        "PLATFORM_NAME": "Linux x86 64-bit",
        "CURRENT_SCN": number(here.history.current),
        "FLASHBACK_ON": "NO",
        "DB_UNIQUE_NAME": here.name,
        "CDB": "NO" if here.release < 12 else "YES",  # noqa: PLR2004 -- the release that brought them
        "CON_ID": number(3),
    }


def _banner(session: Session) -> str:
    here = session.database
    return f"{PRODUCTS[here.release]} Release {here.version} - Production"


@fixed("V$VERSION", "BANNER:v80 BANNER_FULL:v160 BANNER_LEGACY:v80 CON_ID:n", public=True)
def version(session: Session) -> Iterator[Described]:
    """Describe the release."""
    banner = _banner(session)
    yield {
        "BANNER": banner,
        "BANNER_FULL": f"{banner}\nVersion {session.database.version}",
        "BANNER_LEGACY": banner,
        "CON_ID": number(0),
    }


@fixed(
    "PRODUCT_COMPONENT_VERSION",
    "PRODUCT:v80 VERSION:v80 VERSION_FULL:v80 STATUS:v80",
    public=True,
)
def product(session: Session) -> Iterator[Described]:
    """Describe the product."""
    yield {
        "PRODUCT": f"{PRODUCTS[session.database.release]} ",
        "VERSION": session.database.version,
        "VERSION_FULL": session.database.version,
        "STATUS": "Production",
    }


@fixed(
    "V$INSTANCE",
    """INSTANCE_NUMBER:n INSTANCE_NAME:v16 HOST_NAME:v64 VERSION:v17 VERSION_FULL:v17 STARTUP_TIME:d
    STATUS:v12 PARALLEL:v3 THREAD#:n DATABASE_STATUS:v17 INSTANCE_ROLE:v18""",
)
def instance(session: Session) -> Iterator[Described]:
    """Describe the instance."""
    here = session.database
    yield {
        "INSTANCE_NUMBER": number(1),
        "INSTANCE_NAME": here.name,
        "HOST_NAME": "localhost",
        "VERSION": here.version,
        "VERSION_FULL": here.version,
        "STARTUP_TIME": second(here.created),
        "STATUS": "OPEN",
        "PARALLEL": "NO",
        "THREAD#": number(1),
        "DATABASE_STATUS": "ACTIVE",
        "INSTANCE_ROLE": "PRIMARY_INSTANCE",
    }


@fixed("V$PARAMETER", "NUM:n NAME:v80 TYPE:n VALUE:v4000 DISPLAY_VALUE:v4000 ISDEFAULT:v9")
def parameters(session: Session) -> Iterator[Described]:
    """Describe the parameters."""
    here = session.database
    values = {
        "compatible": here.version,
        "cpu_count": "2",
        "db_block_size": "8192",
        "db_name": here.name,
        "nls_length_semantics": "BYTE",
        "processes": "300",
        "sessions": "472",
        "undo_management": "AUTO",
        "undo_retention": str(here.undo_retention_seconds),
        "undo_tablespace": "UNDOTBS1",
    }
    for index, (name, value) in enumerate(values.items(), 1):
        yield {
            "NUM": number(index),
            "NAME": name,
            "TYPE": number(3 if value.isdigit() else 2),
            "VALUE": value,
            "DISPLAY_VALUE": value,
            "ISDEFAULT": "TRUE",
        }


@fixed(
    "V$SESSION",
    """SID:n SERIAL#:n AUDSID:n USERNAME:v128 STATUS:v8 SCHEMANAME:v128 OSUSER:v128 PROCESS:v24
    MACHINE:v64 TERMINAL:v30 PROGRAM:v48 TYPE:v10 MODULE:v64 ACTION:v64 CLIENT_INFO:v64
    CLIENT_IDENTIFIER:v64 LOGON_TIME:d""",
)
def sessions(session: Session) -> Iterator[Described]:
    """Describe every open session."""
    for one in list(session.database.sessions):
        given = one.attributes
        yield {
            "SID": number(one.session_id),
            "SERIAL#": number(1),
            "AUDSID": number(one.session_id),
            "USERNAME": one.user,
            "STATUS": "ACTIVE" if one is session else "INACTIVE",
            "SCHEMANAME": one.schema,
            "OSUSER": given.get("osuser"),
            "PROCESS": given.get("process"),
            "MACHINE": given.get("machine"),
            "TERMINAL": given.get("terminal"),
            "PROGRAM": given.get("program"),
            "TYPE": "USER",
            "MODULE": given.get("module"),
            "ACTION": given.get("action"),
            "CLIENT_INFO": given.get("client_info"),
            "CLIENT_IDENTIFIER": given.get("client_identifier"),
            "LOGON_TIME": second(one.logged_in),
        }


def _of_session(session: Session) -> dict[str, str]:
    return session.settings.nls


def _of_database(session: Session) -> dict[str, str]:
    return NLS_DEFAULTS | {
        "NLS_CHARACTERSET": session.database.charset.name,
        "NLS_NCHAR_CHARACTERSET": "AL16UTF16",
        "NLS_RDBMS_VERSION": session.database.version,
    }


def _parameters(values: dict[str, str]) -> Iterator[Described]:
    return ({"PARAMETER": name, "VALUE": value} for name, value in values.items())


@fixed("NLS_SESSION_PARAMETERS", "PARAMETER:v128 VALUE:v64", public=True)
def session_nls(session: Session) -> Iterator[Described]:
    """Describe what the session has set."""
    return _parameters(_of_session(session))


@fixed("NLS_DATABASE_PARAMETERS", "PARAMETER:v128 VALUE:v64", public=True)
def database_nls(session: Session) -> Iterator[Described]:
    """Describe what the database was made with."""
    return _parameters(_of_database(session))


@fixed("NLS_INSTANCE_PARAMETERS", "PARAMETER:v128 VALUE:v64", public=True)
def instance_nls(_session: Session) -> Iterator[Described]:
    """Describe what the instance was started with."""
    return _parameters(NLS_DEFAULTS)


@fixed("V$NLS_PARAMETERS", "PARAMETER:v64 VALUE:v64 CON_ID:n", public=True)
def nls(session: Session) -> Iterator[Described]:
    """Describe what holds in the session, character sets too."""
    return _parameters(_of_database(session) | _of_session(session))


@fixed("V$TIMEZONE_NAMES", "TZNAME:v64 TZABBREV:v64 CON_ID:n", public=True)
def time_zones(_session: Session) -> Iterator[Described]:
    """Describe the time zone regions."""
    return ({"TZNAME": name, "TZABBREV": None, "CON_ID": number(0)} for name in region_numbers())


@fixed("V$TRANSACTION", "ADDR:r8 XIDUSN:n STATUS:v16 START_SCN:n")
def transactions(session: Session) -> Iterator[Described]:
    """Describe every open transaction."""
    for one in list(session.database.sessions):
        if one.in_transaction() and one.transaction is not None:
            yield {"XIDUSN": number(one.transaction.number), "STATUS": "ACTIVE"}
