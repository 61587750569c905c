"""One call of the API: what an operation is given, and what it gives back."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from oracle_etl.outside import Outside
from transport_api.requests import Asked, NothingAsked, Sent
from transport_api.service import Service

QueryT = TypeVar("QueryT", bound=Asked, covariant=True)  # noqa: PLC0105 - a call is only read
BodyT = TypeVar("BodyT", bound="Sent | None", covariant=True)  # noqa: PLC0105 - as above

EVENT_STREAM = "text/event-stream"
JSON = "application/json"


class Access(enum.Enum):
    """Who may call an operation."""

    ANYONE = "anyone"
    CALLER = "caller"
    SCHEDULER = "scheduler"


class Need(enum.Enum):
    """What an operation cannot be done without; while it is away, the answer is 503."""

    STATE = "state"
    ORACLE = "Oracle"
    STORE = "object store"
    SIGN_IN = "sign-in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[QueryT, BodyT]):
    """A request that was let in, with what it says already checked."""

    service: Service
    path: Mapping[str, str]
    """The variable parts of the path."""
    query: QueryT
    body: BodyT
    headers: Mapping[str, str]
    """By name in small letters."""
    base: str
    """`/api` or `/api/v1`, as the caller wrote it."""

    @property
    def outside(self) -> Outside:
        """The ports."""
        return self.service.outside


@dataclass(frozen=True, slots=True, kw_only=True)
class Streamed:
    """A body that is made while it is sent; `close` is called once, however the sending ends."""

    chunks: Iterator[bytes]
    close: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the caller gets."""

    content: BaseModel | Streamed | bytes | None
    status: HTTPStatus = HTTPStatus.OK
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A request header that an operation reads: what it is for, and what it may hold."""

    says: str
    pattern: str | None = None
    """A regular expression that JavaScript and Python read alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method on one path: what it takes, what it gives, and the function that does it."""

    name: str
    method: str
    path: str
    """Below the base, with {variables}; `{name...}` may hold slashes."""
    summary: str
    handle: Callable[[Call[Any, Any]], Reply]
    query: type[Asked] = NothingAsked
    body: type[Sent] | None = None
    answer: type[BaseModel] | None
    status: HTTPStatus = HTTPStatus.OK
    also: Mapping[HTTPStatus, str] = field(default_factory=dict)
    """Other ways in which it can go well, and when."""
    content_type: str = JSON
    headers: Mapping[str, Header] = field(default_factory=dict)
    needs: tuple[Need, ...] = ()
    refusals: tuple[HTTPStatus, ...] = ()
    """Those of its own, beside what its needs, its body and its access bring with them."""
    access: Access = Access.CALLER
    is_below_api: bool = True
