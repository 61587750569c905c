"""Whatever goes wrong between two steps, the job ends right: on Google's emulators.

State is in Firestore's emulator, messages in Pub/Sub's, objects in the small Cloud Storage of the
tests. One in 41 of the faults is a test; all of them are a proof.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from _pytest.mark import ParameterSet

from emp_and_dept import a_source
from emulators.emulator_fixtures import google_project
from emulators.firestore_home import firestore_database
from fakes.jumping_clock import JumpingClock
from faults_between_steps import Fault, Point, check_fault, points
from flow_home import BUCKET, LIMITS, drain, put_transport, settle
from google_fakes.anonymous import store_on
from google_fakes.cloud_storage_server import FakeCloudStorage
from google_home.emulated_home import emulated_home
from oracle_etl.flow.start_job import start_job
from oracle_etl.model.job import JobRequest
from oracle_etl.model.work import WorkRef
from oracle_etl.outside import Outside
from oracle_etl.ports import TaskQueue
from run_of_two_tables import SITUATIONS, assert_ended_right, assert_no_attempt_left

__all__ = ["google_project"]
pytestmark = pytest.mark.emulators
_TESTED_ONE_IN = 41


def faults_at_points() -> list[ParameterSet]:
    """Return each fault at each point; all but a few are a proof."""
    every = itertools.product(points("whole tables", "a table in parts"), Fault)
    return [
        pytest.param(
            point,
            fault,
            id=f"{'-'.join(map(str, point))}-{fault}",
            marks=[] if number % _TESTED_ONE_IN == 0 else pytest.mark.prove,
        )
        # 41, so that the four faults take turns in the few.
        for number, (point, fault) in enumerate(every)
    ]


@pytest.fixture
def home(google_project: str) -> Iterator[Outside]:
    cloud = FakeCloudStorage(BUCKET)
    with cloud.serving(), store_on(cloud) as store:
        yield emulated_home(
            google_project,
            firestore_database(google_project),
            clock=JumpingClock(),
            store=store,
            source=a_source(),
            # An empty queue is asked once, for half a second, and not for 2 s.
            limits=replace(LIMITS, idle=0.2),
        )


@pytest.mark.parametrize(("point", "fault"), faults_at_points())
def test_a_fault_at_any_effect_loses_and_doubles_nothing(
    home: Outside, point: Point, fault: Fault
) -> None:
    transport = put_transport(home, "EMP", "DEPT", carriage=SITUATIONS[point[0]])
    check_fault(home, transport, point, fault)


class Stammering:
    """A queue that has every message twice."""

    def __init__(self, queue: TaskQueue) -> None:
        self._queue = queue
        self.pull = queue.pull
        self.dead_letters = queue.dead_letters
        self.verify = queue.verify

    def publish(self, refs: Sequence[WorkRef]) -> None:
        """Publish each message twice, as after a lost reply."""
        self._queue.publish([*refs, *refs])


@pytest.mark.parametrize("situation", ["whole tables", "a table in parts"])
def test_messages_that_all_come_twice_double_nothing(home: Outside, situation: str) -> None:
    transport = put_transport(home, "EMP", "DEPT", carriage=SITUATIONS[situation])
    twice = replace(home, queue=Stammering(home.queue))
    job = start_job(transport.id, JobRequest(), outside=twice).job
    drain(twice)
    job = settle(twice, job.id)
    assert_ended_right(home, job)
    assert_no_attempt_left(home)
