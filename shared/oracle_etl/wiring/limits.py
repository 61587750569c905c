"""The flow's numbers, from the settings and what a home takes where they say nothing."""

from __future__ import annotations

from oracle_etl.outside import Limits
from oracle_etl.settings import Settings

RANDOM_BYTES = 8


def limits_of(settings: Settings, *, workers: int, progress_seconds: float) -> Limits:
    """Return the numbers; `workers` and `progress_seconds` are the home's own defaults."""
    work = settings.work
    return Limits(
        running_jobs=work.running_jobs,
        attempts=work.attempts,
        retry_backoff=work.retry_backoff,
        lease=work.lease,
        renewal=work.renewal,
        idle=work.idle,
        task_timeout=work.task_timeout or None,
        task_floor=work.task_floor,
        progress_interval=work.progress_interval or progress_seconds,
        workers=work.workers or workers,
        sessions={name: source.sessions for name, source in settings.sources.items()},
        batch_bytes=work.batch_bytes,
        part_bytes=work.part_bytes,
        history_days=work.history_days,
    )
