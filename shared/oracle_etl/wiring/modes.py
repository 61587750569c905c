"""Thin or thick: the driver is one or the other for a whole process, so work is divided by it.

A worker carries the tables of sources of its own mode and leaves the others alone. The service
only asks dictionaries, of every source: it is thick where any source is, since thick mode reaches
newer databases too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from oracle_etl.outside import Lane
from oracle_etl.settings import Settings

THIN, THICK = "thin", "thick"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessMode:
    """How this process connects, and whose work is its own."""

    connects: str
    works: str


def mode_of_service(settings: Settings) -> ProcessMode:
    """Return the mode of the API, the ticks and the commands."""
    modes = {source.mode for source in settings.sources.values()}
    return ProcessMode(connects=THICK if THICK in modes else THIN, works=_own(settings))


def mode_of_worker(settings: Settings) -> ProcessMode:
    """Return the mode of a worker."""
    own = _own(settings)
    return ProcessMode(connects=own, works=own)


def elsewhere(settings: Settings, mode: ProcessMode, other: Lane) -> Mapping[str, Lane]:
    """Return the way to the workers of each source that is not worked on in this mode."""
    return {name: other for name, source in settings.sources.items() if source.mode != mode.works}


def other_than(mode: str) -> str:
    """Return the other one of the two."""
    return THIN if mode == THICK else THICK


def _own(settings: Settings) -> str:
    return settings.worker.mode or settings.sources["default"].mode
