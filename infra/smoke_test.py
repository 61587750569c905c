# ruff: noqa: INP001 - a script of its own, run where only Python is
"""Ask the deployed API whether it lives and reaches what it needs: smoke_test.py ADDRESS ACCOUNT.

Run by Cloud Build as ACCOUNT. Both answers are shown; the exit code is 0 when both were 200.
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
PATHS = ("/api/health/live", "/api/health")
_TRIES = 6
_TIMEOUT_SECONDS = 60


def main(
    arguments: list[str],
    *,
    metadata: str = METADATA,
    credentials: str = CREDENTIALS,
    wait: Callable[[float], None] = time.sleep,
) -> int:
    """Do as the module says; return the exit code."""
    try:
        address, account = arguments
    except ValueError:
        sys.stderr.write("usage: smoke_test.py ADDRESS ACCOUNT\n")
        return 2
    token = _identity_token(address, account, metadata=metadata, credentials=credentials)
    answers = [_answered(f"{address}{path}", token, wait=wait) for path in PATHS]
    return 0 if answers == [200, 200] else 1


def _identity_token(address: str, account: str, *, metadata: str, credentials: str) -> str:
    """Return a token that Cloud Run takes; made for the account by itself, without any key."""
    access = _json(metadata, headers={"Metadata-Flavor": "Google"})["access_token"]
    made = _json(
        f"{credentials}/{account}:generateIdToken",
        headers={"Authorization": f"Bearer {access}", "Content-Type": "application/json"},
        body=json.dumps({"audience": address, "includeEmail": True}).encode(),
    )
    return str(made["token"])


def _answered(url: str, token: str, *, wait: Callable[[float], None]) -> int:
    """Ask until the answer is 200, a few times: rights take up to a minute to reach a service."""
    status = 0
    for attempt in range(_TRIES):
        if attempt:
            wait(10.0)
        status, body = _get(url, token)
        sys.stdout.write(f"{url}: {status} {body[:2000]}\n")
        if status == 200:  # noqa: PLR2004 - OK
            break
    return status


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
