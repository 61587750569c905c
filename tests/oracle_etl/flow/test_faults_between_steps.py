"""A reply that is lost, and a worker that sleeps too long, at any effect of a run: it ends right.

Deaths are in `test_crashes`, and all of it on Google's emulators in `test_faults_on_google`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from emp_and_dept import a_source
from faults_between_steps import Fault, Point, check_fault, points
from flow_home import a_home, put_transport
from run_of_two_tables import SITUATIONS

POINTS = points(*SITUATIONS)


@pytest.mark.parametrize("fault", [Fault.LOST_REPLY, Fault.STALE_LEASE])
@pytest.mark.parametrize("point", POINTS, ids=lambda point: "-".join(map(str, point)))
def test_a_fault_at_any_effect_loses_and_doubles_nothing(
    tmp_path: Path, point: Point, fault: Fault
) -> None:
    home = a_home(tmp_path, source=a_source())
    transport = put_transport(home, "EMP", "DEPT", carriage=SITUATIONS[point[0]])
    check_fault(home, transport, point, fault)
    home.close()
