"""Put down what a transport should be: the fields that people write, checked by check_draft."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from oracle_etl.flow.fire_times import next_fire
from oracle_etl.model.transport import Carriage, Proof, Schedule, TableChoice, Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportDraft:
    """The fields of a transport that people write; all others the system keeps."""

    name: str
    tables: tuple[TableChoice, ...]
    description: str = ""
    source: str = "default"
    target_bucket: str = ""
    prefix: str = ""
    parallel_tables: int = 4
    carriage: Carriage = Carriage()
    proof: Proof = Proof()
    enabled: bool = True
    schedule: Schedule | None = None

    @classmethod
    def of(cls, transport: Transport) -> TransportDraft:
        """Return what people have written of a transport so far."""
        return cls(**{each.name: getattr(transport, each.name) for each in fields(cls)})

    def changed(self, changes: Mapping[str, Any]) -> TransportDraft:
        """Return the draft with fields changed, those of carriage and proof among the others."""
        own = {name: value for name, value in changes.items() if name in _OWN}
        return replace(
            self,
            **own,
            carriage=replace(self.carriage, **_of_group(Carriage, changes)),
            proof=replace(self.proof, **_of_group(Proof, changes)),
        )

    def begun(self, transport_id: str, *, at: datetime) -> Transport:
        """Return a new transport."""
        return Transport(
            id=transport_id,
            created_at=at,
            updated_at=at,
            next_fire_at=self._due(after=at),
            **self._values(),
        )

    def applied(self, transport: Transport, *, at: datetime) -> Transport:
        """Return the transport as the draft has it; the same one where nothing differs.

        What is due stays due: only another schedule, or switching on, sets the next instant anew.
        """
        written = TransportDraft.of(transport)
        if self == written:
            return transport
        edited = transport.edited(at, **self._values())
        if (self.schedule, self.enabled) == (written.schedule, written.enabled):
            return edited
        return edited.fires_next(self._due(after=at))

    def _due(self, *, after: datetime) -> datetime | None:
        if self.schedule is None or not self.enabled:
            return None
        return next_fire(self.schedule, after=after)

    def _values(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self)}


_OWN = {each.name for each in fields(TransportDraft)} - {"carriage", "proof"}


def _of_group(group: type, changes: Mapping[str, Any]) -> dict[str, Any]:
    names = {each.name for each in fields(group)}
    return {name: value for name, value in changes.items() if name in names}
