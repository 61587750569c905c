from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from oracle_etl.gateways.system_clock import SystemClock
from oracle_etl.model.errors import TryAgain
from transport_api.scheduler import verify_google_token

AUDIENCE = "https://etl.example"
ISSUER = "https://accounts.google.com"


@dataclass(frozen=True)
class Page:
    """What google-auth gets from the web."""

    status: int
    data: bytes


class Signer:
    """Signs tokens, and publishes its certificate as Google does."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def token(self, **claims: Any) -> str:  # noqa: ANN401 - any claim
        now = SystemClock().now()
        whole = {"aud": AUDIENCE, "iss": ISSUER, "iat": now, "exp": now + timedelta(hours=1)}
        return jwt.encode(
            {**whole, **claims}, self.key, algorithm="RS256", headers={"kid": "key-1"}
        )

    def certificate(self) -> str:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "signer")])
        now = SystemClock().now()
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(1)
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .sign(self.key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM).decode()

    def __call__(self, url: str, method: str = "GET", **_: object) -> Page:
        assert (url.startswith("https://www.googleapis.com/"), method) == (True, "GET")
        return Page(200, json.dumps({"key-1": self.certificate()}).encode())


@pytest.fixture(scope="module")
def google() -> Signer:
    return Signer()


def segments(*parts: str) -> str:
    """Return something in the form of a token."""
    written = (base64.urlsafe_b64encode(each.encode()).decode().rstrip("=") for each in parts)
    return ".".join([*written, "c2ln"])


def verified(token: str, google: Signer) -> Mapping[str, Any]:
    return verify_google_token(token, AUDIENCE, fetch=google)


class TestATokenOfGoogles:
    def test_is_read(self, google: Signer) -> None:
        assert verified(google.token(email="tick@x"), google)["email"] == "tick@x"

    def test_made_for_others_is_false(self, google: Signer) -> None:
        with pytest.raises(ValueError, match="Audience"):
            verified(google.token(aud="https://other.example"), google)

    def test_that_has_expired_is_false(self, google: Signer) -> None:
        with pytest.raises(ValueError, match="expired"):
            verified(google.token(exp=SystemClock().now() - timedelta(hours=1)), google)

    def test_of_another_issuer_is_false(self, google: Signer) -> None:
        with pytest.raises(ValueError, match="issuer"):
            verified(google.token(iss="https://evil.example"), google)

    def test_signed_by_somebody_else_is_false(self, google: Signer) -> None:
        with pytest.raises(ValueError, match="signature"):
            verified(Signer().token(), google)

    @pytest.mark.parametrize("token", ["", "x", "a.b.c", segments("[" * 4000, "{}")])
    def test_is_nothing_else(self, google: Signer, token: str) -> None:
        with pytest.raises(ValueError, match=r"."):
            verified(token, google)


class TestATokenThatCannotBeGood:
    """Anybody may send one, as often as they like."""

    @pytest.mark.parametrize(
        "claims",
        [
            {"aud": "https://other.example"},
            {"iss": "https://evil.example"},
            {"exp": SystemClock().now() - timedelta(hours=1)},
            {"exp": None},
        ],
    )
    def test_costs_no_look_at_googles_keys(self, google: Signer, claims: dict[str, Any]) -> None:
        def fetch(url: str, method: str = "GET", **_: object) -> Page:
            raise AssertionError(f"{method} {url}")

        for token in (google.token(**claims), "a.b.c", segments("{}", "[" * 4000)):
            with pytest.raises(ValueError, match=r"."):
                verify_google_token(token, AUDIENCE, fetch=fetch)


class TestGooglesKeysThatCannotBeFetched:
    def test_are_no_fault_of_the_token(self, google: Signer) -> None:
        def fetch(url: str, method: str = "GET", **_: object) -> Page:
            del url, method
            return Page(503, b"")

        with pytest.raises(TryAgain) as caught:
            verify_google_token(google.token(), AUDIENCE, fetch=fetch)
        assert caught.value.hint
