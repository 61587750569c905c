from __future__ import annotations

import socket
import sys
import threading

import pytest

from command_line.local_service import end_unread_answers

MORE_THAN_BUFFERS_HOLD = b"x" * 50_000_000


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such setting")
class TestAnAnswerThatNobodyReads:
    def test_is_broken_off(self) -> None:
        broken_off = threading.Event()

        def answer() -> None:
            accepted, _ = listener.accept()
            with accepted, pytest.raises(OSError, match="timed out"):
                accepted.sendall(MORE_THAN_BUFFERS_HOLD)
            broken_off.set()

        with socket.create_server(("127.0.0.1", 0)) as listener:
            end_unread_answers(listener, after_seconds=0.2)
            thread = threading.Thread(target=answer)
            thread.start()
            with socket.create_connection(listener.getsockname()):
                assert broken_off.wait(60)
            thread.join()
