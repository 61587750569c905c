"""The stand-in as a program: `python -m oracle_standin --port 0 --schema sample`."""

from __future__ import annotations

import argparse
import errno
import logging
import os
import signal
import ssl
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from oracle_standin.engine.database import OracleDatabase
from oracle_standin.faults import FaultBook
from oracle_standin.sample.schema import PASSWORD, USER, fill
from oracle_standin.server import LOOPBACK, RELEASES, Server, ServerOptions, running
from oracle_standin.values.text import CHARACTER_SETS
from oracle_standin.wire.profiles import PROFILES
from oracle_standin.wire.rows import Repeats

NOTICE = "This is a stand-in for development, not an Oracle database: no data is kept or protected."
WALLET_PASSWORD = "stand-in"
_NOT_OURS_TO_LISTEN_ON = frozenset({errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES})


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; print one line that tells how to connect."""
    chosen = _parser().parse_args(arguments)
    ended = _end_by_signal()
    logging.basicConfig(level=logging.INFO if chosen.verbose else logging.WARNING)
    database = OracleDatabase(
        release=RELEASES[chosen.profile], charset=CHARACTER_SETS[chosen.charset]
    )
    database.create_user(USER, PASSWORD)
    if chosen.schema == "sample":
        fill(database)
    try:
        _serve(database, chosen, ended=ended)
    except OSError as error:
        if error.errno not in _NOT_OURS_TO_LISTEN_ON:
            raise
        why = f"cannot listen on {chosen.host}, port {chosen.port}: {os.strerror(error.errno)}"
        remedy = "take another port with --port, or any free one with --port 0"
        print(f"{why}\n  {remedy}", file=sys.stderr)  # noqa: T201 - a program speaks so
        return 2
    return 0


def _serve(database: OracleDatabase, chosen: argparse.Namespace, *, ended: threading.Event) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="oracle-standin-") as folder,
        running(
            database, _options(chosen, Path(folder)), faults=FaultBook(file=chosen.faults)
        ) as server,
    ):
        _announce(server)
        ended.wait()


def _announce(server: Server) -> None:
    print(NOTICE, file=sys.stderr)  # noqa: T201 - a program speaks so
    line = f"user {USER.lower()}, password {PASSWORD}, dsn {server.dsn}"
    print(line, flush=True)  # noqa: T201 - as above


def _end_by_signal() -> threading.Event:
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    return ended


def _options(chosen: argparse.Namespace, folder: Path) -> ServerOptions:
    return ServerOptions(
        profile=PROFILES[chosen.profile],
        host=chosen.host,
        port=chosen.port,
        repeats=Repeats.SENT if chosen.send_repeats else Repeats.LEFT_OUT,
        tls=_tls(chosen, folder),
    )


def _tls(chosen: argparse.Namespace, folder: Path) -> ssl.SSLContext | None:
    if chosen.wallet is None:
        return None
    from oracle_standin.tls import Authority  # noqa: PLC0415 -- slow to load, and seldom wanted

    authority = Authority.founded(folder)
    authority.wallet(chosen.wallet, password=WALLET_PASSWORD)
    print(  # noqa: T201 - a program speaks so
        f"wallet {chosen.wallet}, wallet password {WALLET_PASSWORD}", file=sys.stderr
    )
    return authority.server_context(client_certificates=ssl.CERT_REQUIRED)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m oracle_standin", description=NOTICE)
    parser.add_argument("--host", default=LOOPBACK, help="where to listen (only this machine)")
    parser.add_argument(
        "--port", type=int, default=1521, help="0 takes any free port (%(default)s)"
    )
    parser.add_argument(
        "--profile", choices=PROFILES, default="23ai", help="which release to be (%(default)s)"
    )
    parser.add_argument(
        "--schema", choices=("sample", "empty"), default="sample", help="what to hold (%(default)s)"
    )
    parser.add_argument(
        "--charset",
        choices=sorted(CHARACTER_SETS.keys() - {"AL16UTF16"}),
        default="AL32UTF8",
        help="the database's character set (%(default)s)",
    )
    parser.add_argument(
        "--faults", type=Path, metavar="FILE", help="fault rules in JSON, read again when changed"
    )
    parser.add_argument(
        "--wallet", type=Path, metavar="FOLDER", help="speak mutual TLS; write the wallet there"
    )
    parser.add_argument(
        "--send-repeats", action="store_true", help="send repeated values instead of bit vectors"
    )
    parser.add_argument("--verbose", action="store_true", help="tell about sessions")
    return parser


if __name__ == "__main__":
    sys.exit(main())
