"""Read Server-Sent Events, as a browser would."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import requests

from journey_homes.waiting import until

_SILENCE_SECONDS = 60.0
"""The service promises a heartbeat every 15 s."""

_SEAT_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of a stream."""

    name: str
    id: str
    data: dict[str, Any]


def events(url: str, *, after: str | None = None) -> Iterator[Event]:
    """Yield the events of one connection, behind the one with the id `after`."""
    headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": after} if after else {})
    with _connected(url, headers) as response:
        fields: dict[str, str] = {}
        for line in response.iter_lines(chunk_size=None):
            if line:
                name, _, value = line.decode().partition(":")
                fields[name] = value.removeprefix(" ")
            elif "data" in fields:
                data = json.loads(fields["data"])
                yield Event(name=fields["event"], id=fields["id"], data=data)
                fields = {}


def _connected(url: str, headers: dict[str, str]) -> requests.Response:
    """Connect, and again as long as the service says that too many watch."""

    def connect() -> requests.Response | None:
        response = requests.get(url, headers=headers, stream=True, timeout=_SILENCE_SECONDS)
        if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            response.close()
            return None
        return response

    response = until(connect, within_seconds=_SEAT_SECONDS, what="a seat for a watcher")
    response.raise_for_status()
    return response


def whole_stream(url: str, *, reconnect_after: int | None = None) -> Iterator[Event]:
    """Yield events until `complete`, coming back whenever a connection has ended.

    With `reconnect_after` the watcher itself leaves after so many events, and comes back.
    """
    last: str | None = None
    while True:
        for number, event in enumerate(events(url, after=last), start=1):
            yield event
            last = event.id
            if event.name == "complete":
                return
            if number == reconnect_after:
                break
