from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from command_line.local_service import end_idle_clients

MORE_THAN_BUFFERS_HOLD = b"x" * 50_000_000


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        end_idle_clients(listening, after_seconds=1)
        yield listening


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such settings")
class TestAClientThatIsIdle:
    @staticmethod
    def broken_off(listener: socket.socket, serve: Callable[[socket.socket], object]) -> OSError:
        """Return what ends the serving of a client that does nothing."""
        ends: list[OSError] = []

        def answer() -> None:
            accepted, _ = listener.accept()
            accepted.setblocking(True)  # noqa: FBT003 - as gunicorn does
            with accepted:
                try:
                    serve(accepted)
                except OSError as error:
                    ends.append(error)

        thread = threading.Thread(target=answer)
        thread.start()
        with socket.create_connection(listener.getsockname()):
            thread.join(60)
        [end] = ends
        return end

    def test_in_its_request_is_not_waited_for(self, listener: socket.socket) -> None:
        end = self.broken_off(listener, lambda accepted: accepted.recv(1))
        assert isinstance(end, BlockingIOError)

    def test_in_its_answer_is_not_waited_for(self, listener: socket.socket) -> None:
        end = self.broken_off(listener, lambda accepted: accepted.sendall(MORE_THAN_BUFFERS_HOLD))
        assert isinstance(end, TimeoutError)
