"""Let the scheduler in to /internal, and nobody else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jwt

from oracle_etl.loopback import is_loopback
from oracle_etl.model.errors import TryAgain
from oracle_etl.settings import Settings
from transport_api.arrival import Arrival
from transport_api.problems import NotAllowed, NotAuthenticated

VerifyToken = Callable[[str, str], Mapping[str, Any]]
"""Returns the claims of a Google ID token made for an audience; ValueError for a false one."""


def verify_google_token(token: str, audience: str, *, fetch: Any = None) -> Mapping[str, Any]:  # noqa: ANN401 - google-auth has no types
    """Verify a token with Google's public keys; `fetch` is google-auth's way to a web page.

    Anybody may send a token, so what it says of itself is looked at before the keys are fetched.
    """
    claims_unproved(token, audience)
    # Imported when used: the embedded home needs none of it.
    from google.auth.exceptions import GoogleAuthError, TransportError  # noqa: PLC0415
    from google.auth.transport.requests import Request  # noqa: PLC0415
    from google.oauth2 import id_token  # noqa: PLC0415

    verify: Any = id_token.verify_oauth2_token  # untyped
    try:
        claims: Mapping[str, Any] = verify(token, fetch or Request(), audience)
    except TransportError as error:
        raise TryAgain(
            "Google's public keys cannot be fetched now",
            hint="try again; if this goes on, look whether the service may reach googleapis.com",
        ) from error
    except GoogleAuthError as error:
        raise ValueError(f"{error}") from error
    return claims


SIGNATURE_REMOVED = "SIGNATURE_REMOVED_BY_GOOGLE"
"""What Cloud Run puts in the place of a signature that it has checked itself."""

_ISSUERS = ("https://accounts.google.com", "accounts.google.com")


def claims_unproved(token: str, audience: str) -> Mapping[str, Any]:
    """Return the claims of a token that has not expired and says it is Google's for an audience.

    They prove nothing, unless Cloud Run has checked the signature before it took it away, and
    nobody reaches this process but through Cloud Run.
    """
    try:
        claims: Mapping[str, Any] = jwt.decode(
            token,
            audience=audience,
            issuer=_ISSUERS,
            options={
                "verify_signature": False,
                "verify_exp": True,
                "verify_aud": True,
                "verify_iss": True,
                "require": ["exp", "aud", "iss"],
            },
        )
    except jwt.InvalidTokenError as error:
        raise ValueError(f"{error}") from error
    return claims


class Scheduler:
    """Knows whose calls are the scheduler's: this machine's, or one service account's."""

    def __init__(self, settings: Settings, *, verify: VerifyToken = verify_google_token) -> None:
        self.is_this_machine = settings.home.home == "embedded"
        self._account = settings.auth.tick_account
        self._audience = settings.auth.audience
        self._is_behind_iam = settings.auth.behind_iam
        self._verify = verify

    def check(self, arrival: Arrival) -> None:
        """Refuse whoever is not the scheduler."""
        if self.is_this_machine:
            _check_local(arrival)
        else:
            self._check_token(arrival)

    def _check_token(self, arrival: Arrival) -> None:
        token = _token(arrival)
        if not token:
            raise NotAuthenticated(
                "this call needs the scheduler's identity token",
                hint="let Cloud Scheduler call it with an OIDC token of TICK_SERVICE_ACCOUNT",
            )
        if not self._account or not self._audience:
            raise NotAllowed(
                "no scheduler is known",
                hint="set TICK_SERVICE_ACCOUNT and TICK_AUDIENCE to what Cloud Scheduler uses",
            )
        try:
            claims = self._claims(token)
        except ValueError:
            raise NotAuthenticated(
                "the identity token is not valid",
                hint="its audience must be TICK_AUDIENCE, and it must not have expired",
            ) from None
        if claims.get("email") != self._account or claims.get("email_verified") is not True:
            raise NotAllowed(
                "only the scheduler may call this",
                hint="the token must be that of TICK_SERVICE_ACCOUNT",
            )

    def _claims(self, token: str) -> Mapping[str, Any]:
        if self._is_behind_iam and token.endswith(f".{SIGNATURE_REMOVED}"):
            return claims_unproved(token, self._audience)
        return self._verify(token, self._audience)


def _token(arrival: Arrival) -> str:
    """Return the token that Cloud Run goes by: where both headers are there, only this one."""
    shown = arrival.headers.get("x-serverless-authorization")
    if shown is None:
        shown = arrival.headers.get("authorization", "")
    scheme, _, token = shown.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _check_local(arrival: Arrival) -> None:
    # A proxy on this machine speaks for others, and says so.
    came_through_proxy = "x-forwarded-for" in arrival.headers or "forwarded" in arrival.headers
    if came_through_proxy or not is_loopback(arrival.remote_address):
        raise NotAllowed("only this machine may call this", hint="call it from the machine itself")
