"""Find the instants at which a schedule is due."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from oracle_etl.model.errors import InvalidRequest
from oracle_etl.model.transport import Schedule

_FIELDS = 5


def next_fire(schedule: Schedule, *, after: datetime) -> datetime:
    """Return the first due instant after a moment, in UTC; InvalidRequest where none can be found.

    An hour that the clocks leave out fires once, at the change; an hour that they repeat fires
    once, the first time.
    """
    local = after.astimezone(_zone(schedule.time_zone))
    try:
        return next(_instants(schedule.cron, local)).astimezone(UTC)
    except (StopIteration, OverflowError):
        raise InvalidRequest(
            f"the schedule {schedule.cron!r} is never due",
            details={"schedule.cron": "must name a day that exists"},
        ) from None


def _instants(cron: str, local: datetime) -> CronSim:
    if len(cron.split()) != _FIELDS:
        raise _bad_cron(cron, "it has not five fields")
    try:
        return CronSim(cron, local)
    except CronSimError as error:
        raise _bad_cron(cron, str(error).lower()) from error


def _bad_cron(cron: str, problem: str) -> InvalidRequest:
    return InvalidRequest(
        f"{cron!r} is not a cron expression: {problem}",
        details={
            "schedule.cron": "must be minute, hour, day of month, month and day of week, "
            "such as `30 2 * * *`"
        },
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidRequest(
            f"{name!r} is not a time zone",
            details={"schedule.time_zone": "must be an IANA zone such as `Asia/Seoul` or `UTC`"},
        ) from None
