"""A request as it arrives, before anything of it is believed."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from transport_api.call import Operation

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}\Z")
_TRACE_PARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_CLOUD_TRACE = re.compile(r"([0-9a-f]{32})(?:/|\Z)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What the guards look at."""

    method: str
    path: str
    operation: Operation | None
    """None where the path or method is unknown."""
    remote_address: str
    headers: Mapping[str, str]
    """By name in small letters."""
    body_bytes: int | None
    """As announced; None where it is not."""
    request_id: str
    trace_id: str

    @property
    def host(self) -> str:
        """The host that the caller believes to talk to, without the port."""
        return host_name(self.headers.get("host", ""))

    @property
    def origin(self) -> str | None:
        """The web page's origin that the call comes from, if a browser sent it."""
        return self.headers.get("origin")


def request_id_of(headers: Mapping[str, str]) -> str:
    """Return the caller's own request id where it is a sane one, a new one otherwise."""
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.match(given) else secrets.token_hex(16)


def trace_id_of(headers: Mapping[str, str]) -> str:
    """Return the trace that the request belongs to, a new one where it names none."""
    parent = _TRACE_PARENT.match(headers.get("traceparent", ""))
    cloud = _CLOUD_TRACE.match(headers.get("x-cloud-trace-context", ""))
    found = parent or cloud
    return found[1] if found else secrets.token_hex(16)


def host_name(text: str) -> str:
    """Return the host of `host:port`, an IPv6 address without its brackets."""
    if text.startswith("["):
        return text[1:].partition("]")[0].lower()
    return text.partition(":")[0].lower()
