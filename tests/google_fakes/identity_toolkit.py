"""A small Identity Toolkit on loopback: gives an ID token for a custom token that it may believe.

It is led to as Firebase's Auth emulator is, and says what that says. Other than that emulator it
looks at the signature, as Google does, with the service account's public key.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar

import jwt

from oracle_etl.gateways.google.watcher_sign_in import AUDIENCE
from oracle_etl.ports import Clock

SIGN_IN = "/identitytoolkit.googleapis.com/v1/accounts:signInWithCustomToken"
LOOK_UP = "/identitytoolkit.googleapis.com/v1/accounts:lookup"
_LASTS_SECONDS = 3600
_LONGEST_UID = 128
_RESERVED = {
    *("acr", "amr", "at_hash", "aud", "auth_time", "azp", "cnf", "c_hash", "exp", "firebase"),
    *("iat", "iss", "jti", "nbf", "nonce", "sub"),
}
"""Claims that Firebase keeps for itself."""


class InvalidCustomToken(Exception):
    """The token is none that the service account made for this service, now."""


class FakeIdentityToolkit:
    """Believes one service account, whose public key it knows."""

    def __init__(self, *, project: str, account: str, public_key: bytes, clock: Clock) -> None:
        self._project = project
        self._account = account
        self._public_key = public_key
        self._clock = clock
        self._calls = {SIGN_IN: self._sign_in, LOOK_UP: self._look_up}
        handler = type("_BoundHandler", (_Handler,), {"toolkit": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True

    @property
    def address(self) -> str:
        """Its host:port."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def serving(self) -> Iterator[FakeIdentityToolkit]:
        """Answer until the block ends."""
        thread = Thread(target=self._server.serve_forever, args=(0.01,), name="identity toolkit")
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()

    def answer(self, path: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what the service says; KeyError for what this one cannot do."""
        return self._calls[path](asked)

    def _sign_in(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        claims = self._believed(asked["token"])
        return {
            "kind": "identitytoolkit#VerifyCustomTokenResponse",
            "idToken": self._id_token(claims["uid"], claims.get("claims", {})),
            "refreshToken": "never asked for within an hour",
            "expiresIn": str(_LASTS_SECONDS),
            "isNewUser": False,
        }

    def _look_up(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        claims = jwt.decode(asked["idToken"], options={"verify_signature": False})
        return {"users": [{"localId": claims["sub"], "customAuth": True}]}

    def _believed(self, token: str) -> Mapping[str, Any]:
        """Return a custom token's claims, having looked at all that Google looks at."""
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._public_key,
                algorithms=["RS256"],
                audience=AUDIENCE,
                issuer=self._account,
                options={
                    "verify_exp": False,
                    "verify_iat": False,
                    "require": ["iss", "sub", "aud", "iat", "exp", "uid"],
                },
            )
        except jwt.InvalidTokenError as error:
            raise InvalidCustomToken(str(error)) from error
        now = self._clock.now().timestamp()
        right = (
            claims["sub"] == self._account,
            claims["iat"] <= now < claims["exp"] <= claims["iat"] + _LASTS_SECONDS,
            1 <= len(claims["uid"]) <= _LONGEST_UID,
            not _RESERVED & set(claims.get("claims", {})),
        )
        if not all(right):
            raise InvalidCustomToken(f"{right}")
        return claims

    def _id_token(self, user: str, claims: Mapping[str, Any]) -> str:
        """Return a token as Firebase's, unsigned: the Firestore emulator looks at no signature."""
        now = int(self._clock.now().timestamp())
        body = {
            **claims,
            "iss": f"https://securetoken.google.com/{self._project}",
            "aud": self._project,
            "auth_time": now,
            "user_id": user,
            "sub": user,
            "iat": now,
            "exp": now + _LASTS_SECONDS,
            "firebase": {"identities": {}, "sign_in_provider": "custom"},
        }
        return f"{_encoded({'alg': 'none', 'typ': 'JWT'})}.{_encoded(body)}."


def _encoded(part: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


class _Handler(BaseHTTPRequestHandler):
    toolkit: ClassVar[FakeIdentityToolkit]

    def do_OPTIONS(self) -> None:
        """Let a page of another origin ask."""
        self.send_response(HTTPStatus.NO_CONTENT)
        self._allow_every_origin()
        self.end_headers()

    def do_POST(self) -> None:
        """Answer a call."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            self._reply(HTTPStatus.OK, self.toolkit.answer(self.path.partition("?")[0], asked))
        except InvalidCustomToken as error:
            said = {"code": 400, "message": f"INVALID_CUSTOM_TOKEN : {error}"}
            self._reply(HTTPStatus.BAD_REQUEST, {"error": said})
        except KeyError as error:
            said = {"code": 501, "message": f"NOT_DONE_HERE : {error}"}
            self._reply(HTTPStatus.NOT_IMPLEMENTED, {"error": said})

    def _reply(self, status: HTTPStatus, content: Mapping[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self._allow_every_origin()
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _allow_every_origin(self) -> None:
        for name in ("Origin", "Headers", "Methods"):
            self.send_header(f"Access-Control-Allow-{name}", "*")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its signature
        """Say nothing: pytest's output belongs to the tests."""
