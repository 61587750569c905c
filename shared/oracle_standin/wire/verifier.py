"""Proving a password without sending it, as 12c and later do (verifier type 0x4815).

Both sides derive a key from the password. Each side sends half of a session key encrypted with
it; the halves together give the key under which the password itself, and the server's own proof,
travel.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK_BYTES = 16
HALF_BYTES = 32
SALT_BYTES = 16
PASSWORD_ROUNDS = 4096
SESSION_ROUNDS = 3
SERVERS_PROOF = b"SERVER_TO_CLIENT"
PASSWORD_KEY_MARK = b"AUTH_PBKDF2_SPEEDY_KEY"


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a server asks a client who claims a name."""

    password: str | None = field(repr=False)
    """None where nobody has that name: the challenge looks the same and nothing answers it."""
    salt: bytes = field(default_factory=lambda: secrets.token_bytes(SALT_BYTES))
    session_salt: bytes = field(default_factory=lambda: secrets.token_bytes(SALT_BYTES))
    half: bytes = field(default_factory=lambda: secrets.token_bytes(HALF_BYTES), repr=False)

    def pairs(self) -> list[tuple[str, str]]:
        """Return what the client must know to answer."""
        return [
            ("AUTH_SESSKEY", _encrypted(self._password_key(), self.half).hex().upper()),
            ("AUTH_VFR_DATA", self.salt.hex().upper()),
            ("AUTH_PBKDF2_CSK_SALT", self.session_salt.hex().upper()),
            ("AUTH_PBKDF2_VGEN_COUNT", str(PASSWORD_ROUNDS)),
            ("AUTH_PBKDF2_SDER_COUNT", str(SESSION_ROUNDS)),
        ]

    def proof(self, answer: dict[str, str]) -> str | None:
        """Return the server's proof for a right answer, None for a wrong one."""
        try:
            half = _decrypted(self._password_key(), bytes.fromhex(answer["AUTH_SESSKEY"]))
            key = self._session_key(half)
            claimed = _unpadded(_decrypted(key, bytes.fromhex(answer["AUTH_PASSWORD"])))
        except (KeyError, ValueError):
            return None
        if self.password is None or not hmac.compare_digest(claimed, self.password.encode()):
            return None
        return _encrypted(key, secrets.token_bytes(BLOCK_BYTES) + SERVERS_PROOF).hex().upper()

    def _password_key(self) -> bytes:
        # A name that nobody has gets a password that nobody knows.
        password = secrets.token_bytes() if self.password is None else self.password.encode()
        derived = hashlib.pbkdf2_hmac(
            "sha512", password, self.salt + PASSWORD_KEY_MARK, PASSWORD_ROUNDS, 64
        )
        return hashlib.sha512(derived + self.salt).digest()[:HALF_BYTES]

    def _session_key(self, clients_half: bytes) -> bytes:
        both = (clients_half[:HALF_BYTES] + self.half).hex().upper().encode()
        return hashlib.pbkdf2_hmac("sha512", both, self.session_salt, SESSION_ROUNDS, HALF_BYTES)


def _encrypted(key: bytes, data: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.CBC(bytes(BLOCK_BYTES))).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def _decrypted(key: bytes, data: bytes) -> bytes:
    decryptor = Cipher(algorithms.AES(key), modes.CBC(bytes(BLOCK_BYTES))).decryptor()
    return decryptor.update(data) + decryptor.finalize()


def _unpadded(data: bytes) -> bytes:
    """Take a password out from between its random first block and its padding."""
    padding = data[-1] if data else 0
    if not 1 <= padding <= BLOCK_BYTES or data[-padding:] != bytes((padding,)) * padding:
        raise ValueError("no password was encrypted with this key")
    return data[BLOCK_BYTES:-padding]
