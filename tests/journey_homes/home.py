"""What a journey needs of the place where the system runs, whichever place that is."""

from __future__ import annotations

import signal
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager

from journey_homes.api import Api


class Home(ABC):
    """A running system: the service, its workers, and the store that they write to."""

    url: str
    """Where the service answers; another one after each start."""

    bucket: str
    """The bucket of transports that name none."""

    @property
    def api(self) -> Api:
        """The service's API, where it answers now."""
        return Api(self.url)

    @property
    def environment(self) -> Mapping[str, str]:
        """What the command line needs to find the service, and nothing else."""
        return {"ORACLE_ETL_URL": self.url}

    @abstractmethod
    def workers(self) -> Sequence[int]:
        """Return the process ids of the workers that run now."""

    @abstractmethod
    def end_worker(self, worker: int, number: signal.Signals) -> None:
        """Send a signal to a worker; nothing happens where it has just ended."""

    @abstractmethod
    def end_service(self, number: signal.Signals) -> int:
        """Send a signal to the service, wait for its end, and return its exit code."""

    @abstractmethod
    def lose_machine(self) -> None:
        """Kill the service and every worker at one blow."""

    @abstractmethod
    def left_processes(self) -> Sequence[int]:
        """Return the ids of all processes of this home that are still alive."""

    @abstractmethod
    def start_again(self) -> None:
        """Start the service with the same settings and the same data."""

    @abstractmethod
    def names(self, bucket: str) -> Sequence[str]:
        """Return the names of a bucket's objects; those being written have none."""

    @abstractmethod
    def read(self, bucket: str, name: str) -> bytes:
        """Return an object; FileNotFoundError where it is not there."""

    @abstractmethod
    def log(self) -> str:
        """Return what service and workers have logged."""


StartHome = Callable[..., AbstractContextManager[Home]]
"""Starts a home on an Oracle with settings by name, and ends it with the block."""
