"""What callers get of the service itself: its health, a watcher's token, what a tick did."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from transport_api.answers import Answer


class SourceAnswer(Answer):
    """What a connection test found."""

    source: str
    status: str = Field(description="connected, unreachable, not_configured or unknown")
    checked_at: datetime | None
    latency_ms: float | None
    version: str | None
    character_set: str | None
    national_character_set: str | None
    mode: str
    pool: dict[str, int] | None
    error: str | None
    hint: str


class OracleStatusAnswer(Answer):
    """The connection test of every source."""

    status: str
    timestamp: datetime
    sources: list[SourceAnswer]


class PartHealthAnswer(Answer):
    """The state of one part of the service."""

    status: str = Field(description="ok, down, unknown or not_configured")
    checked_at: datetime | None
    code: str | None = Field(description="What is wrong; details need authentication")


class HealthAnswer(Answer):
    """Whether the service works: ok, degraded, or down."""

    status: str
    timestamp: datetime
    version: str
    oracle: PartHealthAnswer
    state: PartHealthAnswer
    queue: PartHealthAnswer
    object_store: PartHealthAnswer


class LiveAnswer(Answer):
    """That the process answers."""

    status: str
    version: str


class WatcherAnswer(Answer):
    """What a page needs to listen to Firestore, besides its own web API key."""

    custom_token: str = Field(description="For signInWithCustomToken of the Firebase SDK")
    expires_at: datetime
    tenant: str = Field(description="What every query must ask for by name")
    project_id: str
    database: str


class TickAnswer(Answer):
    """What a tick did."""

    jobs_started: list[str]
    jobs_closed: list[str]
    messages_republished: int
    workers_launched: int
    dead_letters: int
    problems: list[str]
