"""A worker or starter that dies at any effect leaves nothing wrong, and the job ends right."""

from __future__ import annotations

from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from emp_and_dept import a_source
from fakes.crashing_home import Crash, Effects, Moment, crashing
from flow_home import a_home, put_transport, settle, start
from run_of_two_tables import (
    SITUATIONS,
    as_in,
    assert_ended_right,
    assert_no_attempt_left,
    assert_nothing_partial,
    effects_of,
    run,
    start_job_again,
)


def kill_points() -> list[ParameterSet]:
    return [
        pytest.param(situation, number, moment, id=f"{situation}-{number}-{name}-{moment}")
        for situation in SITUATIONS
        for number, name in enumerate(effects_of(situation), start=1)
        for moment in Moment
    ]


@pytest.mark.parametrize(("situation", "number", "moment"), kill_points())
def test_a_death_at_any_effect_loses_and_doubles_nothing(
    tmp_path: Path, situation: str, number: int, moment: Moment
) -> None:
    home = a_home(tmp_path, source=a_source())
    transport = put_transport(home, "EMP", "DEPT", carriage=SITUATIONS[situation])
    with as_in(situation):
        with pytest.raises(Crash):
            run(crashing(home, Effects(dies_at=number, moment=moment)), transport)
        assert_nothing_partial(home)
        job = start_job_again(home, transport)
        job = settle(home, job.id)
    assert_ended_right(home, job)
    assert_no_attempt_left(home)
    home.close()


def test_the_kill_points_are_as_many_as_a_run_has_effects() -> None:
    assert len(kill_points()) == 2 * sum(len(effects_of(each)) for each in SITUATIONS)
    assert len(effects_of("a table in parts")) > len(effects_of("whole tables"))


def test_a_start_that_repeats_is_the_same_job(tmp_path: Path) -> None:
    home = a_home(tmp_path, source=a_source())
    transport = put_transport(home, "EMP", "DEPT")
    first = start(home, transport, idempotency_key="k")
    assert start_job_again(home, transport).id == first.id
    home.close()
