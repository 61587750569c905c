"""The first exchange: a client names a service and is accepted or refused."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

from oracle_standin.wire.packets import (
    DATA_FLAGS_BYTES,
    HEADER_BYTES,
    Channel,
    PacketType,
    ProtocolBroken,
)
from oracle_standin.wire.profiles import Profile

NO_SUCH_SERVICE = 12514
NO_SUCH_SID = 12505
REFUSED_FOR_NOW = 12516

SHORT_SDU_AT = 6
CONNECT_DATA_LENGTH_AT = 16
LONG_SDU_AT = 50
FIXED_BYTES = 58
SMALLEST_SDU = 512
LARGEST_SDU = 2 * 1024 * 1024
LONG_FIELDS_SINCE = 315
SECOND_FLAGS_SINCE = 318

FAST_AUTHENTICATION = 0x10000000
END_OF_RESPONSE_MARKS = 0x02000000
NO_NATIVE_ENCRYPTION = 0x04


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectRequest:
    """What a client asks a listener for."""

    version: int
    sdu: int
    descriptor: str

    @property
    def service(self) -> str | None:
        """The service asked for, None where the client asks by SID."""
        return self._part("SERVICE_NAME")

    @property
    def sid(self) -> str | None:
        """The SID asked for."""
        return self._part("SID")

    def _part(self, name: str) -> str | None:
        found = re.search(rf"\(\s*{name}\s*=\s*([^)\s]*)", self.descriptor, re.IGNORECASE)
        return found.group(1).upper() if found else None


def read_request(channel: Channel) -> ConnectRequest:
    """Wait for a client's connect packet."""
    packet = channel.receive()
    body = packet.body
    if packet.type != PacketType.CONNECT or len(body) < FIXED_BYTES:
        raise ProtocolBroken("a connection that does not start with a connect packet")
    (version,) = struct.unpack_from(">H", body)
    (short_sdu,) = struct.unpack_from(">H", body, SHORT_SDU_AT)
    size, offset = struct.unpack_from(">HH", body, CONNECT_DATA_LENGTH_AT)
    (long_sdu,) = struct.unpack_from(">I", body, LONG_SDU_AT)
    data = body[offset - HEADER_BYTES :]
    if len(data) < size:
        # A descriptor too long for the packet follows in one of its own.
        data = channel.receive().body[DATA_FLAGS_BYTES:]
    return ConnectRequest(
        version=version, sdu=long_sdu or short_sdu, descriptor=data[:size].decode("latin-1")
    )


def refusal(request: ConnectRequest, services: frozenset[str]) -> int | None:
    """Return the error that a request must be refused with, None where it is welcome."""
    if request.service is not None:
        return None if request.service in services else NO_SUCH_SERVICE
    return None if request.sid in services else NO_SUCH_SID


def refuse(channel: Channel, code: int) -> None:
    """Tell a client why it may not connect."""
    reason = (
        f"(DESCRIPTION=(TMP=)(VSNNUM=0)(ERR={code})(ERROR_STACK=(ERROR=(CODE={code})(EMFI=4))))"
    )
    channel.send(PacketType.REFUSE, struct.pack(">BBH", 0, 0, len(reason)) + reason.encode())


def accept(
    channel: Channel, request: ConnectRequest, profile: Profile, *, largest_sdu: int
) -> None:
    """Welcome a client and settle packet sizes and dialect."""
    version = min(request.version, profile.protocol_version)
    sdu = max(SMALLEST_SDU, min(request.sdu, largest_sdu))
    short = min(sdu, 0xFFFF)
    body = struct.pack(">HHHHHHH", version, 0, short, short, 256, 0, 45)
    body += bytes((NO_NATIVE_ENCRYPTION, NO_NATIVE_ENCRYPTION)) + bytes(8)
    if version >= LONG_FIELDS_SINCE:
        body += struct.pack(">II", sdu, sdu)
    if version >= SECOND_FLAGS_SINCE:
        flags = FAST_AUTHENTICATION if profile.fast_authentication else 0
        flags |= END_OF_RESPONSE_MARKS if profile.end_of_response else 0
        body += struct.pack(">BI", 0, flags)
    channel.send(PacketType.ACCEPT, body)
    channel.long_lengths = version >= LONG_FIELDS_SINCE
    channel.payload_bytes = sdu - HEADER_BYTES - DATA_FLAGS_BYTES
