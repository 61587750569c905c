"""Tell callers from strangers: API keys and bearer tokens."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

import jwt

from oracle_etl.model.errors import InvalidRequest
from oracle_etl.settings import AuthSettings, Secret
from transport_api.problems import NotAuthenticated

_ALGORITHM = "HS256"
_LEEWAY_SECONDS = 30
_FEWEST_SECRET_BYTES = 32
_LONGEST_CREDENTIAL = 8192
_HINT = "send X-API-Key: <key>, or Authorization: Bearer <token>"


class Authentication:
    """Checks what callers show against the settings."""

    def __init__(self, settings: AuthSettings) -> None:
        self._enabled = settings.enabled
        # Digests of one length: comparing them tells nothing of a key, not even how long it is.
        self._keys = tuple(_digest(_bytes(each, "AUTH_API_KEYS")) for each in settings.api_keys)
        self._bearer_secret = _bearer_secret(settings.bearer_secret)

    def check(self, headers: Mapping[str, str]) -> None:
        """Refuse a caller who shows no valid key or token; nobody is refused while it is off."""
        if not self._enabled:
            return
        key = headers.get("x-api-key")
        authorization = headers.get("authorization")
        if key is not None:
            self._check_key(key)
        elif authorization is not None:
            self._check_bearer(authorization)
        else:
            raise NotAuthenticated("this call needs an API key or a bearer token", hint=_HINT)

    def _check_key(self, shown: str) -> None:
        # WSGI gives a header's bytes as Latin-1.
        digest = _digest(shown[:_LONGEST_CREDENTIAL].encode("latin-1", "replace"))
        # Every key is compared, so that the time does not tell which one was near.
        matches = [hmac.compare_digest(digest, each) for each in self._keys]
        if not any(matches):
            raise NotAuthenticated("the API key is not valid", hint=_HINT)

    def _check_bearer(self, authorization: str) -> None:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not self._bearer_secret or not token:
            raise NotAuthenticated("the Authorization header is not a bearer token", hint=_HINT)
        try:
            jwt.decode(
                token.strip()[:_LONGEST_CREDENTIAL],
                self._bearer_secret,
                algorithms=[_ALGORITHM],
                leeway=_LEEWAY_SECONDS,
                # What else a token says (audience, issuer) the settings have no word for.
                options={"require": ["exp"], "verify_aud": False},
            )
        except jwt.ExpiredSignatureError:
            raise NotAuthenticated("the bearer token has expired", hint="get a new one") from None
        except jwt.InvalidTokenError:
            raise NotAuthenticated(
                "the bearer token is not valid",
                hint=f"sign it with {_ALGORITHM} and AUTH_BEARER_SECRET, and give it an `exp`",
            ) from None


def _bearer_secret(secret: Secret) -> bytes:
    found = _bytes(secret, "AUTH_BEARER_SECRET")
    if found and len(found) < _FEWEST_SECRET_BYTES:
        raise InvalidRequest(
            f"AUTH_BEARER_SECRET has fewer than {_FEWEST_SECRET_BYTES} bytes",
            hint="make one with `openssl rand -hex 32`",
        )
    return found


def _bytes(secret: Secret, variable: str) -> bytes:
    """Return a secret as it was set: an environment holds bytes, which need not be UTF-8."""
    if secret.is_reference:
        raise InvalidRequest(
            f"{variable} names a secret that was not fetched",
            hint="mount the secret as an environment variable, so that the value itself arrives",
        )
    return secret.reveal().encode("utf-8", "surrogateescape")


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()
