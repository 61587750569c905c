from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_line.event_stream import ServerEvent, read_events
from command_line.exits import Unreachable

PROGRESS = (
    b'id: j~c1~\nevent: progress\ndata: {"table": "VBRP"}\n\n'
    b": heartbeat\n\n"
    b'id: j~c2~\nevent: complete\ndata: {"status": "completed"}\n\n'
)


class TestAStream:
    def test_gives_its_events_and_passes_over_heartbeats(self) -> None:
        assert list(read_events([PROGRESS])) == [
            ServerEvent(name="progress", data={"table": "VBRP"}, id="j~c1~"),
            ServerEvent(name="complete", data={"status": "completed"}, id="j~c2~"),
        ]

    @given(st.lists(st.integers(0, len(PROGRESS)), max_size=12).map(sorted))
    def test_is_the_same_however_it_is_cut_into_chunks(self, cuts: list[int]) -> None:
        edges = [0, *cuts, len(PROGRESS)]
        chunks = [PROGRESS[a:b] for a, b in pairwise(edges)]
        assert list(read_events(chunks)) == list(read_events([PROGRESS]))

    @given(st.dictionaries(st.text(), st.text() | st.integers() | st.none()))
    def test_gives_data_as_it_was_sent(self, data: dict[str, object]) -> None:
        sent = f"data: {json.dumps(data)}\r\n\r\n".encode()
        assert [event.data for event in read_events([sent])] == [data]

    def test_joins_data_of_several_lines(self) -> None:
        assert [event.data for event in read_events([b'data: {"a":\ndata: 1}\n\n'])] == [{"a": 1}]


class TestAStreamThatBreaksOff:
    def test_gives_no_half_event(self) -> None:
        assert len(list(read_events([PROGRESS[:-1]]))) == 1


class TestAStreamOfSomethingElse:
    @pytest.mark.parametrize("text", [b"data: nonsense\n\n", b"data: [1]\n\n", b"data:\n\n"])
    def test_is_refused(self, text: bytes) -> None:
        with pytest.raises(Unreachable, match="cannot be read"):
            list(read_events([text]))

    def test_is_refused_before_it_fills_the_memory(self) -> None:
        def endless_line() -> object:
            while True:
                yield b"x" * 65536

        with pytest.raises(Unreachable, match="too long"):
            list(read_events(endless_line()))  # type: ignore[arg-type]

    def test_is_refused_where_one_event_never_ends(self) -> None:
        def endless_event() -> object:
            while True:
                yield b"data: " + b"x" * 65536 + b"\n"

        with pytest.raises(Unreachable, match="too large"):
            list(read_events(endless_event()))  # type: ignore[arg-type]
