from __future__ import annotations

import errno
import logging
import socket
import sys
import threading
from collections.abc import Callable, Iterator

import pytest
from gunicorn.config import Config  # type: ignore[import-untyped]  # it ships no types

from command_line.local_service import OneLog, end_idle_clients

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


class TestTheLog:
    """gunicorn tells it of every end of a connection that it does not expect."""

    @pytest.fixture
    def told(self, caplog: pytest.LogCaptureFixture) -> Callable[[OSError], logging.LogRecord]:
        log = OneLog(Config())

        def tell(error: OSError) -> logging.LogRecord:
            try:
                raise error
            except OSError:
                log.exception("Socket error processing request.")
            [record] = caplog.records
            return record

        return tell

    @pytest.mark.parametrize("number", [errno.EAGAIN, errno.ETIMEDOUT])
    def test_has_no_fault_where_a_client_was_idle(
        self, told: Callable[[OSError], logging.LogRecord], number: int
    ) -> None:
        record = told(OSError(number, "no news"))
        assert (record.levelno, record.exc_info) == (logging.INFO, None)
        assert "client was idle" in record.getMessage()

    def test_shows_where_any_other_fault_lies(
        self, told: Callable[[OSError], logging.LogRecord]
    ) -> None:
        record = told(OSError(errno.EBADF, "what"))
        assert record.levelno == logging.ERROR
        assert record.exc_info
