"""The only reader of the environment and of config.yaml.

Every setting is declared once, with its variable, its place in config.yaml, its default and a
sentence for the README's table. The environment wins over config.yaml, which wins over the
default. All missing or bad values are told at once.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, get_type_hints

import yaml

from oracle_etl.model.errors import InvalidRequest

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?\Z")
_SECONDS = {"ms": 0.001, "s": 1.0, None: 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}
_SHORTEST_MESSAGE_LEASE = 10.0
_LONGEST_MESSAGE_LEASE = 600.0


class Secret:
    """A value that never shows itself: a text, or a reference that the vault resolves when used."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text as configured."""
        return self._text

    @property
    def is_reference(self) -> bool:
        """Whether the text names a secret (`secret:NAME`) instead of being one."""
        return self._text.startswith("secret:")

    @property
    def reference(self) -> str:
        """The name of the secret that a reference names."""
        return self._text.removeprefix("secret:")

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "Secret(...)"


class Seconds(float):
    """A duration; written as 30s, 5m, 1h, 250ms or a number of seconds."""


def setting(variable: str, path: str, /, default: Any, says: str) -> Any:  # noqa: ANN401 - as dataclasses.field
    """Declare a setting."""
    return field(default=default, metadata={"variable": variable, "path": path, "says": says})


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Where and how the HTTP API answers."""

    host: str = setting(
        "SERVER_HOST",
        "server.host",
        "127.0.0.1",
        "Address that `serve` listens on; anything but loopback needs AUTH_ENABLED",
    )
    port: int = setting("SERVER_PORT", "server.port", 8080, "Port that `serve` listens on")
    threads: int = setting("SERVER_THREADS", "server.threads", 64, "Requests answered at once")
    stream_seconds: Seconds = setting(
        "SERVER_STREAM_SECONDS",
        "server.stream_seconds",
        Seconds(240),
        "How long one event stream lasts before the client reconnects",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeSettings:
    """Where state, queue and objects live."""

    home: str = setting(
        "ORACLE_ETL_HOME", "home.kind", "embedded", "`embedded` (SQLite, a folder) or `google`"
    )
    data_folder: Path = setting(
        "DATA_FOLDER", "home.data_folder", Path(".data"), "Folder of the embedded home"
    )
    objects: str = setting(
        "OBJECTS",
        "home.objects",
        "folder",
        "Where the embedded home's objects lie: `folder`, or `gs` for buckets of Cloud Storage",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """One Oracle database."""

    name: str = "default"
    dsn: str = setting("ORACLE_DSN", "oracle.dsn", "", "host:port/service, or a connect descriptor")
    tns_name: str = setting(
        "ORACLE_TNS_NAME",
        "oracle.tns_name",
        "",
        "Name in the wallet's tnsnames.ora, instead of a DSN",
    )
    username: str = setting("ORACLE_USERNAME", "oracle.username", "", "Oracle user")
    password: Secret = setting(
        "ORACLE_PASSWORD", "oracle.password", Secret(""), "Its password, or `secret:NAME`"
    )
    wallet_path: str = setting(
        "ORACLE_WALLET_PATH", "oracle.wallet_path", "", "Folder or zip of the wallet for mTLS"
    )
    wallet_password: Secret = setting(
        "ORACLE_WALLET_PASSWORD", "oracle.wallet_password", Secret(""), "Password of ewallet.pem"
    )
    mode: str = setting(
        "ORACLE_MODE",
        "oracle.mode",
        "thin",
        "`thin`, or `thick` for Oracle 11.2 (needs Instant Client)",
    )
    client_library: str = setting(
        "ORACLE_CLIENT_LIBRARY",
        "oracle.client_library",
        "",
        "Folder of Instant Client, for thick mode",
    )
    pool_min: int = setting("ORACLE_POOL_MIN", "oracle.pool_min", 0, "Connections kept open")
    pool_max: int = setting("ORACLE_POOL_MAX", "oracle.pool_max", 5, "Connections of one process")
    sessions: int = setting(
        "ORACLE_SESSIONS", "oracle.sessions", 20, "Oracle sessions of all workers together"
    )
    fetch_array_size: int = setting(
        "ORACLE_FETCH_ARRAY_SIZE",
        "oracle.fetch_array_size",
        0,
        "Rows of one fetch; 0 takes as many as `ETL_BATCH_BYTES` allows, which is better",
    )
    call_timeout: Seconds = setting(
        "ORACLE_CALL_TIMEOUT",
        "oracle.call_timeout",
        Seconds(600),
        "Longest silence of the database",
    )
    connect_timeout: Seconds = setting(
        "ORACLE_CONNECT_TIMEOUT", "oracle.connect_timeout", Seconds(20), "Longest time to connect"
    )
    source_encoding: str = setting(
        "ORACLE_SOURCE_ENCODING",
        "oracle.source_encoding",
        "",
        "Encoding of text that the database keeps under another name, such as cp949",
    )

    @property
    def address(self) -> str:
        """What to connect to."""
        return self.dsn or self.tns_name

    @property
    def is_configured(self) -> bool:
        """Whether there is anything to connect to."""
        return bool(self.address and self.username)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleSettings:
    """The Google home, and gs:// buckets."""

    project_id: str = setting("GCS_PROJECT_ID", "gcs.project_id", "", "Google Cloud project")
    bucket_name: str = setting(
        "GCS_BUCKET_NAME",
        "gcs.bucket_name",
        "oracle-etl-data",
        "Bucket of transports that name none; in the embedded home a folder of that name",
    )
    credentials_file: str = setting(
        "GCS_CREDENTIALS_FILE",
        "gcs.credentials_file",
        "",
        "Service account file; empty takes the default",
    )
    region: str = setting(
        "GOOGLE_REGION", "google.region", "asia-northeast3", "Region of everything"
    )
    database: str = setting(
        "FIRESTORE_DATABASE", "google.database", "(default)", "Firestore database"
    )
    topic: str = setting(
        "PUBSUB_TOPIC", "google.topic", "oracle-etl-tables", "Topic of table messages"
    )
    subscription: str = setting(
        "PUBSUB_SUBSCRIPTION", "google.subscription", "oracle-etl-tables", "Subscription of workers"
    )
    dead_letters: str = setting(
        "PUBSUB_DEAD_LETTERS",
        "google.dead_letters",
        "oracle-etl-dead-letters",
        "Subscription of dead letters",
    )
    worker_job: str = setting(
        "WORKER_JOB", "google.worker_job", "oracle-etl-worker", "Cloud Run job of the workers"
    )
    cloud_run_emulator: str = setting(
        "CLOUD_RUN_EMULATOR_HOST",
        "google.cloud_run_emulator",
        "",
        "host:port of a stand-in for Cloud Run's API, for tests",
    )
    upload_chunk_bytes: int = setting(
        "GCS_UPLOAD_CHUNK_BYTES",
        "gcs.upload_chunk_bytes",
        8 * 1024 * 1024,
        "Bytes of one upload request",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkSettings:
    """How work is cut, leased and repeated."""

    workers: int = setting(
        "ETL_WORKERS", "etl.workers", 0, "Worker processes of one job at most; 0 takes one per core"
    )
    running_jobs: int = setting("ETL_RUNNING_JOBS", "etl.running_jobs", 1, "Jobs that run at once")
    parallel_tables: int = setting(
        "ETL_PARALLEL_TABLES",
        "etl.parallel_tables",
        4,
        "Tables at once, for transports that say nothing",
    )
    batch_bytes: int = setting(
        "ETL_BATCH_BYTES", "etl.batch_bytes", 4 * 1024 * 1024, "Bytes of a batch of rows"
    )
    part_bytes: int = setting(
        "ETL_PART_BYTES", "etl.part_bytes", 512 * 1024 * 1024, "Size that a table is split into"
    )
    attempts: int = setting(
        "ETL_ATTEMPTS", "etl.attempts", 5, "Failures that a table or part may have"
    )
    retry_backoff: Seconds = setting(
        "ETL_RETRY_BACKOFF",
        "etl.retry_backoff",
        Seconds(1),
        "Rest of work after its first failure; it grows fivefold, to five minutes at most",
    )
    lease: Seconds = setting(
        "ETL_LEASE", "etl.lease", Seconds(120), "How long a worker owns its work"
    )
    renewal: Seconds = setting(
        "ETL_RENEWAL", "etl.renewal", Seconds(30), "How often it renews that"
    )
    tick: Seconds = setting(
        "ETL_TICK", "etl.tick", Seconds(1), "How often `serve` repairs and schedules"
    )
    idle: Seconds = setting(
        "ETL_IDLE", "etl.idle", Seconds(2), "How long a worker looks for work before it leaves"
    )
    task_timeout: Seconds = setting(
        "ETL_TASK_TIMEOUT",
        "etl.task_timeout",
        Seconds(0),
        "When a worker is ended from outside, as by Cloud Run's task timeout; 0 for never",
    )
    task_floor: Seconds = setting(
        "ETL_TASK_FLOOR",
        "etl.task_floor",
        Seconds(600),
        "How much of that must be left for a worker to take more work",
    )
    progress_interval: Seconds = setting(
        "ETL_PROGRESS_INTERVAL",
        "etl.progress_interval",
        Seconds(0),
        "How often progress is shown at most; 0 takes 1 s, and 5 s on Firestore",
    )
    history_days: int = setting(
        "ETL_HISTORY_DAYS", "etl.history_days", 90, "Days that jobs are kept"
    )
    mask_key: Secret = setting(
        "ETL_MASK_KEY", "etl.mask_key", Secret(""), "Key of hash masks, or `secret:NAME`"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthSettings:
    """Who may call."""

    enabled: bool = setting(
        "AUTH_ENABLED", "auth.enabled", default=False, says="Whether callers must show a key"
    )
    api_keys: tuple[Secret, ...] = setting(
        "AUTH_API_KEYS", "auth.api_keys", (), "Keys for X-API-Key, separated by commas"
    )
    bearer_secret: Secret = setting(
        "AUTH_BEARER_SECRET", "auth.bearer_secret", Secret(""), "HS256 secret of bearer tokens"
    )
    cors_origins: tuple[str, ...] = setting(
        "CORS_ORIGINS",
        "server.cors_origins",
        (),
        "Origins whose pages may call, separated by commas",
    )
    tick_account: str = setting(
        "TICK_SERVICE_ACCOUNT", "auth.tick_account", "", "Service account that may call /internal/*"
    )
    audience: str = setting(
        "TICK_AUDIENCE",
        "auth.audience",
        "",
        "Audience its tokens are made for: the service's address",
    )
    watcher_account: str = setting(
        "WATCHER_ACCOUNT",
        "auth.watcher_account",
        "",
        "Service account that signs the tokens of people who watch in a browser",
    )
    behind_iam: bool = setting(
        "AUTH_BEHIND_IAM",
        "auth.behind_iam",
        default=False,
        says="Whether Cloud Run lets IAM invokers in alone; it then takes tokens' signatures away",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """What is logged."""

    level: str = setting("LOG_LEVEL", "log.level", "INFO", "DEBUG, INFO, WARNING or ERROR")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionSettings:
    """Which task of a Cloud Run job this process is; Cloud Run sets these itself."""

    execution: str = setting("CLOUD_RUN_EXECUTION", "worker.execution", "", "Set by Cloud Run")
    task_index: str = setting("CLOUD_RUN_TASK_INDEX", "worker.task_index", "", "Set by Cloud Run")
    task_attempt: str = setting(
        "CLOUD_RUN_TASK_ATTEMPT", "worker.task_attempt", "", "Set by Cloud Run"
    )


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
        reader = _Reader(dict(os.environ if environment is None else environment))  # noqa: TID251 - as below
        read: ClientSettings = reader.group(cls)
        reader.refuse(reader.problems)
        return read


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set."""

    server: ServerSettings = ServerSettings()
    home: HomeSettings = HomeSettings()
    sources: Mapping[str, SourceSettings] = field(default_factory=dict)
    google: GoogleSettings = GoogleSettings()
    work: WorkSettings = WorkSettings()
    auth: AuthSettings = AuthSettings()
    log: LogSettings = LogSettings()
    worker: ExecutionSettings = ExecutionSettings()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read config.yaml (CONFIG_PATH) and the environment, telling all that is wrong at once."""
        reader = _Reader(dict(os.environ if environment is None else environment))  # noqa: TID251 - here and nowhere else
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


def worker_environment(settings: Settings) -> dict[str, str]:
    """Return the environment that a worker process of this one is started with."""
    del settings  # a worker reads the same variables and file as its parent
    return dict(os.environ)  # noqa: TID251 - handed on whole, read by nobody else


def environment_with(**settings: str) -> dict[str, str]:
    """Return the environment for a process that gets these settings and none of this one's."""
    ours = {each.metadata["variable"] for group in GROUPS for each in _declared(group)}
    ours.add("CONFIG_PATH")
    kept = {name: value for name, value in os.environ.items() if name not in ours}  # noqa: TID251 - handed on, read by nobody else
    return {**kept, **settings}


def settings_table() -> str:
    """Return the README's table of settings, in Markdown."""
    lines = ["| Variable | config.yaml | Default | What it says |", "|---|---|---|---|"]
    for group in GROUPS:
        for each in _declared(group):
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


def _declared(group: type) -> Iterator[Field[Any]]:
    return (each for each in fields(group) if "variable" in each.metadata)


def _contradictions(settings: Settings) -> Iterator[str]:
    yield from _contradictions_of_home(settings)
    yield from _contradictions_of_work(settings.work)
    if settings.auth.enabled and not (settings.auth.api_keys or settings.auth.bearer_secret):
        yield "AUTH_ENABLED needs AUTH_API_KEYS or AUTH_BEARER_SECRET"
    for source in settings.sources.values():
        if source.mode not in {"thin", "thick"}:
            yield f"the mode of source {source.name} must be thin or thick"


def _contradictions_of_home(settings: Settings) -> Iterator[str]:
    if settings.home.home not in {"embedded", "google"}:
        yield "ORACLE_ETL_HOME must be embedded or google"
    if settings.home.objects not in {"folder", "gs"}:
        yield "OBJECTS must be folder or gs"
    if settings.home.home == "google":
        if not settings.google.project_id:
            yield "GCS_PROJECT_ID is needed for the google home"
        if not _SHORTEST_MESSAGE_LEASE <= settings.work.lease <= _LONGEST_MESSAGE_LEASE:
            yield "ETL_LEASE must be 10s to 600s in the google home: Pub/Sub keeps messages so long"


def _contradictions_of_work(work: WorkSettings) -> Iterator[str]:
    if work.renewal * 2 > work.lease:
        yield "ETL_RENEWAL must be at most half of ETL_LEASE"
    if 0 < work.task_timeout <= work.task_floor:
        yield "ETL_TASK_TIMEOUT must be longer than ETL_TASK_FLOOR, or workers take no work"


class _Reader:
    """Looks a setting up in the environment, then in config.yaml, and notes what is wrong."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.problems: list[str] = []
        self.config = self._config_file()

    def group(
        self, group: type[Any], *, under: Mapping[str, object] | None = None, **more: object
    ) -> Any:  # noqa: ANN401
        """Read one group; `under` is a mapping of its own for a further source."""
        kinds = get_type_hints(group)
        values: dict[str, object] = dict(more)
        for each in _declared(group):
            found = self._found(each, under)
            if found is not MISSING:
                values[each.name] = self._parsed(each, kinds[each.name], found)
        return group(**{name: value for name, value in values.items() if value is not MISSING})

    def sources(self) -> dict[str, SourceSettings]:
        """Read the default source, and those listed under `sources:` in config.yaml."""
        found = {"default": self.group(SourceSettings, name="default")}
        listed = self.config.get("sources", {})
        if not isinstance(listed, dict):
            self.problems.append("config.yaml: `sources` must map names to settings")
            return found
        for name, values in listed.items():
            if isinstance(values, dict):
                found[str(name)] = self.group(SourceSettings, under=values, name=str(name))
            else:
                self.problems.append(f"config.yaml: source {name} must be a mapping")
        return found

    @staticmethod
    def refuse(problems: Sequence[str]) -> None:
        """Tell all that is wrong at once, if anything is."""
        if problems:
            raise InvalidRequest(
                "the settings are not usable:\n  " + "\n  ".join(problems),
                hint="see the settings table in README.md",
            )

    def _found(self, each: Field[Any], under: Mapping[str, object] | None) -> object:
        if under is not None:
            return under.get(each.metadata["path"].rsplit(".", 1)[1], MISSING)
        if each.metadata["variable"] in self.environment:
            return self.environment[each.metadata["variable"]]
        place: object = self.config
        for key in each.metadata["path"].split("."):
            if not isinstance(place, dict) or key not in place:
                return MISSING
            place = place[key]
        return place

    def _parsed(self, each: Field[Any], kind: Any, found: object) -> object:  # noqa: ANN401 - a type
        try:
            return _PARSERS[kind](self._expanded(found))
        except (ValueError, TypeError) as error:
            wrong = "" if kind in {Secret, tuple[Secret, ...]} else f": {error}"
            self.problems.append(f"{each.metadata['variable']} ({each.metadata['path']}){wrong}")
            return MISSING

    def _expanded(self, found: object) -> object:
        if isinstance(found, list):
            return [self._expanded(each) for each in found]
        if not isinstance(found, str):
            return found
        return _VARIABLE.sub(lambda match: self.environment.get(match[1], ""), found)

    def _config_file(self) -> dict[str, Any]:
        path = Path(self.environment.get("CONFIG_PATH", "config.yaml"))
        if not path.exists():
            if "CONFIG_PATH" in self.environment:
                self.problems.append(f"CONFIG_PATH names {path}, which is not there")
            return {}
        try:
            read = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        except (OSError, yaml.YAMLError) as error:
            self.problems.append(f"{path} cannot be read: {error}")
            return {}
        if not isinstance(read, dict):
            self.problems.append(f"{path} must hold a mapping")
            return {}
        return read


def _truth(text: object) -> bool:
    word = str(text).strip().lower()
    if word in _TRUE | _FALSE:
        return word in _TRUE
    raise ValueError(f"{text!r} is neither true nor false")


def _duration(text: object) -> Seconds:
    match = _DURATION.match(str(text).strip())
    if match is None:
        raise ValueError(f"{text!r} is not a duration such as 30s or 5m")
    return Seconds(float(match[1]) * _SECONDS[match[2]])


def _whole(text: object) -> int:
    number = int(str(text).strip())
    if number < 0:
        raise ValueError(f"{number} is below zero")
    return number


def _list(text: object) -> tuple[str, ...]:
    parts = text if isinstance(text, list) else str(text).split(",")
    return tuple(str(part).strip() for part in parts if str(part).strip())


_PARSERS: dict[Any, Callable[[object], object]] = {
    int: _whole,
    str: lambda text: str(text).strip(),
    bool: _truth,
    Path: lambda text: Path(str(text)).expanduser(),
    Seconds: _duration,
    Secret: lambda text: Secret(str(text)),
    tuple[str, ...]: _list,
    tuple[Secret, ...]: lambda text: tuple(Secret(each) for each in _list(text)),
}


def executable() -> str:
    """Return the Python that runs this program, for starting workers with the same one."""
    return sys.executable
