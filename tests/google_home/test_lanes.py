"""Work and seats of a thick source beside a thin one, on the Google home."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from emulators.emulator_fixtures import google_project
from emulators.pubsub_resources import create_queue
from oracle_etl.flow.take_seat import move_seat, take_seat
from oracle_etl.model.work import WorkRef
from oracle_etl.outside import Outside
from oracle_etl.ports import TaskQueue
from oracle_etl.settings import Settings
from oracle_etl.wiring import wire_api, wire_worker

__all__ = ["google_project"]
pytestmark = pytest.mark.emulators

OLD = {"dsn": "old.invalid:1521/OLD", "username": "u", "mode": "thick", "sessions": 1}


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """The processes of a deployment."""

    api: Outside
    thin: Outside
    thick: Outside


@pytest.fixture
def deployed(google_project: str, tmp_path: Path) -> Iterator[Deployed]:
    create_queue(google_project)
    config = tmp_path / "config.yaml"
    config.write_text(json.dumps({"sources": {"old": OLD}}))
    told = {
        "ORACLE_ETL_HOME": "google",
        "GCS_PROJECT_ID": google_project,
        "CONFIG_PATH": str(config),
        "ORACLE_DSN": "db.invalid:1521/X",
        "ORACLE_USERNAME": "u",
        "ORACLE_SESSIONS": "1",
    }
    with ExitStack() as opened:
        api = wire_api(Settings.from_environment(told))
        thin, thick = (
            wire_worker(Settings.from_environment({**told, "WORKER_MODE": mode}))
            for mode in ("thin", "thick")
        )
        for each in (api, thin, thick):
            opened.enter_context(closing(each))
        yield Deployed(api=api, thin=thin, thick=thick)


def pulled(queue: TaskQueue) -> WorkRef | None:
    delivery = queue.pull(wait_seconds=1, lease_seconds=60)
    if delivery is None:
        return None
    delivery.done()
    return delivery.ref


class TestALane:
    @pytest.mark.parametrize(("source", "mode"), [("default", "thin"), ("old", "thick")])
    def test_leads_the_work_of_a_source_to_workers_of_its_mode_alone(
        self, deployed: Deployed, source: str, mode: str
    ) -> None:
        ref = WorkRef(job_id="JOB-20260301-120000-0001", table_id=source)
        deployed.api.lane_of(source).queue.publish([ref])
        workers = {"thin": deployed.thin, "thick": deployed.thick}
        right = workers.pop(mode)
        [wrong] = workers.values()
        assert pulled(wrong.queue) is None
        assert pulled(right.queue) == ref

    def test_is_there(self, deployed: Deployed) -> None:
        deployed.api.queue.verify()
        deployed.api.lane_of("old").queue.verify()


class TestSeats:
    def test_of_each_source_are_taken_by_workers_of_its_mode(self, deployed: Deployed) -> None:
        taken = [
            take_seat(owner=f"w{number}", outside=worker)
            for number, worker in enumerate((deployed.thin, deployed.thick) * 2)
        ]
        assert [seat and seat.source for seat in taken] == ["default", "old", None, None]

    def test_are_changed_in_one_step(self, deployed: Deployed) -> None:
        seat = take_seat(owner="w1", outside=deployed.thin)
        assert seat is not None
        moved = move_seat(seat, "old", outside=deployed.thin)
        assert moved is not None
        assert moved.source == "old"
        assert take_seat(owner="w2", outside=deployed.thin) is not None
        assert take_seat(owner="w3", outside=deployed.thick) is None
