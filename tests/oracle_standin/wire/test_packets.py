"""Packets between the stand-in and a client."""

from __future__ import annotations

import socket

from oracle_standin.wire.packets import Channel, Interrupted, Marker, PacketType


class TestAMarkerOfACallThatIsBrokenOff:
    def test_goes_past_an_outlet_that_sends_no_more_of_the_response(self) -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            channel, client = Channel(ours), Channel(theirs)
            channel.outlet = BrokenOff()
            channel.send_marker(Marker.BREAK)
            packet = client.receive()
        assert packet.type == PacketType.MARKER
        assert packet.body[-1] == Marker.BREAK


class BrokenOff:
    """An outlet as a slow one is, once the client has broken the call off."""

    def sendall(self, data: bytes | bytearray | memoryview, /) -> None:
        """Refuse to send any of a response."""
        raise Interrupted(f"{len(data)} bytes are not sent")
