"""The stand-in as a server: a listener and a thread for each session."""

from __future__ import annotations

import contextlib
import itertools
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from oracle_standin.faults import AT_CONNECTING, Action, FaultBook, Rule, SessionFaults
from oracle_standin.port import Database
from oracle_standin.wire.breaks import Lookout
from oracle_standin.wire.connect import (
    LARGEST_SDU,
    ConnectRequest,
    accept,
    read_request,
    refusal,
    refuse,
)
from oracle_standin.wire.packets import Channel, ConnectionGone, ProtocolBroken
from oracle_standin.wire.profiles import PROFILES, Profile
from oracle_standin.wire.rows import Repeats
from oracle_standin.wire.session import Session

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
SERVICE = "FREEPDB1"
RELEASES = {"11.2": 11, "19c": 19, "23ai": 23}
"""The release of a database that goes with each profile."""
FIRST_SESSION = 101
WAITING_CONNECTIONS = 128
TLS_HANDSHAKE_SECONDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """How a server presents itself."""

    profile: Profile = PROFILES["23ai"]
    host: str = LOOPBACK
    port: int = 0
    services: frozenset[str] = frozenset({SERVICE})
    largest_sdu: int = LARGEST_SDU
    repeats: Repeats = Repeats.LEFT_OUT
    tls: ssl.SSLContext | None = None
    """With it the server speaks TCPS alone."""


@dataclass(slots=True, kw_only=True)
class Server:
    """Serves one database to any number of clients until it is stopped."""

    database: Database
    options: ServerOptions = field(default_factory=ServerOptions)
    port: int = 0
    faults: FaultBook = field(default_factory=FaultBook)
    _listener: socket.socket = field(init=False)
    _lookout: Lookout = field(init=False)
    _channels: set[Channel] = field(default_factory=set)
    _threads: set[threading.Thread] = field(default_factory=set)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(FIRST_SESSION))
    _stopping: threading.Event = field(default_factory=threading.Event)
    _down_seconds: float = 0.0

    def start(self) -> Server:
        """Listen, and return at once."""
        self.port = self.options.port
        self._listen()
        self._lookout = Lookout()
        self._begin(self._accept_clients, "standin-listener")
        return self

    @property
    def dsn(self) -> str:
        """What a client connects to."""
        scheme = "tcps://" if self.options.tls else ""
        return f"{scheme}{self.options.host}:{self.port}/{min(self.options.services)}"

    def stop(self) -> None:
        """Cut every session off and wait until all threads have ended."""
        self._stopping.set()
        self._stop_listening()
        self.cut_sessions()
        while self._threads:
            for thread in list(self._threads):
                thread.join()
                self._threads.discard(thread)
            self.cut_sessions()
        self._lookout.close()

    def cut_sessions(self, *, last: Channel | None = None) -> None:
        """Drop every connection, as a server that dies does; `last` after all others."""
        for channel in sorted(self._channels.copy(), key=lambda channel: channel is last):
            channel.cut()

    def take_down(self, *, seconds: float) -> None:
        """Stop listening, and listen again on the same port after a while."""
        self._down_seconds = seconds
        self._stop_listening()

    def _listen(self) -> None:
        address = (self.options.host, self.port)
        self._listener = socket.create_server(address, backlog=WAITING_CONNECTIONS)
        self.port = self._listener.getsockname()[1]

    def _stop_listening(self) -> None:
        # Shutting down wakes the thread that waits for clients; closing alone does not.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _begin(self, target: Callable[..., None], name: str, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, name=name, daemon=True)
        self._threads.add(thread)
        thread.start()

    def _accept_clients(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                if not self._stopping.wait(self._down_seconds):
                    self._listen()
                continue
            self._begin(self._serve, "standin-session", connection)

    def _serve(self, connection: socket.socket) -> None:
        channel = None
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            channel = Channel(self._secured(connection))
            self._channels.add(channel)
            self._welcome(channel)
        except (ConnectionGone, ProtocolBroken, OSError) as error:
            log.info("a connection ended before login: %s", error)
        finally:
            connection.close()
            if channel is not None:
                channel.cut()
                self._channels.discard(channel)
            self._threads.discard(threading.current_thread())

    def _secured(self, connection: socket.socket) -> socket.socket:
        if self.options.tls is None:
            return connection
        connection.settimeout(TLS_HANDSHAKE_SECONDS)
        secured = self.options.tls.wrap_socket(connection, server_side=True)
        secured.settimeout(None)
        return secured

    def _welcome(self, channel: Channel) -> None:
        number = next(self._numbers)
        watch = SessionFaults(self.faults, channel, number, self._fall)
        request = read_request(channel)
        if (code := self._reason_to_refuse(request, number, channel)) is not None:
            refuse(channel, code)
            return
        accept(channel, request, self.options.profile, largest_sdu=self.options.largest_sdu)
        Session(
            channel=channel,
            request=request,
            profile=self.options.profile,
            database=self.database,
            number=number,
            lookout=self._lookout,
            watch=watch,
            repeats=self.options.repeats,
        ).serve()

    def _reason_to_refuse(
        self, request: ConnectRequest, number: int, channel: Channel
    ) -> int | None:
        """Return the error to refuse with; ConnectionGone where a rule takes the server down."""
        rule = self.faults.due(
            lambda rule: (
                rule.action in AT_CONNECTING
                and rule.statement is None
                and rule.session in (None, number)
            )
        )
        if rule is None:
            return refusal(request, self.options.services)
        if rule.action is Action.REFUSE:
            return rule.code
        self._fall(rule, channel)
        raise ConnectionGone

    def _fall(self, rule: Rule, channel: Channel) -> None:
        """Go down as a rule says, the session that set it off last."""
        self.take_down(seconds=rule.seconds)
        if rule.action is Action.RESTART:
            self.cut_sessions(last=channel)


@contextlib.contextmanager
def running(
    database: Database, options: ServerOptions | None = None, *, faults: FaultBook | None = None
) -> Iterator[Server]:
    """Serve a database while the block runs."""
    server = Server(
        database=database, options=options or ServerOptions(), faults=faults or FaultBook()
    ).start()
    try:
        yield server
    finally:
        server.stop()
