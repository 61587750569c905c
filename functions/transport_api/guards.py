"""What every request passes before its operation: one list, in order.

Later guards have their place here: rate limits and roles after authentication, since they go by
the caller; a breaker last. Each looks at the arrival, and raises to refuse it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from http import HTTPMethod

from oracle_etl.loopback import is_loopback
from oracle_etl.settings import Settings
from transport_api.arrival import Arrival
from transport_api.authentication import Authentication
from transport_api.call import Access
from transport_api.problems import BodyTooLarge, NotAllowed
from transport_api.scheduler import Scheduler

Guard = Callable[[Arrival], None]

LARGEST_BODY_BYTES = 1024 * 1024
_HARMLESS = {HTTPMethod.GET, HTTPMethod.HEAD, HTTPMethod.OPTIONS}


def guards(
    settings: Settings, *, authentication: Authentication, scheduler: Scheduler
) -> tuple[Guard, ...]:
    """Return the guards in the order in which a request passes them."""
    return (
        check_body_size,
        partial(check_host, settings=settings),
        partial(check_origin, settings=settings),
        partial(check_access, authentication=authentication, scheduler=scheduler),
    )


def check_body_size(arrival: Arrival) -> None:
    """Refuse a body that is announced as larger than any request needs."""
    if arrival.body_bytes is not None and arrival.body_bytes > LARGEST_BODY_BYTES:
        raise body_too_large()


def body_too_large() -> BodyTooLarge:
    """Return the refusal of a body, announced or not."""
    return BodyTooLarge(
        f"the body is larger than {LARGEST_BODY_BYTES} bytes",
        hint="name many tables by a pattern such as `SALES.*`",
        details={"body": f"must have at most {LARGEST_BODY_BYTES} bytes"},
    )


def check_host(arrival: Arrival, *, settings: Settings) -> None:
    """Refuse calls from elsewhere, or by another name, while nobody has to authenticate.

    A web page can point a name of its own at 127.0.0.1 and would then count as same-origin. And
    a server that is not `serve` may listen where others can reach it, whatever SERVER_HOST says.
    """
    is_open = settings.home.home == "embedded" and not settings.auth.enabled
    if not is_open:
        return
    if not is_loopback(arrival.remote_address):
        raise NotAllowed(
            "this service answers callers on its own machine only",
            hint="set AUTH_ENABLED to serve others",
        )
    if not is_loopback(arrival.host):
        raise NotAllowed(
            f"this service answers as localhost only, not as {arrival.host or 'nobody'}",
            hint="call http://127.0.0.1, or set AUTH_ENABLED to serve others",
        )


def check_origin(arrival: Arrival, *, settings: Settings) -> None:
    """Refuse changes that a page of another origin makes a browser send."""
    if arrival.method in _HARMLESS or arrival.origin is None:
        return
    if not (is_same_origin(arrival) or is_allowed_origin(arrival.origin, settings)):
        raise NotAllowed(
            f"pages of {arrival.origin} may not change anything here",
            hint="add the page's origin to CORS_ORIGINS",
        )


def is_same_origin(arrival: Arrival) -> bool:
    """Tell whether a page of this very service sent the request."""
    _, _, authority = (arrival.origin or "").partition("://")
    return authority.lower() == arrival.headers.get("host", "").lower()


def is_allowed_origin(origin: str, settings: Settings) -> bool:
    """Tell whether the settings let pages of an origin call."""
    return origin in settings.auth.cors_origins or "*" in settings.auth.cors_origins


def check_access(arrival: Arrival, *, authentication: Authentication, scheduler: Scheduler) -> None:
    """Refuse who may not call the operation; an unknown path is nobody's before it is a 404."""
    access = Access.CALLER if arrival.operation is None else arrival.operation.access
    if access is Access.CALLER:
        authentication.check(arrival.headers)
    elif access is Access.SCHEDULER:
        scheduler.check(arrival)
        if scheduler.is_this_machine:
            # A proxy on this machine may not say that it speaks for others.
            authentication.check(arrival.headers)
