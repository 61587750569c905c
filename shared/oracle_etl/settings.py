"""The only reader of the environment and of config.yaml.

The environment wins over config.yaml, which wins over the default. All missing or bad values are
told at once.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from oracle_etl.setting_groups import (
    AuthSettings,
    ExecutionSettings,
    GoogleSettings,
    HomeSettings,
    LogSettings,
    ServerSettings,
    SourceSettings,
    WorkSettings,
)
from oracle_etl.setting_reader import Reader
from oracle_etl.setting_values import Seconds, Secret, declared, setting

__all__ = [
    "GROUPS",
    "AuthSettings",
    "ClientSettings",
    "ExecutionSettings",
    "GoogleSettings",
    "HomeSettings",
    "LogSettings",
    "Seconds",
    "Secret",
    "ServerSettings",
    "Settings",
    "SourceSettings",
    "WorkSettings",
    "environment_with",
    "executable",
    "settings_table",
    "worker_environment",
]

_SHORTEST_MESSAGE_LEASE = 10.0
_LONGEST_MESSAGE_LEASE = 600.0
_FEWEST_LETTERS_OF_A_KEY = 16
"""Nothing slows down who guesses."""
_UPLOAD_GRANULE = 256 * 1024
"""Cloud Storage takes multiples of it."""
_ORIGIN = re.compile(
    r"(\*|[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?)\Z", re.ASCII
)
"""As browsers write it: one whole host, in small letters, without a path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings:
    """Which server the commands talk to, and as whom."""

    url: str = setting(
        "ORACLE_ETL_URL",
        "client.url",
        "http://127.0.0.1:8080",
        "Server that the commands talk to",
    )
    api_key: Secret = setting(
        "ORACLE_ETL_API_KEY", "client.api_key", Secret(""), "Key that the commands show it"
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> ClientSettings:
        """Read what a client needs and nothing else; the server's settings may be absent."""
        reader = _reader(environment)
        if not reader.is_named:
            # Whatever else lies in the folder, as another program's file, is no client's business.
            reader.problems = list(_chosen_by_the_folder(reader))
        read: ClientSettings = reader.group(cls)
        reader.refuse(reader.problems)
        return read


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set."""

    server: ServerSettings = field(default_factory=ServerSettings)
    home: HomeSettings = field(default_factory=HomeSettings)
    sources: Mapping[str, SourceSettings] = field(default_factory=dict)
    google: GoogleSettings = field(default_factory=GoogleSettings)
    work: WorkSettings = field(default_factory=WorkSettings)
    auth: AuthSettings = field(default_factory=AuthSettings)
    log: LogSettings = field(default_factory=LogSettings)
    worker: ExecutionSettings = field(default_factory=ExecutionSettings)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read config.yaml (CONFIG_PATH) and the environment, telling all that is wrong at once."""
        reader = _reader(environment)
        read = cls(
            server=reader.group(ServerSettings),
            home=reader.group(HomeSettings),
            sources=reader.sources(),
            google=reader.group(GoogleSettings),
            work=reader.group(WorkSettings),
            auth=reader.group(AuthSettings),
            log=reader.group(LogSettings),
            worker=reader.group(ExecutionSettings),
        )
        reader.refuse([*reader.problems, *_contradictions(read)])
        return read


def _reader(environment: Mapping[str, str] | None) -> Reader:
    found = dict(os.environ if environment is None else environment)  # noqa: TID251 - here and nowhere else
    return Reader(found, groups=GROUPS, of_a_source=SourceSettings)


def _chosen_by_the_folder(reader: Reader) -> Iterator[str]:
    """Tell where the folder that a command is called in would choose whom it shows its key to."""
    if "client" in reader.config:
        yield (
            "config.yaml: `client` counts only in a file that CONFIG_PATH names: set it to this "
            "one if you trust it, or set ORACLE_ETL_URL in the environment and take `client` out"
        )


GROUPS = (
    ServerSettings,
    HomeSettings,
    SourceSettings,
    GoogleSettings,
    WorkSettings,
    AuthSettings,
    LogSettings,
    ExecutionSettings,
    ClientSettings,
)


def worker_environment(*, mode: str) -> dict[str, str]:
    """Return the environment that a worker process of this one is started with."""
    # A worker reads the same variables and file as its parent.
    return {**os.environ, "WORKER_MODE": mode}  # noqa: TID251 - handed on whole, read by nobody else


def environment_with(**settings: str) -> dict[str, str]:
    """Return the environment for a process that gets these settings and none of this one's."""
    ours = {each.metadata["variable"] for group in GROUPS for each in declared(group)}
    ours.add("CONFIG_PATH")
    kept = {name: value for name, value in os.environ.items() if name not in ours}  # noqa: TID251 - handed on, read by nobody else
    return {**kept, **settings}


def settings_table() -> str:
    """Return the README's table of settings, in Markdown."""
    lines = ["| Variable | config.yaml | Default | What it says |", "|---|---|---|---|"]
    for group in GROUPS:
        for each in declared(group):
            shown = _shown(each.default)
            said = each.metadata
            lines.append(f"| `{said['variable']}` | `{said['path']}` | {shown} | {said['says']} |")
    return "\n".join(lines) + "\n"


def _shown(default: object) -> str:
    match default:
        case Secret() | "" | ():
            return ""
        case Seconds():
            return f"{default:g}s"
        case bool():
            return str(default).lower()
        case _:
            return f"{default}"


def _contradictions(settings: Settings) -> Iterator[str]:
    yield from _contradictions_of_callers(settings.auth)
    yield from _contradictions_of_work(settings.work)
    for source in settings.sources.values():
        if source.pool_min > source.pool_max:
            yield f"ORACLE_POOL_MIN of source {source.name} must be at most its ORACLE_POOL_MAX"
    if settings.home.home == "google":
        yield from _contradictions_on_google(settings)
    chunk = settings.google.upload_chunk_bytes
    if chunk == 0 or chunk % _UPLOAD_GRANULE:
        yield f"GCS_UPLOAD_CHUNK_BYTES must be a multiple of {_UPLOAD_GRANULE}"


def _contradictions_of_callers(auth: AuthSettings) -> Iterator[str]:
    if auth.enabled and not (auth.api_keys or auth.bearer_secret):
        yield "AUTH_ENABLED needs AUTH_API_KEYS or AUTH_BEARER_SECRET"
    if auth.enabled and any(map(_can_be_guessed, auth.api_keys)):
        yield (
            f"AUTH_API_KEYS: a key has fewer than {_FEWEST_LETTERS_OF_A_KEY} letters; make one "
            "with `openssl rand -hex 32`"
        )
    for origin in auth.cors_origins:
        if not _ORIGIN.match(origin):
            yield (
                f"CORS_ORIGINS: {origin!r} is no origin as browsers write it, such as "
                "https://etl.example.com: one whole host, in small letters, without a path"
            )


def _can_be_guessed(key: Secret) -> bool:
    # How long a key is that is elsewhere, its name does not tell.
    return not key.is_reference and len(key.reveal()) < _FEWEST_LETTERS_OF_A_KEY


def _contradictions_on_google(settings: Settings) -> Iterator[str]:
    if not settings.google.project_id:
        yield "GCS_PROJECT_ID is needed for the google home"
    if not _SHORTEST_MESSAGE_LEASE <= settings.work.lease <= _LONGEST_MESSAGE_LEASE:
        yield "ETL_LEASE must be 10s to 600s in the google home: Pub/Sub keeps messages so long"


def _contradictions_of_work(work: WorkSettings) -> Iterator[str]:
    if work.renewal * 2 > work.lease:
        yield "ETL_RENEWAL must be at most half of ETL_LEASE"
    if 0 < work.task_timeout <= work.task_floor:
        yield "ETL_TASK_TIMEOUT must be longer than ETL_TASK_FLOOR, or workers take no work"


def executable() -> str:
    """Return the Python that runs this program, for starting workers with the same one."""
    return sys.executable
