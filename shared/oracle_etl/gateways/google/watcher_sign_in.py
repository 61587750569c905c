"""Firebase custom tokens, signed by the service account through IAM: no key lies anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

import google.auth
from google.auth import crypt, iam, jwt
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request

from oracle_etl.gateways.google.once import BuiltOnce
from oracle_etl.model.errors import SignInAway
from oracle_etl.ports import Clock, WatcherToken

AUDIENCE: Final = (
    "https://identitytoolkit.googleapis.com/google.identity.identitytoolkit.v1.IdentityToolkit"
)
_LASTS = timedelta(hours=1)
"""The longest that Firebase takes; what a browser gets for it is renewed by itself."""

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"


@contextmanager
def named_errors() -> Iterator[None]:
    """Turn what google-auth raises into our error; its words may quote an answer of IAM."""
    try:
        yield
    except GoogleAuthError as error:
        raise SignInAway(
            f"signing a watcher's token: {type(error).__name__}",
            hint="let WATCHER_ACCOUNT sign as itself (iam.serviceAccounts.signBlob), "
            "and enable iamcredentials.googleapis.com",
        ) from error


def signer_of(account: str) -> crypt.Signer:
    """Return what signs as a service account, by asking IAM."""
    with named_errors():
        credentials, _ = google.auth.default(scopes=[_SCOPE])
        return iam.Signer(Request(), credentials, account)  # type: ignore[no-untyped-call]


class FirebaseSignIn:
    """Mints tokens whose bearers may read one tenant's documents, as infra/firestore.rules say.

    All watchers of a tenant are one user to Firebase: they differ in nothing that it decides.
    """

    def __init__(
        self,
        account: str,
        *,
        clock: Clock,
        build_signer: Callable[[str], crypt.Signer] = signer_of,
    ) -> None:
        self._account = account
        self._clock = clock
        self._signer = BuiltOnce(lambda: build_signer(account))

    def token(self, *, tenant: str) -> WatcherToken:
        """Return a token for a tenant's watcher."""
        now = self._clock.now()
        expires_at = now + _LASTS
        payload = {
            "iss": self._account,
            "sub": self._account,
            "aud": AUDIENCE,
            "iat": int(now.timestamp()),
            "exp": int(expires_at.timestamp()),
            "uid": f"watcher-of-{tenant}",
            "claims": {"tenant": tenant},
        }
        with named_errors():
            signed: bytes = jwt.encode(self._signer.get(), payload)  # type: ignore[no-untyped-call]
        return WatcherToken(text=signed.decode(), expires_at=expires_at)
