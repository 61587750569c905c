"""One table from the driver's errors to ours: what happens next, and what to do about it."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import oracledb

from oracle_etl.model.errors import (
    AccessDenied,
    GiveUp,
    LoginRefused,
    SourceAway,
    SourceMisconfigured,
    TableChanged,
    TableNotFound,
    TransportError,
    UndoGone,
    UnreadableMoment,
    UnreadableValue,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What an error means for us, and the hint that goes with it."""

    codes: frozenset[str]
    error: type[TransportError]
    hint: str


def _ora(*numbers: int) -> frozenset[str]:
    return frozenset(f"ORA-{number:05d}" for number in numbers)


_THICK = "set ORACLE_MODE=thick and ORACLE_CLIENT_LIBRARY to the folder of Instant Client"

_UNREACHED_HINT = (
    "check that Oracle is up and that ORACLE_DSN names its host, port and service; with a wallet, "
    "also ORACLE_WALLET_PASSWORD"
)

LOGIN_HINT = (
    "check ORACLE_USERNAME and ORACLE_PASSWORD; unlock the account or renew its "
    "password first, since every further try may lock it"
)

DECISIONS: tuple[Decision, ...] = (
    Decision(
        codes=_ora(1017, 28000, 28001, 1005, 28040) | {"DPY-4001"},
        error=LoginRefused,
        hint=LOGIN_HINT,
    ),
    Decision(
        codes=frozenset({"DPY-3010"}),
        error=SourceMisconfigured,
        hint=f"Oracle before 12.1 (11g) needs thick mode: {_THICK} 19 or 21",
    ),
    Decision(
        codes=frozenset({"DPY-3001", "DPY-3015", "DPY-3040"}) | _ora(12660),
        error=SourceMisconfigured,
        hint="the thin driver cannot do this (network encryption, old password verifiers): "
        f"{_THICK}",
    ),
    Decision(
        codes=frozenset({"DPI-1047", "DPI-1072", "DPI-1050"}),
        error=SourceMisconfigured,
        hint="thick mode finds no Oracle client: set ORACLE_CLIENT_LIBRARY to the folder of "
        "Instant Client, and install its libaio",
    ),
    Decision(
        codes=frozenset({"DPY-2017", "DPY-2019", "DPY-2021", "DPY-2053"}),
        error=SourceMisconfigured,
        hint="thin and thick mode cannot share a process: run the sources of one mode apart",
    ),
    Decision(
        codes=frozenset({"DPY-2018"}),
        error=SourceMisconfigured,
        hint="put ewallet.pem into the wallet's folder (cwallet.sso is for thick mode) and set "
        "ORACLE_WALLET_PATH and ORACLE_WALLET_PASSWORD",
    ),
    Decision(
        codes=frozenset({"DPY-6002", "DPY-6006"}),
        error=SourceMisconfigured,
        hint="the server's certificate is for another name: correct SSL_SERVER_CERT_DN in the "
        "connect descriptor",
    ),
    Decision(
        codes=frozenset({"DPY-4000", "DPY-4017", "DPY-4018", "DPY-4026", "DPY-4027", "DPY-2049"})
        | _ora(12154, 12504, 12505),
        error=SourceMisconfigured,
        hint="check ORACLE_DSN, or ORACLE_TNS_NAME and the tnsnames.ora in ORACLE_WALLET_PATH",
    ),
    Decision(
        codes=_ora(1555, 8180, 22924, 30052),
        error=UndoGone,
        hint="raise UNDO_RETENTION (and the undo tablespace) beyond the time a part takes, or "
        "make parts smaller with part_bytes",
    ),
    Decision(
        codes=_ora(1466, 8181, 8103, 1410, 4068),
        error=TableChanged,
        hint="the table was altered, truncated or moved while it was read: start the job again",
    ),
    Decision(
        codes=_ora(942, 4043, 1775),
        error=TableNotFound,
        hint="check the name with `oracle-etl tables list`, and GRANT SELECT on it",
    ),
    Decision(
        codes=_ora(25191, 28668, 22812),
        error=TableNotFound,
        hint="this is storage of another table, which nobody may select from: name that table",
    ),
    Decision(
        codes=_ora(439, 1702, 2030, 8182, 8185, 8187, 30657),
        error=AccessDenied,
        hint="Oracle shows no former state of this object: it can be read as it is now alone",
    ),
    Decision(
        codes=_ora(1031, 1045, 1720, 6550, 28110, 28112, 28113, 28115, 41900),
        error=AccessDenied,
        hint="the account lacks a privilege: GRANT CREATE SESSION to it, and SELECT and FLASHBACK "
        "on the table",
    ),
    Decision(
        codes=frozenset({"DPY-3022", "DPY-4036", "DPY-4042", "DPY-4037"}) | _ora(1801, 1841, 1847),
        error=UnreadableValue,
        hint="a stored value does not fit its column's declared type: exclude the column, or "
        "correct the value in Oracle",
    ),
    Decision(
        codes=frozenset({"DPY-4024"}) | _ora(1013, 3136),
        error=SourceAway,
        hint="Oracle was silent for too long: look at its load, or raise ORACLE_CALL_TIMEOUT",
    ),
    Decision(
        codes=frozenset({"DPY-4005"}) | _ora(18, 20, 2391, 12516, 12519, 12520),
        error=SourceAway,
        hint="no session is free: lower ORACLE_SESSIONS, or raise Oracle's SESSIONS and PROCESSES",
    ),
    Decision(
        codes=_ora(1652, 4030, 4031, 12805, 12850),
        error=SourceAway,
        hint="Oracle ran out of temporary space, memory or parallel servers: look at its load",
    ),
    Decision(
        codes=frozenset({"DPY-4011", "DPY-6000", "DPY-6001", "DPY-6003", "DPY-6004", "DPY-6005"})
        | _ora(12514, 12528, 12541, 12545, 12170, 12571, 1033, 1034, 1090),
        error=SourceAway,
        hint=_UNREACHED_HINT,
    ),
)

_BY_CODE = {code: decision for decision in DECISIONS for code in decision.codes}
_WRAPPERS = _ora(604, 12801)
"""Of recursive SQL and of parallel servers: they say where it happened, and what comes behind."""
_CODE = re.compile(r"\bORA-\d{5}\b")
_NO_DAY_OF_PYTHONS = re.compile(r"\byear\b|\bday\b|date value out of range")
_UNKNOWN_HINT = "look the code up in Oracle's documentation; check `where`, `query` and `order`"


@contextmanager
def named_errors() -> Iterator[None]:
    """Let the driver's errors leave as ours."""
    try:
        yield
    except (oracledb.Error, oracledb.Warning) as error:
        raise decided(error) from error
    except socket.gaierror as error:
        # The driver looks hosts up where it turns no error into one of its own.
        raise SourceAway(
            f"the host of the database is not found: {error.strerror}", hint=_UNREACHED_HINT
        ) from error
    except (ValueError, OverflowError) as error:
        # The driver puts each moment into a datetime of Python's, which begins with year 1 and has
        # no 29 February 1500: Oracle's calendar is the Julian one until 1582.
        if not _NO_DAY_OF_PYTHONS.search(str(error)):
            raise
        raise UnreadableMoment(
            f"a moment cannot be delivered: {error}", hint="it is read again as text"
        ) from error


def decided(error: oracledb.Error | oracledb.Warning) -> TransportError:
    """Return our error for one of the driver's."""
    cause = error.args[0] if error.args else None
    message = _first_line(error)
    for code in _codes(cause, message):
        if code in _BY_CODE:
            return _BY_CODE[code].error(message, hint=_BY_CODE[code].hint)
    if getattr(cause, "isrecoverable", False) or getattr(cause, "is_session_dead", False):
        return SourceAway(message, hint="the connection broke; the work is done again")
    if isinstance(error, oracledb.InterfaceError | oracledb.OperationalError):
        return SourceAway(message, hint="check that Oracle can be reached")
    return GiveUp(message, hint=_UNKNOWN_HINT)


def _codes(cause: object, message: str) -> Iterator[str]:
    """Yield the codes of an error, and behind one that wraps others theirs."""
    own = (getattr(cause, "full_code", ""), f"ORA-{getattr(cause, 'code', 0) or 0:05d}")
    yield from own
    if _WRAPPERS.intersection(own):
        yield from _CODE.findall(message)


def _first_line(error: Exception) -> str:
    # What follows is a link to a help page. A message may quote a statement, never its binds.
    lines = [line for line in str(error).splitlines() if not line.startswith("Help: ")]
    return " ".join(lines) or type(error).__name__
