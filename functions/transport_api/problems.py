"""Errors as callers see them: application/problem+json with the seed's fields besides."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from pydantic import BaseModel, ConfigDict, Field

from oracle_etl.model import errors
from oracle_etl.model.errors import Refused, TransportError, TryAgain

MEDIA_TYPE = "application/problem+json"
_RETRY_AFTER_SECONDS = 5


class NotAuthenticated(Refused):
    """The caller did not show who it is, or showed something false."""

    code = "AUTHENTICATION_ERROR"


class NotAllowed(Refused):
    """This caller may not do this."""

    code = "FORBIDDEN"


class NoSuchPath(Refused):
    """The API has no such path."""

    code = "PATH_NOT_FOUND"


class MethodNotAllowed(Refused):
    """The path has no such method."""

    code = "METHOD_NOT_ALLOWED"


class BodyTooLarge(Refused):
    """The request's body is larger than any request needs."""

    code = "BODY_TOO_LARGE"


class NotJson(Refused):
    """The request's body is not said to be JSON."""

    code = "UNSUPPORTED_MEDIA_TYPE"


class TooManyStreams(TryAgain):
    """Every seat for event streams is taken."""

    code = "TOO_MANY_STREAMS"


# The nearest class up the tree decides.
STATUS: Mapping[type[TransportError], HTTPStatus] = {
    TransportError: HTTPStatus.INTERNAL_SERVER_ERROR,
    Refused: HTTPStatus.BAD_REQUEST,
    errors.NoSuchTransport: HTTPStatus.NOT_FOUND,
    errors.NoSuchJob: HTTPStatus.NOT_FOUND,
    errors.NoSuchTable: HTTPStatus.NOT_FOUND,
    errors.NoSuchObject: HTTPStatus.NOT_FOUND,
    errors.TransportExists: HTTPStatus.CONFLICT,
    errors.TransportIsRunning: HTTPStatus.CONFLICT,
    errors.TransportIsDisabled: HTTPStatus.CONFLICT,
    errors.JobHasEnded: HTTPStatus.CONFLICT,
    errors.JobNotRetryable: HTTPStatus.CONFLICT,
    errors.LeaseLost: HTTPStatus.CONFLICT,
    errors.StaleRevision: HTTPStatus.PRECONDITION_FAILED,
    errors.KeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotAuthenticated: HTTPStatus.UNAUTHORIZED,
    NotAllowed: HTTPStatus.FORBIDDEN,
    NoSuchPath: HTTPStatus.NOT_FOUND,
    MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    NotJson: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    TryAgain: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.GiveUp: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.TableNotFound: HTTPStatus.NOT_FOUND,
    errors.AccessDenied: HTTPStatus.FORBIDDEN,
    errors.UnsupportedColumn: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UnreadableValue: HTTPStatus.UNPROCESSABLE_ENTITY,
    # Oracle and the store answer, and what they say is not this caller's fault.
    errors.LoginRefused: HTTPStatus.BAD_GATEWAY,
    errors.SourceMisconfigured: HTTPStatus.BAD_GATEWAY,
    errors.StoreRefused: HTTPStatus.BAD_GATEWAY,
}


class ProblemAnswer(BaseModel):
    """What went wrong, in words for people and for programs."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str
    code: str = Field(description="Which error it is, for programs")
    message: str = Field(description="The same words as `detail`")
    hint: str = Field(description="What to do next")
    details: dict[str, object] = Field(description="By field, what would be right")
    trace_id: str = Field(description="What the service's log has it under")


def status_of(error: TransportError) -> HTTPStatus:
    """Return the HTTP status for an error."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def problem_of(error: TransportError, *, instance: str, trace_id: str) -> ProblemAnswer:
    """Describe an error."""
    status = status_of(error)
    return ProblemAnswer(
        title=status.phrase,
        status=status,
        detail=error.message,
        instance=instance,
        code=error.code,
        message=error.message,
        hint=error.hint,
        details={name: _plain(value) for name, value in error.details.items()},
        trace_id=trace_id,
    )


def problem_headers(error: TransportError) -> dict[str, str]:
    """Return the headers that belong to an error's status."""
    match status_of(error):
        case HTTPStatus.UNAUTHORIZED:
            return {"WWW-Authenticate": 'Bearer realm="oracle-etl"'}
        case HTTPStatus.SERVICE_UNAVAILABLE:
            return {"Retry-After": f"{_RETRY_AFTER_SECONDS}"}
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            # What is left of the body will not be read.
            return {"Connection": "close"}
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return {"Allow": ", ".join(f"{each}" for each in _allowed(error))}
        case _:
            return {}


def _allowed(error: TransportError) -> list[object]:
    methods = error.details.get("methods")
    return list(methods) if isinstance(methods, list | tuple) else []


def _plain(value: object) -> object:
    if isinstance(value, str | int | float | bool | None):
        return value
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return f"{value}"
