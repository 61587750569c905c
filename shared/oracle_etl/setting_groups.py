"""Every setting, in groups by what it is about.

Each is declared once, with its variable, its place in config.yaml, its default, a sentence for the
README's table, and what it may be.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from oracle_etl.setting_values import Seconds, Secret, setting

_SHORTEST_SECONDS = 0.01
"""Of what is done again and again: less would be all the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Where and how the HTTP API answers."""

    host: str = setting(
        "SERVER_HOST",
        "server.host",
        "127.0.0.1",
        "Address that `serve` listens on; anything but loopback needs AUTH_ENABLED",
    )
    port: int = setting(
        "SERVER_PORT", "server.port", 8080, "Port that `serve` listens on", most=65535
    )
    threads: int = setting(
        "SERVER_THREADS", "server.threads", 64, "Requests answered at once", least=2
    )
    stream_seconds: Seconds = setting(
        "SERVER_STREAM_SECONDS",
        "server.stream_seconds",
        Seconds(240),
        "How long one event stream lasts before the client reconnects",
        least=_SHORTEST_SECONDS,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeSettings:
    """Where state, queue and objects live."""

    home: str = setting(
        "ORACLE_ETL_HOME",
        "home.kind",
        "embedded",
        "`embedded` (SQLite, a folder) or `google`",
        words=("embedded", "google"),
    )
    data_folder: Path = setting(
        "DATA_FOLDER", "home.data_folder", Path(".data"), "Folder of the embedded home"
    )
    objects: str = setting(
        "OBJECTS",
        "home.objects",
        "folder",
        "Where the embedded home's objects lie: `folder`, or `gs` for buckets of Cloud Storage",
        words=("folder", "gs"),
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
        words=("thin", "thick"),
    )
    client_library: str = setting(
        "ORACLE_CLIENT_LIBRARY",
        "oracle.client_library",
        "",
        "Folder of Instant Client, for thick mode",
    )
    pool_min: int = setting("ORACLE_POOL_MIN", "oracle.pool_min", 0, "Connections kept open")
    pool_max: int = setting(
        "ORACLE_POOL_MAX", "oracle.pool_max", 5, "Connections of one process", least=1
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
    sessions: int = setting(
        "ORACLE_SESSIONS",
        "oracle.sessions",
        20,
        "Sessions that all workers together may hold",
        least=1,
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
    thick_topic: str = setting(
        "PUBSUB_TOPIC_THICK",
        "google.thick_topic",
        "oracle-etl-tables-thick",
        "Topic of messages about tables of sources in thick mode",
    )
    thick_subscription: str = setting(
        "PUBSUB_SUBSCRIPTION_THICK",
        "google.thick_subscription",
        "oracle-etl-tables-thick",
        "Subscription of workers in thick mode",
    )
    thick_worker_job: str = setting(
        "WORKER_JOB_THICK",
        "google.thick_worker_job",
        "oracle-etl-worker-thick",
        "Cloud Run job of the workers in thick mode",
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
    running_jobs: int = setting(
        "ETL_RUNNING_JOBS", "etl.running_jobs", 1, "Jobs that run at once", least=1
    )
    parallel_tables: int = setting(
        "ETL_PARALLEL_TABLES",
        "etl.parallel_tables",
        4,
        "Tables at once, for transports that say nothing",
        least=1,
    )
    batch_bytes: int = setting(
        "ETL_BATCH_BYTES", "etl.batch_bytes", 12 * 1024 * 1024, "Bytes of a batch of rows", least=1
    )
    part_bytes: int = setting(
        "ETL_PART_BYTES",
        "etl.part_bytes",
        512 * 1024 * 1024,
        "Size that a table is split into",
        least=1,
    )
    attempts: int = setting(
        "ETL_ATTEMPTS", "etl.attempts", 5, "Failures that a table or part may have", least=1
    )
    retry_backoff: Seconds = setting(
        "ETL_RETRY_BACKOFF",
        "etl.retry_backoff",
        Seconds(1),
        "Rest of work after its first failure; it grows fivefold, to five minutes at most",
    )
    lease: Seconds = setting(
        "ETL_LEASE",
        "etl.lease",
        Seconds(120),
        "How long a worker owns its work",
        least=_SHORTEST_SECONDS,
    )
    renewal: Seconds = setting(
        "ETL_RENEWAL",
        "etl.renewal",
        Seconds(30),
        "How often it renews that",
        least=_SHORTEST_SECONDS,
    )
    tick: Seconds = setting(
        "ETL_TICK",
        "etl.tick",
        Seconds(1),
        "How often `serve` repairs and schedules",
        least=_SHORTEST_SECONDS,
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
        "ETL_HISTORY_DAYS", "etl.history_days", 90, "Days that jobs are kept", least=1
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
        "AUTH_API_KEYS",
        "auth.api_keys",
        (),
        "Keys for X-API-Key of 16 letters or more, separated by commas",
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

    level: str = setting(
        "LOG_LEVEL",
        "log.level",
        "INFO",
        "DEBUG, INFO, WARNING or ERROR",
        words=("DEBUG", "INFO", "WARNING", "ERROR"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionSettings:
    """Which worker this process is; Cloud Run sets what begins with its name."""

    mode: str = setting(
        "WORKER_MODE",
        "worker.mode",
        "",
        "Whose sources' tables a worker carries: those of `thin` or `thick` mode; empty takes "
        "the mode of the default source, and `serve` sets it",
        words=("", "thin", "thick"),
    )
    execution: str = setting("CLOUD_RUN_EXECUTION", "worker.execution", "", "Set by Cloud Run")
    task_index: str = setting("CLOUD_RUN_TASK_INDEX", "worker.task_index", "", "Set by Cloud Run")
    task_attempt: str = setting(
        "CLOUD_RUN_TASK_ATTEMPT", "worker.task_attempt", "", "Set by Cloud Run"
    )
