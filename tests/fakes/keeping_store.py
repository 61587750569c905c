"""A store from which nothing can be removed."""

from __future__ import annotations

from typing import Any

from oracle_etl.model.errors import StoreAway, TransportError
from oracle_etl.model.objects import StoredObject


class KeepingStore:
    """A store that answers every removal with an error, and is as it was otherwise."""

    def __init__(self, store: Any, error: TransportError | None = None) -> None:  # noqa: ANN401 - as the real thing has it
        self._store = store
        self._error = error or StoreAway("nothing can be removed now")

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the real thing has it
        return getattr(self._store, name)

    def remove(self, stored: StoredObject) -> None:
        raise self._error
