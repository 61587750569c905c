"""The connection to a Firestore database, and the table of what its failures mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, TypeAlias

from google.api_core import exceptions as google_errors
from google.api_core.retry import Retry, if_exception_type
from google.auth import exceptions as sign_in_errors
from google.cloud import firestore
from google.cloud.firestore_v1.base_document import DocumentSnapshot

from oracle_etl.gateways.google.once import BuiltOnce
from oracle_etl.gateways.google.vendor_errors import Table, Verdict, named_by
from oracle_etl.model.errors import BookAway, InvalidRequest

_AWAY = Verdict(BookAway)
_BUG = Verdict(BookAway, "this is a defect of oracle-etl; please report it with this message")
_ROLE = Verdict(BookAway, "grant the service account roles/datastore.user on the project")
_SIGN_IN = Verdict(
    BookAway, "set GOOGLE_APPLICATION_CREDENTIALS, or run where a service account is attached"
)
_UNSTORABLE = Verdict(
    InvalidRequest, "Firestore stores up to 1 MiB per document; shorten names, filters or lists"
)
_MISSING = Verdict(BookAway, "create the Firestore database that FIRESTORE_DATABASE names")
_INDEX = Verdict(BookAway, "deploy infra/firestore.indexes.json and wait until it is built")

ERRORS: Table = MappingProxyType(
    {
        google_errors.GoogleAPICallError: _AWAY,
        google_errors.DuplicateCredentialArgs: _BUG,
        google_errors.RetryError: _AWAY,
        google_errors.Redirection: _BUG,
        google_errors.MovedPermanently: _BUG,
        google_errors.NotModified: _BUG,
        google_errors.TemporaryRedirect: _BUG,
        google_errors.ResumeIncomplete: _BUG,
        google_errors.ClientError: _BUG,
        google_errors.BadRequest: _UNSTORABLE,
        google_errors.InvalidArgument: _UNSTORABLE,
        google_errors.FailedPrecondition: _INDEX,
        google_errors.OutOfRange: _UNSTORABLE,
        google_errors.Unauthorized: _SIGN_IN,
        google_errors.Unauthenticated: _SIGN_IN,
        google_errors.Forbidden: _ROLE,
        google_errors.PermissionDenied: _ROLE,
        google_errors.NotFound: _MISSING,
        google_errors.MethodNotAllowed: _BUG,
        google_errors.Conflict: _AWAY,
        google_errors.AlreadyExists: _AWAY,
        google_errors.Aborted: _AWAY,
        google_errors.LengthRequired: _BUG,
        google_errors.PreconditionFailed: _AWAY,
        google_errors.RequestRangeNotSatisfiable: _BUG,
        google_errors.TooManyRequests: _AWAY,
        google_errors.ResourceExhausted: _AWAY,
        google_errors.Cancelled: _AWAY,
        google_errors.ServerError: _AWAY,
        google_errors.InternalServerError: _AWAY,
        google_errors.Unknown: _AWAY,
        google_errors.DataLoss: _AWAY,
        google_errors.MethodNotImplemented: _BUG,
        google_errors.BadGateway: _AWAY,
        google_errors.ServiceUnavailable: _AWAY,
        google_errors.GatewayTimeout: _AWAY,
        google_errors.DeadlineExceeded: _AWAY,
        google_errors.ResumableTransferError: _BUG,
        google_errors.TransferStalledError: _BUG,
        google_errors.UnseekableStreamError: _BUG,
        google_errors.UploadCancelledError: _BUG,
        google_errors.MissingStatusHeaderError: _BUG,
        sign_in_errors.TransportError: _AWAY,
        sign_in_errors.RefreshError: _AWAY,
        sign_in_errors.TimeoutError: _AWAY,
        sign_in_errors.ResponseError: _AWAY,
        sign_in_errors.GoogleAuthError: _SIGN_IN,
        UnicodeEncodeError: Verdict(InvalidRequest, "use valid Unicode text"),
    }
)

Snapshot: TypeAlias = "DocumentSnapshot[Any]"
"""A document as it was read."""

TIMEOUT_SECONDS = 10.0
"""Longest time of one request."""

RETRIED = Retry(
    predicate=if_exception_type(
        google_errors.ServiceUnavailable,
        google_errors.InternalServerError,
        google_errors.DeadlineExceeded,
    ),
    initial=0.1,
    maximum=2.0,
    timeout=TIMEOUT_SECONDS,
)
"""For reads. The client's own default goes on for minutes, and a caller waits for the answer."""


@contextmanager
def named_errors(doing: str) -> Iterator[None]:
    """Turn what Firestore's client raises into our errors."""
    with named_by(ERRORS, doing=doing):
        yield


class Database:
    """A Firestore database whose client is built when first used."""

    def __init__(self, build: Callable[[], firestore.Client]) -> None:
        self._client = BuiltOnce(build)

    @property
    def client(self) -> firestore.Client:
        """The client of this process."""
        with named_errors("signing in to Firestore"):
            return self._client.get()
