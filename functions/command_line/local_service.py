"""The whole system in one process that gunicorn keeps alive: API, tick, and workers on demand."""

from __future__ import annotations

import errno
import logging
import socket
import struct
import sys
from collections.abc import Callable, Collection
from functools import partial
from types import FrameType
from typing import Any, Protocol, runtime_checkable

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
from gunicorn.arbiter import Arbiter  # type: ignore[import-untyped]
from gunicorn.glogging import Logger  # type: ignore[import-untyped]
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

from command_line.streams_end import StreamsEnd, WebApplication
from command_line.upkeep import Upkeep
from oracle_etl.flow.tick import tick
from oracle_etl.model.errors import TransportError
from oracle_etl.outside import Outside
from oracle_etl.settings import Settings
from oracle_etl.wiring import wire_api
from transport_api.application import create_application

_LOG = logging.getLogger(__name__)

_REQUEST_SECONDS = 5
"""How long requests under way may go on once the end was asked for."""
_WORKER_SECONDS = 25.0
"""How long workers may take to finish or give back what they hold."""
_END_SECONDS = 45
"""After which gunicorn kills the process."""
_IDLE_SECONDS = 60
"""How long a client may send nothing of its request, or take nothing of its answer in."""
_IDLE = {errno.EAGAIN, errno.ETIMEDOUT}
"""What the system says of such a client when its time is over."""


@runtime_checkable
class HasLocalWorkers(Protocol):
    """A launcher whose workers are processes of this machine, to be stopped with the service."""

    def stop(self, *, grace_seconds: float) -> None:
        """Ask every worker to end, and kill those that have not after the grace."""
        ...


class LocalService(BaseApplication):  # type: ignore[misc] # gunicorn has no types
    """gunicorn, set up for this machine's service; reads no file and no arguments of its own."""

    def __init__(self, settings: Settings, *, announce: Callable[[str], None]) -> None:
        self._settings = settings
        self._announce = announce
        super().__init__()

    def load_config(self) -> None:
        """Set what gunicorn shall do."""
        server = self._settings.server
        chosen = {
            "bind": f"{_in_url(server.host)}:{server.port}",
            "workers": 1,
            "threads": server.threads,
            "worker_class": ServingProcess,
            "graceful_timeout": _END_SECONDS,
            "control_socket_disable": True,
            "logger_class": OneLog,
            "loglevel": self._settings.log.level.lower(),
            "post_fork": _after_fork,
            "worker_exit": _at_exit,
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> WebApplication:
        """Refuse: the process that serves builds the application, together with its ports."""
        raise NotImplementedError

    def build(self) -> tuple[WebApplication, Outside, Upkeep]:
        """Return the application, the ports that it shares with the upkeep, and the upkeep."""
        outside = wire_api(self._settings)
        upkeep = Upkeep(
            tick=partial(_problems_of_tick, outside),
            stop_workers=partial(_stop_workers, outside),
            every=float(self._settings.work.tick),
        )
        return create_application(self._settings, outside), outside, upkeep

    def announce(self, host: str, port: int) -> None:
        """Say where the service answers, as soon as it does."""
        self._announce(f"http://{_in_url(host)}:{port}")


class ServingProcess(ThreadWorker):  # type: ignore[misc] # gunicorn has no types
    """The process that answers, ticks and launches: all with the same ports."""

    def load_wsgi(self) -> None:
        """Build everything, after the fork: connections must not be shared by processes."""
        try:
            application, self.outside, self.upkeep = self.app.build()
        except TransportError as error:
            # A setting that cannot be used needs a remedy, not a traceback.
            _LOG.error("%s; %s", error.message, error.hint)
            raise SystemExit(Arbiter.WORKER_BOOT_ERROR) from error
        self.wsgi = StreamsEnd(application, self.upkeep.ending)
        for each in self.sockets:
            end_idle_clients(each.sock, after_seconds=_IDLE_SECONDS)
        self.upkeep.start()
        self.app.announce(*self.sockets[0].sock.getsockname()[:2])

    def handle_exit(self, number: int, frame: FrameType | None) -> None:
        """Tell the workers at once, while requests under way go on."""
        self.upkeep.end()
        super().handle_exit(number, frame)

    def leave(self) -> None:
        """Wait for the workers, and close what was opened."""
        self.upkeep.wait()
        # A request that was under way may have launched one more.
        _stop_workers(self.outside)
        self.outside.close()


class OneLog(Logger):  # type: ignore[misc] # gunicorn has no types
    """Sends gunicorn's lines where all others go."""

    def setup(self, cfg: Any) -> None:  # noqa: ANN401 - gunicorn's, without types
        """Leave the handling to the root logger."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True

    def exception(self, msg: str, *args: object, **kwargs: Any) -> None:  # noqa: ANN401 - gunicorn's, without types
        """Tell of a fault; that a client was idle is none, and needs nobody to look."""
        error = sys.exception()
        if isinstance(error, OSError) and error.errno in _IDLE:
            self.info("a connection whose client was idle was broken off")
        else:
            super().exception(msg, *args, **kwargs)


def _after_fork(arbiter: Any, process: Any) -> None:  # noqa: ANN401 - gunicorn's, without types
    del arbiter
    # The parent's patience has to be longer than the time that the process gives its requests.
    process.cfg.set("graceful_timeout", _REQUEST_SECONDS)


def _at_exit(arbiter: Any, process: Any) -> None:  # noqa: ANN401 - gunicorn's, without types
    del arbiter
    if hasattr(process, "outside"):
        process.leave()


def _problems_of_tick(outside: Outside) -> Collection[str]:
    return tick(outside=outside).problems


def _stop_workers(outside: Outside) -> None:
    lanes = outside.elsewhere.values()
    launchers = {outside.launcher, *(lane.launcher for lane in lanes)}
    for launcher in launchers:
        if isinstance(launcher, HasLocalWorkers):
            launcher.stop(grace_seconds=_WORKER_SECONDS)


def end_idle_clients(listener: socket.socket, *, after_seconds: int) -> None:
    """Let connections break off whose client stops within its request or its answer, or vanishes.

    gunicorn would wait for ever, and each of them holds a thread.
    """
    # Accepted sockets inherit this; other systems do not promise that.
    if sys.platform == "linux":
        patience = struct.pack("ll", after_seconds, 0)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, patience)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, after_seconds * 1000)


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
