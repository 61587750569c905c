"""One source alone, to be tried before anything is carried: no state, no queue, no objects."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from oracle_etl.gateways.system_clock import SystemClock
from oracle_etl.ports import ScratchSchema, TableSource
from oracle_etl.settings import Settings
from oracle_etl.wiring.limits import RANDOM_BYTES
from oracle_etl.wiring.sources import Sources, vault_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A source, its account's schema, and digits that make names of its own."""

    source: TableSource
    scratch: ScratchSchema
    randomness: str
    close: Callable[[], None]


def wire_trial(settings: Settings, name: str, *, mode: str) -> Trial:
    """Build what trying a source needs; InvalidRequest where none of this name is configured."""
    sources = Sources(settings.sources, vault=vault_of(settings.google), mode=mode)
    scratch = sources.scratch(name, clock=SystemClock())

    def close() -> None:
        scratch.close()
        sources.close()

    return Trial(
        source=sources.named(name),
        scratch=scratch,
        randomness=secrets.token_hex(RANDOM_BYTES),
        close=close,
    )
