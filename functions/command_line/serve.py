"""`oracle-etl serve`: the whole system on one machine."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable

import click

from command_line.data_folder import prepare_folder
from command_line.exits import BadUsage
from command_line.output import Output
from command_line.session import examples, says_how_it_ends
from oracle_etl.logs import secrets_in, set_up_logging
from oracle_etl.loopback import is_loopback
from oracle_etl.settings import ServerSettings, Settings, SourceSettings


@click.command(
    "serve",
    epilog=examples(
        "ORACLE_DSN=db.example.org:1521/SALES ORACLE_USERNAME=etl ORACLE_PASSWORD=... "
        "oracle-etl serve",
        "SERVER_PORT=9000 oracle-etl serve",
        "CONFIG_PATH=/etc/oracle-etl/config.yaml oracle-etl serve",
    ),
)
@says_how_it_ends
def serve(output: Output) -> None:
    """Run the whole system on this machine: the API, the schedule, and workers on demand.

    Everything is set by the environment or config.yaml; the README lists the settings. Ctrl-C
    stops it in order: workers finish or give back what they hold, and the next start goes on.
    """
    settings = Settings.from_environment()
    refuse_strangers(settings)
    refuse_a_taken_port(settings.server)
    prepare_folder(settings.home)
    set_up_logging(
        level=settings.log.level,
        secrets=secrets_in(settings),
        project=settings.google.project_id,
    )

    def announce(url: str) -> None:
        output.event("listening", {"url": url})
        output.note(f"oracle-etl listens at {url}; Ctrl-C stops it")
        if not any(source.is_configured for source in settings.sources.values()):
            output.note(f"no Oracle is configured: set {', '.join(_lacking(settings))}")

    _run(settings, announce)


def _run(settings: Settings, announce: Callable[[str], None]) -> None:
    from command_line.local_service import LocalService  # noqa: PLC0415 - no client needs all that

    started_by = os.getpid()
    try:
        LocalService(settings, announce=announce).run()
    except SystemExit as end:
        # gunicorn's forked process leaves through here too, and its parent reads its code.
        if end.code and os.getpid() == started_by:
            raise BadUsage(
                "the service could not be started", hint="its log, above, says why"
            ) from end
        raise


def _lacking(settings: Settings) -> list[str]:
    source = settings.sources.get("default", SourceSettings())
    given = {
        "ORACLE_DSN": source.address,
        "ORACLE_USERNAME": source.username,
        "ORACLE_PASSWORD": source.password,
    }
    return [name for name, value in given.items() if not value]


def refuse_strangers(settings: Settings) -> None:
    """Refuse to listen where others can reach it while nobody has to show a key."""
    host = settings.server.host
    if not settings.auth.enabled and not is_loopback(host):
        raise BadUsage(
            f"SERVER_HOST={host} lets others on the network call without a key",
            hint="set AUTH_ENABLED=true and AUTH_API_KEYS, or SERVER_HOST=127.0.0.1",
        )


def refuse_a_taken_port(server: ServerSettings) -> None:
    """Refuse an address that cannot be listened on, before anything is begun."""
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    try:
        socket.create_server((server.host, server.port), family=family).close()
    except OSError as error:
        # Python adds the address in brackets, which stands here anyway.
        reason = f"{error.strerror}".partition(" (")[0]
        raise BadUsage(
            f"cannot listen on {server.host}, port {server.port}: {reason}",
            hint="end what listens there, or set SERVER_PORT to another port",
        ) from error
