"""Server-Sent Events: bytes of a response into events."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from command_line.exits import Unreachable

_LARGEST_EVENT = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerEvent:
    """One event of a stream; `id` is what Last-Event-ID resumes after."""

    name: str
    data: dict[str, Any]
    id: str | None = None


def read_events(chunks: Iterable[bytes]) -> Iterator[ServerEvent]:
    """Yield the events of a stream; comments (heartbeats) and what is cut off at the end pass."""
    fields: dict[str, str] = {}
    size = 0
    for line in _lines(chunks):
        if not line:
            if "data" in fields:
                yield _event(fields)
            fields, size = {}, 0
            continue
        name, _, value = line.partition(":")
        size += len(line)
        if size > _LARGEST_EVENT:
            raise Unreachable("the server sent an event that is too large to be one of ours")
        if name in {"id", "event", "data"}:
            value = value.removeprefix(" ")
            fields[name] = f"{fields[name]}\n{value}" if name in fields else value


def _event(fields: dict[str, str]) -> ServerEvent:
    try:
        data = json.loads(fields["data"])
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise Unreachable(
            "the server sent an event that cannot be read",
            hint="is ORACLE_ETL_URL the address of an oracle-etl server of this version?",
        )
    return ServerEvent(name=fields.get("event", "message"), data=data, id=fields.get("id"))


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        if len(rest) > _LARGEST_EVENT:
            raise Unreachable("the server sent a line that is too long to be one of ours")
        for line in whole:
            yield line.removesuffix(b"\r").decode("utf-8", "replace")
