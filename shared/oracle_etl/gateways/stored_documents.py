"""Model values as documents, for every home: JSON bytes in SQLite, plain values in Firestore.

A document is flat and carries `schema_version`. Fields that it lacks take the model's defaults
and fields that the model lacks are passed over, so only a change of meaning needs an upgrade.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, from_json, to_json

from oracle_etl.model.columns import ColumnPlan
from oracle_etl.model.errors import BookAway, InvalidRequest
from oracle_etl.model.job import Job, Totals
from oracle_etl.model.objects import FinalObject, Intent
from oracle_etl.model.progress import Progress
from oracle_etl.model.table_task import PartTask, TableTask
from oracle_etl.model.transport import TableChoice, Transport
from oracle_etl.ports import KeptCatalogue, Receipt, SessionSlot

T = TypeVar("T")

Document = dict[str, Any]
"""Mappings, lists, texts, numbers, truth values, None, and aware datetimes."""

_LARGEST_INTEGER = 2**63


class StoredForm(Generic[T]):
    """How values of one model class are written down, and read again.

    `upgrades[n]` turns a document of version n into one of version n + 1.
    """

    def __init__(
        self,
        kind: type[T],
        *,
        version: int = 1,
        upgrades: Mapping[int, Callable[[Document], Document]] | None = None,
    ) -> None:
        self._kind = kind
        self._version = version
        self._upgrades = dict(upgrades or {})
        self._opening = b'{"schema_version":%d,' % version

    @functools.cached_property
    def _adapter(self) -> TypeAdapter[T]:
        # Built on first use: it takes milliseconds, which an import should not.
        return TypeAdapter(self._kind)

    def to_bytes(self, value: T, *, without: Collection[str] = ()) -> bytes:
        """Return the value as JSON, leaving out fields that the home keeps elsewhere."""
        with self._named_errors():
            body = to_json(value, exclude=set(without), inf_nan_mode="constants")
        return self._opening + body[1:]

    def to_document(self, value: T, *, without: Collection[str] = ()) -> Document:
        """Return the value as plain values, leaving out fields that the home keeps elsewhere."""
        names = (each.name for each in dataclasses.fields(value))  # type: ignore[arg-type]
        fields = {name: plain(getattr(value, name)) for name in names if name not in without}
        return {"schema_version": self._version, **fields}

    def from_bytes(self, body: bytes, *, columns: Mapping[str, bytes | int] | None = None) -> T:
        """Read JSON, with the fields that were kept elsewhere put in again."""
        kept = b"".join(
            b',"%s":%s'
            % (name.encode(), content if isinstance(content, bytes) else b"%d" % content)
            for name, content in (columns or {}).items()
        )
        whole = body[:-1] + kept + b"}" if kept else body
        with self._named_errors():
            if body.startswith(self._opening):
                return self._adapter.validate_json(whole)
            return self.from_document(from_json(whole))

    def to_packed(self, value: T) -> bytes:
        """Return the value as compressed JSON, for what is large and never asked for in part."""
        return zlib.compress(self.to_bytes(value))

    def from_packed(self, packed: bytes | None) -> T:
        """Read what `to_packed` returned."""
        with self._named_errors():
            if packed is None:
                raise LookupError("nothing was packed")
            body = zlib.decompress(packed)
        return self.from_bytes(body)

    def from_document(self, document: Mapping[str, Any]) -> T:
        """Read plain values."""
        with self._named_errors():
            return self._adapter.validate_python(self._upgraded(dict(document)))

    def _upgraded(self, document: Document) -> Document:
        version = document.get("schema_version")
        while version != self._version:
            if version not in self._upgrades:
                raise BookAway(
                    f"a stored {self._kind.__name__} has schema version {version}, "
                    f"and this program reads up to {self._version}",
                    hint="run the release that wrote it, or a later one",
                )
            document = self._upgrades[version](document)
            version += 1
        return document

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        name = self._kind.__name__
        try:
            yield
        except PydanticSerializationError as error:
            raise InvalidRequest(
                f"this {name} cannot be written down: {error}", hint="use valid Unicode text"
            ) from error
        except (ValidationError, ValueError, TypeError, LookupError, zlib.error) as error:
            # Without the input, which may be anything that a table's filter holds.
            raise BookAway(
                f"a stored {name} cannot be read ({type(error).__name__})",
                hint="the state was changed by hand or damaged; restore it from a backup",
            ) from None


def plain(value: object) -> Any:  # noqa: ANN401 - whatever a document may hold
    """Return a model value as plain values: enums by value, tuples as lists, times as they are."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (tuple, list)):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if dataclasses.is_dataclass(value):
        return {each.name: plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, int) and not -_LARGEST_INTEGER <= value < _LARGEST_INTEGER:
        raise InvalidRequest(
            f"{value} is too large a number to be stored", hint="use at most 64 bits, or a text"
        )
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The lists of a table that are as long as it has parts, for homes that keep them packed."""

    intents: tuple[Intent, ...] = ()
    leftovers: tuple[Intent, ...] = ()
    objects: tuple[FinalObject, ...] = ()

    @classmethod
    def of(cls, table: TableTask) -> Placed:
        """Return what of a table is packed."""
        return cls(intents=table.intents, leftovers=table.leftovers, objects=table.objects)

    def put_into(self, table: TableTask) -> TableTask:
        """Return a table that was read without it, with it."""
        return dataclasses.replace(
            table, intents=self.intents, leftovers=self.leftovers, objects=self.objects
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """The tables that a transport lists, for homes that keep them packed."""

    tables: tuple[TableChoice, ...] = ()


TRANSPORTS = StoredForm(Transport)
LISTED = StoredForm(Listed)
JOBS = StoredForm(Job)
TABLES = StoredForm(TableTask)
PLACED = StoredForm(Placed)
PARTS = StoredForm(PartTask)
PLANS = StoredForm(ColumnPlan)
RECEIPTS = StoredForm(Receipt)
SLOTS = StoredForm(SessionSlot)
PROGRESS = StoredForm(Progress)
TOTALS = StoredForm(Totals)
CATALOGUES = StoredForm(KeptCatalogue)
