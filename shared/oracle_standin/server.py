"""The stand-in as a server: a listener and a thread for each session."""

from __future__ import annotations

import contextlib
import itertools
import logging
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from oracle_standin.port import Database
from oracle_standin.wire.breaks import Lookout
from oracle_standin.wire.connect import LARGEST_SDU, accept, read_request, refusal, refuse
from oracle_standin.wire.packets import Channel, ConnectionGone, ProtocolBroken
from oracle_standin.wire.profiles import PROFILES, Profile
from oracle_standin.wire.rows import Repeats
from oracle_standin.wire.session import Session
from oracle_standin.wire.statements import StatementWatch

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
SERVICE = "FREEPDB1"
FIRST_SESSION = 101
WAITING_CONNECTIONS = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """How a server presents itself."""

    profile: Profile = PROFILES["23ai"]
    host: str = LOOPBACK
    port: int = 0
    services: frozenset[str] = frozenset({SERVICE})
    largest_sdu: int = LARGEST_SDU
    repeats: Repeats = Repeats.LEFT_OUT


@dataclass(slots=True, kw_only=True)
class Server:
    """Serves one database to any number of clients until it is stopped."""

    database: Database
    options: ServerOptions = field(default_factory=ServerOptions)
    port: int = 0
    _listener: socket.socket = field(init=False)
    _lookout: Lookout = field(init=False)
    _channels: set[Channel] = field(default_factory=set)
    _threads: set[threading.Thread] = field(default_factory=set)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(FIRST_SESSION))
    _stopping: bool = False

    def start(self) -> Server:
        """Listen, and return at once."""
        address = (self.options.host, self.options.port)
        self._listener = socket.create_server(address, backlog=WAITING_CONNECTIONS)
        self.port = self._listener.getsockname()[1]
        self._lookout = Lookout()
        self._begin(self._accept_clients, "standin-listener")
        return self

    @property
    def dsn(self) -> str:
        """What a client connects to."""
        return f"{self.options.host}:{self.port}/{min(self.options.services)}"

    def stop(self) -> None:
        """Cut every session off and wait until all threads have ended."""
        self._stopping = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut_sessions()
        for thread in list(self._threads):
            thread.join()
        self._lookout.close()

    def cut_sessions(self) -> None:
        """Drop every connection, as a server that dies does."""
        for channel in list(self._channels):
            channel.cut()

    def _begin(self, target: object, name: str, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, name=name, daemon=True)  # type: ignore[arg-type]
        self._threads.add(thread)
        thread.start()

    def _accept_clients(self) -> None:
        while not self._stopping:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._begin(self._serve, "standin-session", connection)

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        channel = Channel(connection)
        self._channels.add(channel)
        try:
            self._welcome(channel)
        except (ConnectionGone, ProtocolBroken) as error:
            log.info("a connection ended before login: %s", error)
        finally:
            channel.cut()
            self._channels.discard(channel)
            self._threads.discard(threading.current_thread())

    def _welcome(self, channel: Channel) -> None:
        request = read_request(channel)
        if (code := refusal(request, self.options.services)) is not None:
            refuse(channel, code)
            return
        accept(channel, request, self.options.profile, largest_sdu=self.options.largest_sdu)
        Session(
            channel=channel,
            request=request,
            profile=self.options.profile,
            database=self.database,
            number=next(self._numbers),
            lookout=self._lookout,
            watch=StatementWatch(),
            repeats=self.options.repeats,
        ).serve()


@contextlib.contextmanager
def running(database: Database, options: ServerOptions | None = None) -> Iterator[Server]:
    """Serve a database while the block runs."""
    server = Server(database=database, options=options or ServerOptions()).start()
    try:
        yield server
    finally:
        server.stop()
