"""Login: agreeing on a dialect, then proving who one is.

Classic servers answer four messages one by one: protocol, data types, the name, the answer to
the challenge. With fast authentication the first three arrive as one.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from oracle_standin.port import OracleError
from oracle_standin.values.cells import cell
from oracle_standin.values.text import AL16UTF16, AL32UTF8
from oracle_standin.wire.codes import CALL_TOKENS_SINCE, Call, Message
from oracle_standin.wire.packets import ProtocolBroken, ResponseEnd
from oracle_standin.wire.primitives import Incoming, counted, integer
from oracle_standin.wire.profiles import Profile
from oracle_standin.wire.verifier import Challenge

FAST_FIELD_VERSION = 13
"""Field version in which a fast authentication's parts are written, whatever is agreed later."""

VERIFIER_12C = 0x4815
COMPILE_CAPABILITIES = 46
FIELD_VERSION_AT = 7
REQUEST_BOUNDARIES_AT, REQUEST_BOUNDARIES = 40, 0x40
RUNTIME_CAPABILITIES = 11
STRINGS_AT, LONG_STRINGS, SESSION_STATES = 6, 0x04, 0x10
MOST_PAIRS = 256
MOST_OPEN_CURSORS = 1000
LONG_NAMES_SINCE = (12, 2)
ATTRIBUTES = {
    "AUTH_PROGRAM_NM": "program",
    "AUTH_MACHINE": "machine",
    "AUTH_TERMINAL": "terminal",
    "AUTH_SID": "osuser",
    "AUTH_PID": "process",
    "SESSION_CLIENT_DRIVER_NAME": "driver",
    "AUTH_ORA_EDITION": "edition",
}
DATA_TYPES_REPLY = bytes((Message.DATA_TYPES, 0, 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Who logged in, and what the client said about itself."""

    user: str
    proof: str = field(repr=False)
    attributes: dict[str, str]
    first_statement: str | None
    """A statement to run before anything else: clients set their time zone so."""


@dataclass(slots=True, kw_only=True)
class Handshake:
    """The messages up to a login; `reply` sends one response."""

    incoming: Incoming
    profile: Profile
    reply: Callable[[bytes, ResponseEnd], None]
    password_of: Callable[[str], str | None]
    _fields: int = field(init=False)
    _user: str = ""
    _pairs: dict[str, str] = field(default_factory=dict)
    _context: dict[str, str] = field(default_factory=dict)
    _challenge: Challenge = field(default_factory=lambda: Challenge(None))

    def __post_init__(self) -> None:
        self._fields = self.profile.field_version

    def run(self) -> Login:
        """Talk until the client has proved its name; OracleError where it cannot."""
        while True:
            message = self.incoming.byte()
            if message == Message.FAST_AUTHENTICATION:
                self._answer_fast()
            elif message == Message.PROTOCOL:
                self._read_protocol()
                self.reply(self._protocol(), ResponseEnd.UNMARKED)
            elif message == Message.DATA_TYPES:
                self._read_data_types()
                self.reply(DATA_TYPES_REPLY, ResponseEnd.UNMARKED)
            elif message == Message.CALL:
                call = self._read_claims()
                if call == Call.ANSWER_CHALLENGE:
                    return self._logged_in()
                self.reply(self._challenged(), ResponseEnd.MARKED)
            else:
                raise ProtocolBroken(f"message {message} before login")

    def _answer_fast(self) -> None:
        self.incoming.raw(3)
        self._expect(Message.PROTOCOL)
        self._read_protocol()
        self.incoming.raw(6)
        self._expect(Message.DATA_TYPES)
        self._read_data_types()
        self._expect(Message.CALL)
        self._fields = FAST_FIELD_VERSION
        self._read_claims()
        self._fields = self.profile.field_version
        self.reply(self._protocol() + DATA_TYPES_REPLY + self._challenged(), ResponseEnd.MARKED)

    def _expect(self, message: Message) -> None:
        if (found := self.incoming.byte()) != message:
            raise ProtocolBroken(f"message {found} where {message.name} belongs")

    def _read_protocol(self) -> None:
        self.incoming.terminated()
        self.incoming.terminated()

    def _protocol(self) -> bytes:
        compiled = bytearray(COMPILE_CAPABILITIES)
        compiled[FIELD_VERSION_AT] = self.profile.field_version
        compiled[REQUEST_BOUNDARIES_AT] = REQUEST_BOUNDARIES
        runtime = bytearray(RUNTIME_CAPABILITIES)
        runtime[STRINGS_AT] = LONG_STRINGS | SESSION_STATES
        # Of the table of formats a client reads the national character set alone.
        formats = bytes(9) + AL16UTF16.number.to_bytes(2, "big")
        return b"".join(
            (
                bytes((Message.PROTOCOL, 6, 0)),
                self.profile.banner.encode() + b"\x00",
                struct.pack("<HBH", AL32UTF8.number, 0, 0),
                struct.pack(">H", len(formats)) + formats,
                cell(bytes(compiled)),
                cell(bytes(runtime)),
            )
        )

    def _read_data_types(self) -> None:
        self.incoming.raw(5)
        self.incoming.sized()
        self.incoming.sized()
        while int.from_bytes(self.incoming.raw(2), "big"):
            if int.from_bytes(self.incoming.raw(2), "big"):
                self.incoming.raw(4)

    def _read_claims(self) -> int:
        """Read either authentication call; keep the name and what is said about it."""
        incoming = self.incoming
        call = incoming.byte()
        incoming.byte()
        if self._fields >= CALL_TOKENS_SINCE:
            incoming.integer()
        named = incoming.byte()
        incoming.skip_integers(2)
        incoming.byte()
        pairs = incoming.integer()
        incoming.raw(2)
        if not 0 <= pairs <= MOST_PAIRS:
            raise ProtocolBroken(f"{pairs} pairs in a login")
        if named:
            self._user = _dictionary_name(incoming.sized_text())
        for _ in range(pairs):
            key, value = incoming.text(), incoming.text()
            self._pairs[key] = value
            incoming.integer()
            if key.rstrip("\x00") == "AUTH_APPCTX_VALUE":
                self._context[self._entry()] = value
        return call

    def _entry(self) -> str:
        """Return the application context's entry whose namespace and key were read last."""
        given = {key.rstrip("\x00"): value for key, value in self._pairs.items()}
        return f"{given.get('AUTH_APPCTX_NSPACE', '')}.{given.get('AUTH_APPCTX_ATTR', '')}"

    def _challenged(self) -> bytes:
        self._challenge = Challenge(self.password_of(self._user))
        flags = {"AUTH_VFR_DATA": VERIFIER_12C, "AUTH_SESSKEY": 1}
        return pairs_message(self._challenge.pairs(), flags) + status_message(flags=0)

    def _logged_in(self) -> Login:
        proof = self._challenge.proof(self._pairs)
        if proof is None:
            raise OracleError(1017, "invalid username/password; logon denied")
        if "PROXY_CLIENT_NAME" in self._pairs:
            raise OracleError(28150, "proxy not authorized to connect as client")
        first = self._pairs.get("AUTH_ALTER_SESSION", "").rstrip("\x00")
        return Login(
            user=self._user,
            proof=proof,
            attributes={
                name: self._pairs[key] for key, name in ATTRIBUTES.items() if key in self._pairs
            }
            | self._context,
            first_statement=first or None,
        )


def pairs_message(pairs: list[tuple[str, str]], flags: dict[str, int]) -> bytes:
    """Write keys and values, each with its flags."""
    parts = [bytes((Message.PARAMETERS,)), integer(len(pairs))]
    for key, value in pairs:
        parts += (counted(key), counted(value), integer(flags.get(key, 0)))
    return b"".join(parts)


def status_message(*, flags: int) -> bytes:
    """Write the end of a call that has nothing to tell."""
    return bytes((Message.STATUS,)) + integer(flags) + integer(0)


def welcome(login: Login, profile: Profile, *, session_id: int, service: str) -> bytes:
    """Write what a server tells a client it has let in."""
    pairs = [
        ("AUTH_VERSION_STRING", "- Development"),
        ("AUTH_VERSION_NO", str(profile.release_number)),
        ("AUTH_SESSION_ID", str(session_id)),
        ("AUTH_SERIAL_NUM", "1"),
        ("AUTH_SC_SERVICE_NAME", service.lower()),
        ("AUTH_SC_DBUNIQUE_NAME", "STANDIN"),
        ("AUTH_SC_REAL_DBUNIQUE_NAME", "standin"),
        ("AUTH_INSTANCENAME", "STANDIN"),
        ("AUTH_MAX_OPEN_CURSORS", str(MOST_OPEN_CURSORS)),
        ("AUTH_MAX_IDEN_LENGTH", "128" if profile.release >= LONG_NAMES_SINCE else "30"),
        ("AUTH_SVR_RESPONSE", login.proof),
    ]
    return pairs_message(pairs, {}) + status_message(flags=0)


def _dictionary_name(user: str) -> str:
    """Return a name as the dictionary has it: as quoted, or in capitals."""
    quoted = re.fullmatch(r'"(.*)"', user)
    return quoted.group(1) if quoted else user.upper()
