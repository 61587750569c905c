# ruff: noqa: INP001 - a script of its own, run where only Python is
"""Ask the deployed API whether it lives and reaches what it needs.

Run by Cloud Build: smoke_test.py ADDRESS ACCOUNT [PART,...]. It asks as ACCOUNT. The parts named
may be away, such as `oracle` while the database is down; every other one must be well. The answers
are shown, and the exit code is 0 when all is.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping

METADATA = (
    "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token"
)
CREDENTIALS = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts"
LIVE, HEALTH = "/api/health/live", "/api/health"
PARTS = ("state", "queue", "object_store", "oracle")
_TRIES = 6
_TRIES_TO_BE_LET_IN = 30
_OK = 200
_TIMEOUT_SECONDS = 60


def main(
    arguments: list[str],
    *,
    metadata: str = METADATA,
    credentials: str = CREDENTIALS,
    wait: Callable[[float], None] = time.sleep,
) -> int:
    """Do as the module says; return the exit code."""
    if len(arguments) not in {2, 3}:
        sys.stderr.write("usage: smoke_test.py ADDRESS ACCOUNT [PART,...]\n")
        return 2
    address, account, *more = arguments
    may_be_away = {part for listed in more for part in listed.split(",") if part}
    if unknown := may_be_away - set(PARTS):
        sys.stderr.write(f"no part is called {', '.join(sorted(unknown))}: {', '.join(PARTS)}\n")
        return 2
    token = _identity_token(address, account, metadata=metadata, credentials=credentials)
    needed = [part for part in PARTS if part not in may_be_away]
    wrong = _wrong(f"{address}{LIVE}", token, needed=[], tries=_TRIES_TO_BE_LET_IN, wait=wait)
    if not wrong:
        wrong = _wrong(f"{address}{HEALTH}", token, needed=needed, tries=_TRIES, wait=wait)
    for each in wrong:
        sys.stdout.write(f"not well: {each}\n")
    return 1 if wrong else 0


def _identity_token(address: str, account: str, *, metadata: str, credentials: str) -> str:
    """Return a token that Cloud Run takes; made for the account by itself, without any key."""
    access = _json(metadata, headers={"Metadata-Flavor": "Google"})["access_token"]
    made = _json(
        f"{credentials}/{account}:generateIdToken",
        headers={"Authorization": f"Bearer {access}", "Content-Type": "application/json"},
        body=json.dumps({"audience": address, "includeEmail": True}).encode(),
    )
    return str(made["token"])


def _wrong(
    url: str, token: str, *, needed: list[str], tries: int, wait: Callable[[float], None]
) -> list[str]:
    """Ask until all is well, a few times, and return what is not.

    Rights may take minutes to reach a service, and a part's first look may be under way.
    """
    wrong: list[str] = []
    for attempt in range(tries):
        if attempt:
            wait(10.0)
        status, body = _get(url, token)
        sys.stdout.write(f"{url}: {status} {body[:2000]}\n")
        if needed:
            # The status says less: it is 200 while Oracle is away, and 503 without a part that
            # need not be there.
            wrong = _wrong_parts(body, needed)
        else:
            wrong = [] if status == _OK else [f"{url} answered {status}"]
        if not wrong:
            break
    return wrong


def _wrong_parts(body: str, needed: list[str]) -> list[str]:
    """Return the needed parts that a health's answer does not call ok, with their codes."""
    try:
        health = json.loads(body)
        found = {part: health.get(part) or {} for part in needed}
        return [
            f"{part} is {each.get('status', 'not told of')} {each.get('code') or ''}".rstrip()
            for part, each in found.items()
            if each.get("status") != "ok"
        ]
    except (ValueError, AttributeError):
        return [f"{part} is not told of" for part in needed]


def _get(url: str, token: str) -> tuple[int, str]:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
            return answer.status, answer.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode("utf-8", "replace")
    except (urllib.error.URLError, TimeoutError) as error:
        return 0, str(error)


def _json(url: str, *, headers: Mapping[str, str], body: bytes | None = None) -> dict[str, object]:
    request = urllib.request.Request(url, data=body, headers=dict(headers))  # noqa: S310
    with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
        found: dict[str, object] = json.load(answer)
        return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
