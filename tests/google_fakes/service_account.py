"""A service account with a key of its own, which signs as IAM would for it."""

from __future__ import annotations

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth.crypt import RSASigner, Signer

from oracle_etl.gateways.google.watcher_sign_in import FirebaseSignIn
from oracle_etl.ports import Clock


class ServiceAccount:
    """An account, what it signs with, and what others check that with."""

    def __init__(self, email: str = "api@project.iam.gserviceaccount.com") -> None:
        self.email = email
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @property
    def public_key(self) -> bytes:
        """The key that everybody may know, in PEM."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self._key.public_key().public_bytes(serialization.Encoding.PEM, form)

    def signer(self, account: str) -> Signer:
        """Sign as this account, and as no other."""
        assert account == self.email, f"{self.email} does not sign as {account}"
        pem = self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        signer: Signer = RSASigner.from_string(pem)  # type: ignore[no-untyped-call]
        return signer

    def sign_in(self, clock: Clock) -> FirebaseSignIn:
        """Return what mints watchers' tokens with this account."""
        return FirebaseSignIn(self.email, clock=clock, build_signer=self.signer)
