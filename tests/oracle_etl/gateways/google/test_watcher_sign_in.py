"""A watcher's token: signed by the service account, and good for one tenant's documents alone."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from google.auth import iam
from google.auth.credentials import AnonymousCredentials
from google.auth.crypt import Signer
from google.auth.exceptions import GoogleAuthError

from fakes.stepped_clock import SteppedClock
from oracle_etl.gateways.google.watcher_sign_in import AUDIENCE, FirebaseSignIn
from oracle_etl.model.errors import SignInAway

ACCOUNT = "api@project.iam.gserviceaccount.com"


@dataclass(frozen=True)
class Page:
    """What google-auth gets from the web."""

    status: int
    data: bytes


class FakeIam:
    """Signs as IAM's signBlob does, or answers with an error."""

    def __init__(self, status: int = 200) -> None:
        self._status = status
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.asked: list[str] = []

    def __call__(self, *, url: str, method: str, body: bytes, headers: Mapping[str, str]) -> Page:
        self.asked.append(f"{method} {url}")
        if self._status != 200:
            return Page(self._status, b"permission denied on a secret")
        blob = base64.b64decode(json.loads(body)["payload"])
        signed = self.key.sign(blob, padding.PKCS1v15(), SHA256())
        return Page(200, json.dumps({"signedBlob": base64.b64encode(signed).decode()}).encode())

    def signer(self, account: str) -> Signer:
        made: Any = iam.Signer(self, AnonymousCredentials(), account)  # type: ignore[no-untyped-call]
        return made  # type: ignore[no-any-return]

    @property
    def public_key(self) -> bytes:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.key.public_key().public_bytes(serialization.Encoding.PEM, form)


class TestAToken:
    def test_is_what_firebase_takes_for_a_custom_token(self) -> None:
        fake, clock = FakeIam(), SteppedClock()
        token = FirebaseSignIn(ACCOUNT, clock=clock, build_signer=fake.signer).token(tenant="blue")
        claims = jwt.decode(
            token.text,
            fake.public_key,
            algorithms=["RS256"],
            audience=AUDIENCE,
            issuer=ACCOUNT,
            options={"verify_exp": False, "verify_iat": False},
        )
        assert claims["sub"] == ACCOUNT
        assert claims["claims"] == {"tenant": "blue"}
        assert 1 <= len(claims["uid"]) <= 128
        assert claims["exp"] - claims["iat"] == 3600
        assert claims["exp"] == token.expires_at.timestamp()
        accounts = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts"
        assert fake.asked == [f"POST {accounts}/{ACCOUNT}:signBlob"]

    def test_shows_itself_nowhere(self) -> None:
        fake = FakeIam()
        sign_in = FirebaseSignIn(ACCOUNT, clock=SteppedClock(), build_signer=fake.signer)
        token = sign_in.token(tenant="blue")
        assert token.text not in repr(token)

    def test_that_may_not_be_signed_says_what_right_is_missing(self) -> None:
        fake = FakeIam(status=403)
        sign_in = FirebaseSignIn(ACCOUNT, clock=SteppedClock(), build_signer=fake.signer)
        with pytest.raises(SignInAway) as away:
            sign_in.token(tenant="blue")
        assert "iam.serviceAccounts.signBlob" in away.value.hint
        assert "secret" not in away.value.message

    def test_that_nobody_can_sign_is_no_bug(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def nobody(**_: object) -> None:
            raise GoogleAuthError("no credentials")  # type: ignore[no-untyped-call]

        monkeypatch.setattr("google.auth.default", nobody)
        with pytest.raises(SignInAway):
            FirebaseSignIn(ACCOUNT, clock=SteppedClock()).token(tenant="blue")
