"""Every shape of query that this program asks, in one table.

Firestore refuses a query that has no index; its emulator does not. A test compares this table
with infra/firestore.indexes.json, and no other module builds a query.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from google.api_core.retry import Retry
from google.cloud import firestore
from google.cloud.firestore import Query
from google.cloud.firestore_v1.base_query import FieldFilter

from oracle_etl.gateways.google.firestore.client import (
    LOCKING_SECONDS,
    RETRIED,
    TIMEOUT_SECONDS,
    Database,
    Snapshot,
    named_errors,
)
from oracle_etl.gateways.google.firestore.documents import (
    JOBS_IN,
    PARTS_IN,
    SLOTS_IN,
    TABLES_IN,
    TRANSPORTS_IN,
)

_NAME = "__name__"
_ONCE = Retry(predicate=lambda _error: False)
"""The client would go on behind the last document that came, with the same limit, and by fields
that it may not have been given: an answer that breaks off is asked for again, whole."""
ASCENDING = "ASCENDING"
DESCENDING = "DESCENDING"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a query asks for, without its values."""

    collection: str
    everywhere: str | None = None
    """`COLLECTION_GROUP` asks every collection of the name, wherever it lies."""
    equal: tuple[str, ...] = ()
    among: str | None = None
    """A field that is one of several values."""
    up_to: str | None = None
    """A field that is at most a value."""
    order: str | None = None
    direction: str = ASCENDING
    only: tuple[str, ...] | None = None
    """The fields that come; all where None."""


_NEWEST_FIRST: Mapping[str, Any] = {"order": "created_at", "direction": DESCENDING}
_REF_FIELDS = ("job_id", "table_id", "number")

SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        "transports": Shape(collection=TRANSPORTS_IN, **_NEWEST_FIRST),
        "due transports": Shape(
            collection=TRANSPORTS_IN,
            equal=("enabled",),
            up_to="next_fire_at",
            order="next_fire_at",
        ),
        "jobs": Shape(collection=JOBS_IN, **_NEWEST_FIRST),
        "jobs of a transport": Shape(collection=JOBS_IN, equal=("transport_id",), **_NEWEST_FIRST),
        "jobs of a status": Shape(collection=JOBS_IN, equal=("status",), **_NEWEST_FIRST),
        "jobs of a transport and status": Shape(
            collection=JOBS_IN, equal=("transport_id", "status"), **_NEWEST_FIRST
        ),
        "unfinished jobs": Shape(collection=JOBS_IN, among="status", order="created_at"),
        "ids of waiting jobs": Shape(
            collection=JOBS_IN, among="status", order="created_at", only=()
        ),
        "ids of jobs of a status": Shape(collection=JOBS_IN, equal=("status",), only=()),
        "tables": Shape(collection=TABLES_IN, order="position"),
        "tables of a status": Shape(collection=TABLES_IN, equal=("status",), order="position"),
        "ids of tables of a status": Shape(collection=TABLES_IN, equal=("status",), only=()),
        "tables at a step": Shape(collection=TABLES_IN, equal=("step",)),
        "tables by change": Shape(collection=TABLES_IN, order="changed_at"),
        "claimable tables": Shape(
            collection=TABLES_IN,
            up_to="claimable_from",
            order="claimable_from",
            only=_REF_FIELDS,
        ),
        "parts": Shape(collection=PARTS_IN, order="number"),
        "parts of a status": Shape(collection=PARTS_IN, equal=("status",), order="number"),
        "claimable parts": Shape(
            collection=PARTS_IN,
            everywhere="COLLECTION_GROUP",
            equal=("job_id",),
            up_to="claimable_from",
            order="claimable_from",
            only=_REF_FIELDS,
        ),
        "slots": Shape(collection=SLOTS_IN, equal=("source",)),
    }
)

WATCHED: Mapping[str, Shape] = MappingProxyType(
    {
        "transports of a tenant": Shape(
            collection=TRANSPORTS_IN, equal=("tenant",), **_NEWEST_FIRST
        ),
        "jobs of a tenant": Shape(collection=JOBS_IN, equal=("tenant",), **_NEWEST_FIRST),
        "tables of a tenant": Shape(collection=TABLES_IN, equal=("tenant",), order="position"),
    }
)
"""What watchers ask by themselves. They name their tenant, since rules refuse and never filter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A shape with its values."""

    shape: str
    beneath: str = ""
    """The path of the document whose collection is asked."""
    equal: Sequence[object] = ()
    among: Sequence[object] = ()
    up_to: object = None
    after: tuple[object, str] | None = None
    """The order's value and the id of the document behind which to begin."""
    start_at: object = None
    """The order's value at which to begin."""
    limit: int | None = None
    as_of: datetime | None = None
    """The moment whose documents are asked for, up to an hour ago; None for now."""


def ask(
    database: Database, asked: Asked, *, transaction: firestore.Transaction | None = None
) -> list[Snapshot]:
    """Return the documents that a query finds."""
    shape = SHAPES[asked.shape]
    with named_errors(f"asking for {asked.shape}"):
        query = _ordered(_filtered(_collection(database, shape, asked), shape, asked), shape)
        query = _begun(query, shape, asked)
        if asked.limit is not None:
            query = query.limit(asked.limit)
        if transaction is not None:
            return list(
                query.stream(transaction=transaction, retry=RETRIED, timeout=LOCKING_SECONDS)
            )
        return RETRIED(lambda: _asked_once(query, asked))()


def _asked_once(query: Query, asked: Asked) -> list[Snapshot]:
    return list(query.stream(retry=_ONCE, timeout=TIMEOUT_SECONDS, read_time=asked.as_of))


def _collection(database: Database, shape: Shape, asked: Asked) -> Query:
    if shape.everywhere:
        group: Query = database.client.collection_group(shape.collection)
        return group
    path = f"{asked.beneath}/{shape.collection}" if asked.beneath else shape.collection
    return Query(database.client.collection(path))


def _filtered(query: Query, shape: Shape, asked: Asked) -> Query:
    for each in _filters(shape, asked):
        query = query.where(filter=each)
    return query if shape.only is None else query.select(shape.only)


def _filters(shape: Shape, asked: Asked) -> Iterator[FieldFilter]:
    for field, value in zip(shape.equal, asked.equal, strict=True):
        yield FieldFilter(field, "==", value)
    if shape.among is not None:
        yield FieldFilter(shape.among, "in", list(asked.among))
    if shape.up_to is not None:
        yield FieldFilter(shape.up_to, "<=", asked.up_to)


def _ordered(query: Query, shape: Shape) -> Query:
    if shape.order is None:
        return query
    ordered = query.order_by(shape.order, direction=shape.direction)
    return ordered.order_by(_NAME, direction=shape.direction)


def _begun(query: Query, shape: Shape, asked: Asked) -> Query:
    if asked.after is not None:
        value, name = asked.after
        return query.start_after({shape.order: value, _NAME: name})
    if asked.start_at is not None:
        return query.start_at({shape.order: asked.start_at})
    return query
