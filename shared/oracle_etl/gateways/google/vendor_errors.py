"""Where a vendor's exceptions end: each gateway's table says what becomes of each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType

from google.api_core import exceptions as google_errors
from google.auth import exceptions as sign_in_errors

from oracle_etl.model.errors import TransportError

_LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Verdict:
    """The error of ours that a vendor's exception becomes, and what a person should do."""

    error: type[TransportError]
    hint: str = ""


Table = Mapping[type[Exception], Verdict]
DEFECT = "this is a defect of oracle-etl; please report it with this message"
SIGN_IN = "set GOOGLE_APPLICATION_CREDENTIALS, or run where a service account is attached"

_PASSING = (
    google_errors.GoogleAPICallError,
    google_errors.RetryError,
    google_errors.Conflict,
    google_errors.Aborted,
    google_errors.TooManyRequests,
    google_errors.ResourceExhausted,
    google_errors.Cancelled,
    google_errors.ServerError,
    google_errors.InternalServerError,
    google_errors.Unknown,
    google_errors.DataLoss,
    google_errors.BadGateway,
    google_errors.ServiceUnavailable,
    google_errors.GatewayTimeout,
    google_errors.DeadlineExceeded,
    google_errors.ResumableTransferError,
    google_errors.TransferStalledError,
    google_errors.UploadCancelledError,
    google_errors.MissingStatusHeaderError,
    sign_in_errors.TransportError,
    sign_in_errors.RefreshError,
    sign_in_errors.TimeoutError,
    sign_in_errors.ResponseError,
)
_OF_SIGNING_IN = (
    google_errors.Unauthorized,
    google_errors.Unauthenticated,
    sign_in_errors.GoogleAuthError,
    sign_in_errors.DefaultCredentialsError,
)
_OF_RIGHTS = (google_errors.Forbidden, google_errors.PermissionDenied)
_OF_WHAT_WAS_ASKED = (
    google_errors.ClientError,
    google_errors.BadRequest,
    google_errors.InvalidArgument,
    google_errors.FailedPrecondition,
    google_errors.OutOfRange,
    google_errors.AlreadyExists,
    google_errors.PreconditionFailed,
    google_errors.RequestRangeNotSatisfiable,
)
_DEFECTS = (
    google_errors.DuplicateCredentialArgs,
    google_errors.Redirection,
    google_errors.MovedPermanently,
    google_errors.NotModified,
    google_errors.TemporaryRedirect,
    google_errors.ResumeIncomplete,
    google_errors.MethodNotAllowed,
    google_errors.LengthRequired,
    google_errors.MethodNotImplemented,
    google_errors.UnseekableStreamError,
)


def google_table(
    *,
    away: Verdict,
    signed_out: Verdict,
    without_right: Verdict,
    missing: Verdict,
    unfit: Verdict,
    defect: Verdict,
    others: Table,
) -> Table:
    """Return the table of a gateway: a verdict per kind of failure, and what it decides itself."""
    return MappingProxyType(
        {
            **dict.fromkeys(_PASSING, away),
            **dict.fromkeys(_OF_SIGNING_IN, signed_out),
            **dict.fromkeys(_OF_RIGHTS, without_right),
            google_errors.NotFound: missing,
            **dict.fromkeys(_OF_WHAT_WAS_ASKED, unfit),
            **dict.fromkeys(_DEFECTS, defect),
            **others,
        }
    )


@contextmanager
def named_by(table: Table, *, doing: str) -> Iterator[None]:
    """Turn a vendor's exception into ours; one that the table does not know is a bug and passes."""
    try:
        yield
    except tuple(table) as error:
        verdict = verdict_on(table, error)
        raise verdict.error(f"{doing}: {_reason(error)}", hint=verdict.hint) from error


def verdict_on(table: Table, error: Exception) -> Verdict:
    """Return the entry of the exception's own class, or of the nearest class above it."""
    return next(table[each] for each in type(error).__mro__ if each in table)


def _reason(error: Exception) -> str:
    # A vendor's text may quote the request; its first line is enough, and its size is bounded.
    text = str(getattr(error, "message", error)).strip().splitlines()
    return f"{type(error).__name__}: {text[0][:_LONGEST_REASON]}" if text else type(error).__name__
