from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle_etl.flow.fire_times import last_due, next_fire
from oracle_etl.model.errors import InvalidRequest
from oracle_etl.model.transport import Schedule

AT_HALF_PAST_TWO = "30 2 * * *"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def fires(cron: str, zone: str, *, after: str, count: int = 1) -> list[str]:
    at, found = utc(after), []
    for _ in range(count):
        at = next_fire(Schedule(cron=cron, time_zone=zone), after=at)
        found.append(at.strftime("%Y-%m-%dT%H:%MZ"))
    return found


class TestASchedule:
    def test_is_meant_in_its_own_zone(self) -> None:
        assert fires(AT_HALF_PAST_TWO, "Asia/Seoul", after="2026-03-01T12:00") == [
            "2026-03-01T17:30Z"
        ]

    def test_is_due_after_the_moment_never_at_it(self) -> None:
        assert fires("0 12 * * *", "UTC", after="2026-03-01T12:00") == ["2026-03-02T12:00Z"]

    @given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2060, 1, 1)))  # noqa: DTZ001 - made aware below
    def test_is_due_once_a_day_whatever_the_clocks_do(self, after: datetime) -> None:
        schedule = Schedule(cron=AT_HALF_PAST_TWO, time_zone="Europe/Berlin")
        first = next_fire(schedule, after=after.replace(tzinfo=UTC))
        second = next_fire(schedule, after=first)
        assert first > after.replace(tzinfo=UTC)
        assert timedelta(hours=22) <= second - first <= timedelta(hours=26)


class TestTheNightTheClocksGoForward:
    def test_runs_what_falls_into_the_missing_hour_once(self) -> None:
        assert fires(AT_HALF_PAST_TWO, "Europe/Berlin", after="2026-03-28T12:00", count=2) == [
            "2026-03-29T01:00Z",
            "2026-03-30T00:30Z",
        ]


class TestTheNightTheClocksGoBack:
    def test_runs_what_falls_into_the_repeated_hour_once(self) -> None:
        assert fires(AT_HALF_PAST_TWO, "Europe/Berlin", after="2026-10-24T12:00", count=2) == [
            "2026-10-25T00:30Z",
            "2026-10-26T01:30Z",
        ]


def walked(schedule: Schedule, first: datetime, now: datetime) -> tuple[datetime, datetime]:
    """Find the last due instant step by step."""
    due, following = first, next_fire(schedule, after=first)
    while following <= now:
        due, following = following, next_fire(schedule, after=following)
    return due, following


class TestTheLastInstantThatIsDue:
    @settings(max_examples=40)
    @given(
        st.sampled_from(
            ["*/20 * * * *", "0 * * * *", AT_HALF_PAST_TWO, "0 3 * * SUN", "15 1 1 * *"]
        ),
        st.sampled_from(["UTC", "Asia/Seoul", "Europe/Berlin", "America/St_Johns"]),
        st.datetimes(min_value=datetime(2026, 3, 1), max_value=datetime(2026, 12, 1)),  # noqa: DTZ001 - made aware below
        st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=40)),
    )
    def test_is_the_one_that_a_walk_would_find(
        self, cron: str, zone: str, begun: datetime, away: timedelta
    ) -> None:
        schedule = Schedule(cron=cron, time_zone=zone)
        first = next_fire(schedule, after=begun.replace(tzinfo=UTC))
        now = first + away
        assert last_due(schedule, first, now) == walked(schedule, first, now)

    def test_is_found_after_years_without_a_look_at_every_minute(self) -> None:
        looks = 0

        def count(frame: FrameType, event: str, _: object) -> None:
            nonlocal looks
            looks += event == "call" and frame.f_code is next_fire.__code__

        first = utc("2020-01-01T00:00")
        sys.setprofile(count)
        try:
            found = last_due(Schedule(cron="* * * * *"), first, utc("2026-03-01T12:00"))
        finally:
            sys.setprofile(None)
        assert found == (utc("2026-03-01T12:00"), utc("2026-03-01T12:01"))
        assert looks < 2 * 24 * 60


class TestAScheduleThatCannotBe:
    @pytest.mark.parametrize(
        "cron",
        ["", "* * * *", "0 0 0 * * *", "61 * * * *", "* * * * MOND", "@daily", "* * * * * * *"],
    )
    def test_names_the_cron_field(self, cron: str) -> None:
        with pytest.raises(InvalidRequest) as refused:
            fires(cron, "UTC", after="2026-03-01T12:00")
        assert list(refused.value.details) == ["schedule.cron"]

    @pytest.mark.parametrize("cron", ["0 0 31 2 *", "0 0 30 2 *"])
    def test_is_refused_where_no_such_day_exists(self, cron: str) -> None:
        with pytest.raises(InvalidRequest) as refused:
            fires(cron, "Asia/Seoul", after="2026-03-01T12:00")
        assert list(refused.value.details) == ["schedule.cron"]

    def test_is_refused_where_its_day_never_comes(self) -> None:
        with pytest.raises(InvalidRequest, match="never due"):
            fires("0 0 */30 2 1#5", "UTC", after="2026-03-01T12:00")

    @pytest.mark.parametrize(
        "zone", ["", "Seoul", "Asia", "../../etc/passwd", "/etc/localtime", "Asia/\0", "a" * 500]
    )
    def test_names_the_zone(self, zone: str) -> None:
        with pytest.raises(InvalidRequest) as refused:
            fires(AT_HALF_PAST_TWO, zone, after="2026-03-01T12:00")
        assert list(refused.value.details) == ["schedule.time_zone"]
