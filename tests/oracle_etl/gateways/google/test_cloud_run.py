"""Workers are tasks of a Cloud Run job's executions."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from contracts.worker_launcher_contract import WorkerLauncherContract
from google_fakes.cloud_run_jobs import FakeCloudRun, IdleTask
from google_fakes.grpc_service import StatusCode
from oracle_etl.gateways.google.cloud_run import (
    CloudRunClients,
    CloudRunWorkerLauncher,
    WorkerJob,
)
from oracle_etl.model.errors import LauncherAway

JOB = WorkerJob(project="p", region="asia-northeast3", name="oracle-etl-worker")


@pytest.fixture
def cloud() -> Iterator[FakeCloudRun]:
    with FakeCloudRun(JOB.path).serving() as cloud:
        yield cloud


def launcher_on(cloud: FakeCloudRun, *, cap: int, job: WorkerJob = JOB) -> CloudRunWorkerLauncher:
    return CloudRunWorkerLauncher(job, cap=cap, clients=CloudRunClients(emulator=cloud.address))


class TestCloudRun(WorkerLauncherContract):
    @pytest.fixture
    def launcher(self, cloud: FakeCloudRun) -> CloudRunWorkerLauncher:
        return launcher_on(cloud, cap=self.cap)

    @pytest.fixture
    def end_workers(self, cloud: FakeCloudRun) -> Callable[[], None]:
        return cloud.end_tasks


class TestALaunch:
    def test_starts_one_execution_with_a_task_per_worker(self, cloud: FakeCloudRun) -> None:
        launcher_on(cloud, cap=50).launch(7)
        assert [len(run.tasks) for run in cloud.runs] == [7]

    def test_waits_for_nothing(self, cloud: FakeCloudRun) -> None:
        launcher_on(cloud, cap=50).launch(7)
        assert cloud.service.asked == ["ListExecutions", "RunJob"]

    def test_whose_reply_is_lost_is_not_repeated(self, cloud: FakeCloudRun) -> None:
        launcher = launcher_on(cloud, cap=5)
        cloud.service.loses_the_reply_of("RunJob")
        with pytest.raises(LauncherAway):
            launcher.launch(3)
        assert len(cloud.runs) == 1
        launcher.launch(3)
        assert [len(run.tasks) for run in cloud.runs] == [3, 2]

    def test_of_a_job_that_is_not_deployed_says_what_to_do(self, cloud: FakeCloudRun) -> None:
        other = WorkerJob(project="p", region="asia-northeast3", name="typo")
        with pytest.raises(LauncherAway) as away:
            launcher_on(cloud, cap=5, job=other).launch(1)
        assert "WORKER_JOB" in away.value.hint

    def test_without_the_right_names_the_role(self, cloud: FakeCloudRun) -> None:
        cloud.service.fails_at("ListExecutions", StatusCode.PERMISSION_DENIED)
        with pytest.raises(LauncherAway) as away:
            launcher_on(cloud, cap=5).launch(1)
        assert "roles/run.jobsExecutorWithOverrides" in away.value.hint


class TestCounting:
    def test_adds_up_all_executions_that_have_not_ended(self, cloud: FakeCloudRun) -> None:
        launcher = launcher_on(cloud, cap=50)
        for count in (1, 2, 3, 4, 5):
            launcher.launch(count)
        assert launcher.running() == 15

    def test_leaves_out_tasks_that_ended_in_any_way(self, cloud: FakeCloudRun) -> None:
        launcher = launcher_on(cloud, cap=50)
        launcher.launch(4)
        for task, code in zip(cloud.runs[0].tasks, (0, 1, 137), strict=False):
            assert isinstance(task, IdleTask)
            task.end(code)
        assert launcher.running() == 1

    def test_leaves_out_an_execution_that_was_cancelled_early(self, cloud: FakeCloudRun) -> None:
        launcher = launcher_on(cloud, cap=50)
        launcher.launch(4)
        launcher.launch(2)
        cloud.cancel(cloud.runs[0])
        assert launcher.running() == 2

    def test_goes_back_no_further_than_to_what_was_alive_before(self, cloud: FakeCloudRun) -> None:
        launcher = launcher_on(cloud, cap=50)
        for _ in range(9):
            launcher.launch(1)
            cloud.end_tasks()
        launcher.launch(2)
        assert launcher.running() == 2
        cloud.service.asked.clear()
        assert launcher.running() == 2
        assert cloud.service.asked == ["ListExecutions"]
        assert launcher_on(cloud, cap=50).running() == 2

    def test_finds_what_is_alive_behind_much_that_has_ended(self, cloud: FakeCloudRun) -> None:
        launcher = launcher_on(cloud, cap=50)
        launcher.launch(3)
        for _ in range(5):
            launcher.launch(1)
            (task,) = cloud.runs[-1].tasks
            assert isinstance(task, IdleTask)
            task.end()
            assert launcher.running() == 3
        cloud.end_tasks()
        assert [launcher.running(), launcher.running()] == [0, 0]
        launcher.launch(4)
        assert launcher.running() == 4

    def test_gets_over_a_failure_that_passes(self, cloud: FakeCloudRun) -> None:
        launcher = launcher_on(cloud, cap=50)
        launcher.launch(4)
        cloud.service.fails_at("ListExecutions", StatusCode.UNAVAILABLE)
        assert launcher.running() == 4
