"""Cloud Scheduler, with Cloud Run's front before the service: it calls the tick again and again.

Cloud Run checks the token of a call, takes its signature away, and hands the rest on.
"""

from __future__ import annotations

import time
from contextlib import suppress
from threading import Event, Thread

import jwt
import requests

TICK_ACCOUNT = "tick@journey.iam.gserviceaccount.com"
AUDIENCE = "https://etl.example"
_EVERY_SECONDS = 0.3
_ANSWER_SECONDS = 60.0
_SIGNATURE_REMOVED = "SIGNATURE_REMOVED_BY_GOOGLE"


class CloudScheduler:
    """Calls one service from a thread; a call that fails is followed by the next."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/internal/tick"
        self._stopped = Event()
        self._thread = Thread(target=self._call_on, name="cloud scheduler")
        self.problems: list[str] = []
        """What ticks could not do."""

    def start(self) -> None:
        """Begin to call."""
        self._thread.start()

    def stop(self) -> None:
        """Call no more, and wait for the call under way."""
        self._stopped.set()
        self._thread.join()

    def _call_on(self) -> None:
        with requests.Session() as session:
            while not self._stopped.wait(_EVERY_SECONDS):
                with suppress(requests.RequestException):
                    answer = session.post(
                        self._url,
                        headers={"Authorization": f"Bearer {_token()}"},
                        timeout=_ANSWER_SECONDS,
                    )
                    if answer.ok:
                        self.problems += answer.json()["problems"]


def _token() -> str:
    claims = {
        "iss": "https://accounts.google.com",
        "aud": AUDIENCE,
        "exp": int(time.time()) + 3600,  # noqa: TID251 - no clock of the product reaches here
        "email": TICK_ACCOUNT,
        "email_verified": True,
    }
    signed = jwt.encode(claims, "k" * 32, algorithm="HS256")
    return f"{signed.rpartition('.')[0]}.{_SIGNATURE_REMOVED}"
