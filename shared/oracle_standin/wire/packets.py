"""Packets: how a stream of messages is cut for the network.

Every packet starts with eight bytes: its length, its type and flags. Until the server has
accepted the connection the length has two bytes, from then on four.
"""

from __future__ import annotations

import contextlib
import enum
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

HEADER_BYTES = 8
DATA_FLAGS_BYTES = 2
LONGEST_PACKET = 1 << 22
RECEIVE_BYTES = 1 << 18
GATHER_BYTES = 1 << 20

END_OF_FILE = 0x0040
END_OF_RESPONSE = 0x2000


class PacketType(enum.IntEnum):
    """What a packet is."""

    CONNECT = 1
    ACCEPT = 2
    REFUSE = 4
    DATA = 6
    MARKER = 12


class Marker(enum.IntEnum):
    """What a marker packet asks for."""

    BREAK = 1
    RESET = 2
    INTERRUPT = 3


class ConnectionGone(Exception):
    """The other side closed the connection, or it was cut on purpose."""


class ProtocolBroken(Exception):
    """The client sent what no client of this protocol sends."""


class Interrupted(Exception):
    """The client broke off its call; it has been told ORA-01013 already."""


class Outlet(Protocol):
    """Where bytes leave: a socket, or a fault in front of one."""

    def sendall(self, data: bytes | bytearray | memoryview, /) -> object:
        """Send everything or raise OSError."""
        ...


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet as received, without its header."""

    type: int
    body: bytes


@contextlib.contextmanager
def _ending_with_the_client() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConnectionGone from error


class Channel:
    """Packets to and from one client."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.outlet: Outlet = connection
        self.sending = threading.RLock()
        self.interrupted = threading.Event()
        self.gone = threading.Event()
        self.long_lengths = False
        self.payload_bytes = 8192 - HEADER_BYTES - DATA_FLAGS_BYTES
        self._received = bytearray()

    def receive(self) -> Packet:
        """Wait for the next packet."""
        header = self._take(HEADER_BYTES)
        size = int.from_bytes(header[: 4 if self.long_lengths else 2], "big")
        if not HEADER_BYTES <= size <= LONGEST_PACKET:
            raise ProtocolBroken(f"a packet of {size} bytes")
        return Packet(header[4], self._take(size - HEADER_BYTES))

    def receive_payload(self) -> bytes:
        """Wait for the next packet of a message; a marker raises BreakRequested."""
        packet = self.receive()
        if packet.type == PacketType.MARKER:
            raise BreakRequested(marker_of(packet))
        if packet.type != PacketType.DATA:
            raise ProtocolBroken(f"a packet of type {packet.type}")
        if int.from_bytes(packet.body[:DATA_FLAGS_BYTES], "big") & END_OF_FILE:
            raise ConnectionGone
        return packet.body[DATA_FLAGS_BYTES:]

    def send(self, kind: PacketType, body: bytes) -> None:
        """Send one packet that is not part of a response."""
        self._deliver(self._packet(kind, body))

    def _packet(self, kind: PacketType, body: bytes) -> bytes:
        size = len(body) + HEADER_BYTES
        if self.long_lengths:
            header = struct.pack(">IBBH", size, kind, 0, 0)
        else:
            header = struct.pack(">HHBBH", size, 0, kind, 0, 0)
        return header + body

    def send_marker(self, marker: Marker) -> None:
        """Send a marker, past whatever slows responses down: it ends one."""
        with self.sending, _ending_with_the_client():
            self.connection.sendall(self._packet(PacketType.MARKER, bytes((1, 0, marker))))

    def deliver(self, packets: bytes | bytearray) -> None:
        """Send finished packets of a response, unless the client broke it off."""
        with self.sending:
            if self.interrupted.is_set():
                raise Interrupted
            self._deliver(packets)

    def cut(self) -> None:
        """Drop the connection at once."""
        self.gone.set()
        # A connection that is gone already is what was wanted.
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
        self.connection.close()

    def _deliver(self, data: bytes | bytearray) -> None:
        with self.sending, _ending_with_the_client():
            self.outlet.sendall(data)

    def _take(self, count: int) -> bytes:
        while len(self._received) < count:
            with _ending_with_the_client():
                data = self.connection.recv(RECEIVE_BYTES)
            if not data:
                raise ConnectionGone
            self._received += data
        taken = bytes(self._received[:count])
        del self._received[:count]
        return taken


class BreakRequested(Exception):
    """A marker arrived where a message was expected."""

    def __init__(self, marker: int) -> None:
        super().__init__(marker)
        self.marker = marker


def marker_of(packet: Packet) -> int:
    """Return what a marker packet asks for."""
    return packet.body[2] if len(packet.body) > 2 else Marker.INTERRUPT  # noqa: PLR2004 - its third byte


class ResponseEnd(enum.Enum):
    """Whether a response's end is marked, in dialects that mark ends at all."""

    MARKED = enum.auto()
    UNMARKED = enum.auto()


class Response:
    """A response under way: bytes in, packets out as soon as enough have gathered."""

    def __init__(self, channel: Channel, *, ending: bytes) -> None:
        """Take the bytes that end a response where the client expects an end to be marked."""
        self._channel = channel
        self._ending = ending
        self._parts: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> None:
        """Append a message or a part of one."""
        self._parts.append(data)
        self._size += len(data)
        if self._size >= GATHER_BYTES:
            self._flush()

    def finish(self) -> None:
        """Send what is left and mark the end."""
        data = b"".join((*self._parts, self._ending))
        self._channel.deliver(cut_into_packets(data, self._channel.payload_bytes, self._last_flags))
        self._parts, self._size = [], 0

    @property
    def _last_flags(self) -> int:
        return END_OF_RESPONSE if self._ending else 0

    def _flush(self) -> None:
        data = b"".join(self._parts)
        room = self._channel.payload_bytes
        whole = (len(data) - 1) // room * room
        self._channel.deliver(cut_into_packets(data[:whole], room, 0))
        self._parts, self._size = [data[whole:]], len(data) - whole


def cut_into_packets(data: bytes, room: int, last_flags: int) -> bytes:
    """Cut bytes into DATA packets of at most `room` bytes each."""
    if len(data) <= room:
        return _data_header(len(data), last_flags) + data
    parts: list[bytes] = []
    for start in range(0, len(data), room):
        piece = data[start : start + room]
        flags = last_flags if start + room >= len(data) else 0
        parts += (_data_header(len(piece), flags), piece)
    return b"".join(parts)


def _data_header(size: int, flags: int) -> bytes:
    total = size + HEADER_BYTES + DATA_FLAGS_BYTES
    return struct.pack(">IBBHH", total, PacketType.DATA, 0, 0, flags)
