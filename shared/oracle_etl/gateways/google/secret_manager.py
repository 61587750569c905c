"""Secrets from Secret Manager, fetched when they are needed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import google_crc32c
from google.api_core import exceptions as google_errors
from google.api_core.retry import Retry, if_exception_type
from google.cloud.secretmanager import AccessSecretVersionRequest, SecretManagerServiceClient

from oracle_etl.gateways.google.once import BuiltOnce
from oracle_etl.gateways.google.vendor_errors import (
    DEFECT,
    SIGN_IN,
    Table,
    Verdict,
    google_table,
    named_by,
)
from oracle_etl.model.errors import GiveUp, SecretAway, SecretRefused

LARGEST_SECRET_BYTES = 64 * 1024
_TIMEOUT_SECONDS = 10.0
_REFERENCE = re.compile(
    r"(?:secret:)?"
    r"(?:projects/(?P<project>[a-z0-9:.-]{1,100})/secrets/)?"
    r"(?P<name>[A-Za-z0-9_-]{1,255})"
    r"(?:/versions/(?P<version>[A-Za-z0-9_-]{1,63}))?\Z"
)

ERRORS: Table = google_table(
    away=Verdict(SecretAway),
    signed_out=Verdict(SecretRefused, SIGN_IN),
    without_right=Verdict(
        SecretRefused,
        "grant the service account roles/secretmanager.secretAccessor on the secret",
    ),
    missing=Verdict(SecretRefused, "create the secret, and add a version to it"),
    unfit=Verdict(SecretRefused, "enable the secret's version, or name one that is enabled"),
    defect=Verdict(GiveUp, DEFECT),
    others={},
)
_RETRIED = Retry(
    predicate=if_exception_type(
        google_errors.ServiceUnavailable,
        google_errors.InternalServerError,
        google_errors.DeadlineExceeded,
    ),
    initial=0.2,
    maximum=2.0,
    timeout=_TIMEOUT_SECONDS * 2,
)


@contextmanager
def named_errors(doing: str) -> Iterator[None]:
    """Turn what Secret Manager's client raises into our errors."""
    with named_by(ERRORS, doing=doing):
        yield


class SecretManagerVault:
    """Secrets of a project: `NAME`, `NAME/versions/7`, or with another `projects/P/secrets/`.

    Without a version it is the latest. Whoever wants to know what is in use pins one.
    """

    def __init__(
        self,
        project: str,
        *,
        build_client: Callable[[], SecretManagerServiceClient] = SecretManagerServiceClient,
    ) -> None:
        self._project = project
        self._client = BuiltOnce(build_client)

    def secret(self, reference: str) -> bytes:
        """Return the secret's bytes."""
        name = self._version_name(reference)
        with named_errors(f"reading the secret {name}"):
            response = self._client.get().access_secret_version(
                request=AccessSecretVersionRequest(name=name),
                retry=_RETRIED,
                timeout=_TIMEOUT_SECONDS,
            )
        data = bytes(response.payload.data)
        if len(data) > LARGEST_SECRET_BYTES:
            raise SecretRefused(f"the secret {name} is larger than {LARGEST_SECRET_BYTES} bytes")
        payload = response.payload
        if "data_crc32c" in payload and payload.data_crc32c != google_crc32c.value(data):
            raise SecretAway(f"the secret {name} arrived damaged")
        return data

    def _version_name(self, reference: str) -> str:
        match = _REFERENCE.match(reference)
        if match is None:
            # The text may be a secret that somebody wrote where its name belongs.
            raise SecretRefused(
                "this is no name of a secret",
                hint="write secret:NAME, secret:NAME/versions/7 or "
                "secret:projects/PROJECT/secrets/NAME/versions/7",
            )
        project = match["project"] or self._project
        return f"projects/{project}/secrets/{match['name']}/versions/{match['version'] or 'latest'}"
