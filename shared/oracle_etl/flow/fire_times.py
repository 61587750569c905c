"""Find the instants at which a schedule is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from oracle_etl.model.errors import InvalidRequest
from oracle_etl.model.transport import Schedule

_FIELDS = 5
_NOON = 12


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


def last_due(schedule: Schedule, first: datetime, now: datetime) -> tuple[datetime, datetime]:
    """Return the last instant that is due by now, from `first` on, and the one after it.

    Looks at the last day first, then further and further back: after a long absence a schedule
    of every minute has missed thousands of instants.
    """
    days = 0
    while True:
        start = _noon_before(now, days, schedule)
        if start <= first:
            return _walked(schedule, first, now)
        begun = next_fire(schedule, after=start)
        if begun <= now:
            return _walked(schedule, begun, now)
        days = 2 * days + 1


def _noon_before(now: datetime, days: int, schedule: Schedule) -> datetime:
    # At noon no clock is changed: what is due after it does not depend on where one begins.
    local = now.astimezone(_zone(schedule.time_zone)) - timedelta(days=days + 1)
    return local.replace(hour=_NOON, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC)


def _walked(schedule: Schedule, due: datetime, now: datetime) -> tuple[datetime, datetime]:
    following = next_fire(schedule, after=due)
    while following <= now:
        due, following = following, next_fire(schedule, after=following)
    return due, following


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
