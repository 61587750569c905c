"""Breaking off a call: a client sends a marker while its call is being answered.

The server answers with a break marker, waits for the client's reset marker, sends one of its own
and then the error ORA-01013; the session goes on. While a session's thread is busy with a call,
one thread for all sessions looks out for markers.
"""

from __future__ import annotations

import contextlib
import select
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from oracle_standin.wire.packets import (
    Channel,
    ConnectionGone,
    Marker,
    PacketType,
    ProtocolBroken,
    marker_of,
)

LOOK_EVERY_SECONDS = 0.02


def reset_after(channel: Channel, marker: int, *, apology: Callable[[], None]) -> None:
    """Answer a marker and end the call with an apology."""
    with channel.sending:
        if marker != Marker.RESET:
            channel.send_marker(Marker.BREAK)
            while True:
                packet = channel.receive()
                if packet.type == PacketType.MARKER and marker_of(packet) == Marker.RESET:
                    break
        channel.send_marker(Marker.RESET)
        apology()


@dataclass(slots=True)
class BusyCall:
    """A call that is being answered."""

    channel: Channel
    apology: Callable[[], None]
    interrupt: Callable[[], None]
    since: float = field(default_factory=time.monotonic)


class Lookout:
    """Watches the connections of busy sessions for markers and for clients that leave."""

    def __init__(self) -> None:
        self._busy: dict[int, BusyCall] = {}
        self._somebody_is_busy = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._look, name="standin-lookout", daemon=True)
        self._thread.start()

    @contextlib.contextmanager
    def during(self, call: BusyCall) -> Iterator[None]:
        """Watch a call's connection while the block runs."""
        number = call.channel.connection.fileno()
        self._busy[number] = call
        self._somebody_is_busy.set()
        try:
            yield
        finally:
            with call.channel.sending:
                self._busy.pop(number, None)

    def close(self) -> None:
        """Stop looking."""
        self._closed = True
        self._somebody_is_busy.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._closed:
            self._somebody_is_busy.wait()
            time.sleep(LOOK_EVERY_SECONDS)
            latest = time.monotonic() - LOOK_EVERY_SECONDS
            long_busy = {
                number: call for number, call in list(self._busy.items()) if call.since < latest
            }
            if not self._busy:
                self._somebody_is_busy.clear()
                if self._busy:
                    self._somebody_is_busy.set()
            for number in _readable(long_busy):
                answering = threading.Thread(
                    target=self._answer,
                    args=(number, long_busy[number]),
                    name="standin-break",
                    daemon=True,
                )
                answering.start()

    def _answer(self, number: int, call: BusyCall) -> None:
        """Read the marker that made a connection readable, and answer it.

        The lock is held throughout, so that the session's own thread can neither send anything
        nor go on to read before the exchange is over.
        """
        with call.channel.sending:
            if self._busy.get(number) is not call:
                return
            del self._busy[number]
            call.channel.interrupted.set()
            call.interrupt()
            try:
                packet = call.channel.receive()
                if packet.type != PacketType.MARKER:
                    raise ProtocolBroken(f"a packet of type {packet.type} during a call")
                reset_after(call.channel, marker_of(packet), apology=call.apology)
            except (ConnectionGone, ProtocolBroken):
                call.channel.cut()


def _readable(calls: dict[int, BusyCall]) -> list[int]:
    poll = select.poll()
    for number in calls:
        poll.register(number, select.POLLIN)
    return [number for number, _ in poll.poll(0)] if calls else []
