"""TLS for the stand-in: an authority of its own, a server's certificate, a client's wallet.

Everything is generated into a folder and good for a day: it is for development.
"""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

WALLET_FILE = "ewallet.pem"
SERVER_FILE = "server.pem"
AUTHORITY_FILE = "authority.pem"
GOOD_FOR = timedelta(days=1)
CLOCKS_DIFFER_BY = timedelta(minutes=10)
LOOPBACKS = ("127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Wallet:
    """A folder with what a client needs for mutual TLS."""

    folder: Path
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Identity:
    key: ec.EllipticCurvePrivateKey = field(repr=False)
    certificate: x509.Certificate

    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def key_pem(self, password: str | None = None) -> bytes:
        protection: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if password is not None:
            protection = serialization.BestAvailableEncryption(password.encode())
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection
        )


@dataclass(frozen=True, slots=True)
class Authority:
    """Signs the certificates of one stand-in and of its clients."""

    folder: Path
    _identity: _Identity

    @classmethod
    def founded(cls, folder: Path) -> Authority:
        """Make an authority whose certificate lies in `folder`, for clients to trust."""
        identity = _signed("stand-in authority", None)
        (folder / AUTHORITY_FILE).write_bytes(identity.certificate_pem())
        return cls(folder, identity)

    @property
    def certificate_file(self) -> Path:
        """The certificate that clients must trust."""
        return self.folder / AUTHORITY_FILE

    def server_context(self, *, client_certificates: ssl.VerifyMode) -> ssl.SSLContext:
        """Make the server's side of TLS; CERT_REQUIRED makes it mutual."""
        identity = _signed("localhost", self._identity)
        server_file = self.folder / SERVER_FILE
        _write_secret(server_file, identity.key_pem() + identity.certificate_pem())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(server_file)
        context.load_verify_locations(self.certificate_file)
        context.verify_mode = client_certificates
        return context

    def wallet(self, folder: Path, *, password: str) -> Wallet:
        """Write a client's wallet: its key under the password, its certificate, the authority's."""
        identity = _signed("client of the stand-in", self._identity)
        parts = (
            identity.key_pem(password),
            identity.certificate_pem(),
            self._identity.certificate_pem(),
        )
        _write_secret(folder / WALLET_FILE, b"".join(parts))
        return Wallet(folder, password)


def _write_secret(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)


def _signed(name: str, authority: _Identity | None) -> _Identity:
    """Make a key and its certificate, signed by the authority or, for the authority, by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)  # noqa: TID251 - TLS libraries compare with the real time
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(authority.certificate.subject if authority else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCKS_DIFFER_BY)
        .not_valid_after(now + GOOD_FOR)
        .add_extension(x509.BasicConstraints(ca=authority is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    signer = authority.key if authority else key
    for extension, critical in _extensions(signer, is_authority=authority is None):
        builder = builder.add_extension(extension, critical=critical)
    return _Identity(key, builder.sign(signer, hashes.SHA256()))


def _extensions(
    signer: ec.EllipticCurvePrivateKey, *, is_authority: bool
) -> list[tuple[x509.ExtensionType, bool]]:
    if is_authority:
        return [(_usage(is_authority=True), True)]
    names = [x509.DNSName("localhost")]
    addresses = [x509.IPAddress(ipaddress.ip_address(address)) for address in LOOPBACKS]
    uses = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    return [
        (_usage(is_authority=False), True),
        (x509.SubjectAlternativeName([*names, *addresses]), False),
        (x509.ExtendedKeyUsage(uses), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False),
    ]


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
