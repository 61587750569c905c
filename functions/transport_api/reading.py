"""Read what a request says into its type, naming every field that is wrong."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from oracle_etl.model.errors import InvalidRequest
from transport_api.problems import NotJson
from transport_api.requests import (
    Asked,
    MaskSent,
    ScheduleSent,
    Sent,
    TableSent,
)

SentT = TypeVar("SentT", bound=Sent)
AskedT = TypeVar("AskedT", bound=Asked)

_MOST_FINDINGS = 20
_SHOWN_IN_MESSAGE = 3
_LONGEST_FIELD = 100
_NESTED: Mapping[str, type[BaseModel]] = {
    "schedule": ScheduleSent,
    "tables": TableSent,
    "masks": MaskSent,
}
"""The type of the objects below a field."""


def read_body(kind: type[SentT], body: bytes, *, content_type: str) -> SentT:
    """Read a JSON body; no body at all is an empty object."""
    if body and content_type.partition(";")[0].strip().lower() != "application/json":
        raise NotJson(
            "the body is not said to be JSON",
            hint="send Content-Type: application/json",
            details={"Content-Type": "must be application/json"},
        )
    text = body or b"{}"
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        raise _invalid(error, kind, "the body") from None


def read_query(kind: type[AskedT], pairs: Sequence[tuple[str, str]]) -> AskedT:
    """Read query parameters; each may come once."""
    names = [name for name, _ in pairs]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InvalidRequest(
            f"the query repeats {', '.join(repeated)}",
            details=dict.fromkeys(repeated, "must be given once"),
        )
    try:
        return kind.model_validate(dict(pairs))
    except ValidationError as error:
        raise _invalid(error, kind, "the query") from None


def naming_the_page(token: str | None) -> AbstractContextManager[None]:
    """Name the page token, as below, where one was sent."""
    if token is None:
        return nullcontext()
    return naming("page_token", "must be the next_page_token of the page before, or be left out")


@contextmanager
def naming(field: str, right: str) -> Iterator[None]:
    """Name the field of the request where what refuses it did not know where it came from."""
    try:
        yield
    except InvalidRequest as error:
        if error.details:
            raise
        raise InvalidRequest(error.message, hint=error.hint, details={field: right}) from error


def _invalid(error: ValidationError, kind: type[BaseModel], place: str) -> InvalidRequest:
    found = error.errors(include_url=False, include_context=False)
    details = dict(_finding(each, kind, place) for each in found[:_MOST_FINDINGS])
    shown = "; ".join(
        f"{field} {right}" for field, right in list(details.items())[:_SHOWN_IN_MESSAGE]
    )
    return InvalidRequest(
        f"{place} is not as it should be: {shown}",
        hint="correct what is named, and send it again",
        details=details,
    )


def _finding(error: ErrorDetails, kind: type[BaseModel], place: str) -> tuple[str, str]:
    location = _without_tags(error["loc"])
    field = _path(location) or place
    if error["type"] == "extra_forbidden":
        return field, _unknown(f"{location[-1]}", _model_at(location, kind))
    if error["type"] == "missing":
        return field, "is needed"
    if "binds" in location[:-1]:
        return field, "must be a text, a finite number or null"
    return field, _must_be(error["msg"])


def _must_be(message: str) -> str:
    opening = "Input should be"
    if message.startswith(opening):
        return f"must be{message.removeprefix(opening)}"
    return message[:1].lower() + message[1:]


def _unknown(name: str, model: type[BaseModel]) -> str:
    known = [each.alias or field for field, each in model.model_fields.items()]
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"is not a field; did you mean {near[0]}?"
    return f"is not a field; there are {', '.join(known) or 'none'}"


def _model_at(location: tuple[int | str, ...], kind: type[BaseModel]) -> type[BaseModel]:
    above = (_NESTED.get(f"{part}") for part in reversed(location[:-1]))
    return next((each for each in above if each is not None), kind)


def _without_tags(location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Return where in what was sent a fault is; pydantic adds what it took an entry for."""
    match location:
        case ("tables", int() as place, _, *rest):
            location = ("tables", place, *rest)
    match location:
        case (*before, "binds", name, _):
            return (*before, "binds", name)
    return location


def _path(location: tuple[int | str, ...]) -> str:
    """Write a place as people do: tables[0].columns[2]."""
    parts = (f"[{each}]" if isinstance(each, int) else f".{each}" for each in location)
    return "".join(parts).removeprefix(".")[:_LONGEST_FIELD]
