"""What all calls of one process share."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from importlib.metadata import version

from oracle_etl.outside import Outside
from oracle_etl.settings import Settings
from transport_api.probes import Probes
from transport_api.problems import TooManyStreams


class StreamSeats:
    """Counts event streams: each holds a thread, and other requests need threads too."""

    def __init__(self, count: int) -> None:
        self._free = threading.BoundedSemaphore(count)

    def take(self) -> None:
        """Take a seat, to be given back; TooManyStreams where none is left."""
        if not self._free.acquire(blocking=False):
            raise TooManyStreams(
                "every seat for event streams is taken",
                hint="try again in a few seconds, or read GET /api/jobs/{id} now and then",
            )

    def give_back(self) -> None:
        """Leave the seat to somebody else."""
        self._free.release()


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The ports, the settings, and the few things that live as long as the process."""

    outside: Outside
    settings: Settings
    probes: Probes
    seats: StreamSeats
    version: str

    @classmethod
    def of(cls, settings: Settings, outside: Outside) -> Service:
        """Return the service of a process."""
        return cls(
            outside=outside,
            settings=settings,
            probes=Probes(outside, _sources(settings)),
            seats=StreamSeats(stream_seats(settings.server.threads)),
            version=version("oracle-etl"),
        )


def stream_seats(threads: int) -> int:
    """Return how many of the server's threads event streams may hold: three quarters."""
    return max(1, threads * 3 // 4)


def _sources(settings: Settings) -> tuple[str, ...]:
    """Return the configured sources; the default one is asked where none is."""
    configured = (name for name, each in settings.sources.items() if each.is_configured)
    return tuple(configured) or ("default",)
