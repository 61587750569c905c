"""Say to browsers which pages may call: those of CORS_ORIGINS."""

from __future__ import annotations

from http import HTTPMethod

from oracle_etl.settings import Settings
from transport_api.arrival import Arrival
from transport_api.guards import is_allowed_origin

_METHODS = "GET, POST, PATCH, DELETE"
_SENT_HEADERS = (
    "Authorization, Cache-Control, Content-Type, Idempotency-Key, If-Match, Last-Event-ID, "
    "X-API-Key, X-Request-ID, traceparent"
)
_READ_HEADERS = "Age, ETag, Idempotent-Replayed, Location, Retry-After, X-Request-ID"
_REMEMBERED_SECONDS = 600


def cors_headers(arrival: Arrival, settings: Settings) -> dict[str, str]:
    """Return the headers that let an allowed page read the answer."""
    if not settings.auth.cors_origins:
        return {}
    varies = {"Vary": "Origin"}
    if arrival.origin is None or not is_allowed_origin(arrival.origin, settings):
        return varies
    return {
        **varies,
        "Access-Control-Allow-Origin": arrival.origin,
        "Access-Control-Expose-Headers": _READ_HEADERS,
    }


def preflight_headers(arrival: Arrival, settings: Settings) -> dict[str, str] | None:
    """Return the answer to a browser that asks before it calls; None for any other request."""
    is_preflight = (
        arrival.method == HTTPMethod.OPTIONS
        and arrival.origin is not None
        and "access-control-request-method" in arrival.headers
    )
    if not is_preflight:
        return None
    if arrival.origin is None or not is_allowed_origin(arrival.origin, settings):
        return {}
    return {
        "Access-Control-Allow-Methods": _METHODS,
        "Access-Control-Allow-Headers": _SENT_HEADERS,
        "Access-Control-Max-Age": f"{_REMEMBERED_SECONDS}",
    }
