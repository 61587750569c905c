"""The Google home: Google's emulators, small stand-ins for Cloud Storage, Cloud Run and its front.

The API runs under functions-framework and workers as `python -m table_worker`, as in the image.
Emulators and stand-ins are Google's side: they outlast whatever is killed here.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import requests

from emulators.google_emulators import firestore_address, pubsub_address
from emulators.pubsub_resources import DEAD_TOPIC, TOPIC, create_queue
from google_fakes.cloud_run_jobs import FakeCloudRun, IdleTask
from google_fakes.cloud_storage_server import FakeCloudStorage
from journey_homes.cloud_scheduler import AUDIENCE, TICK_ACCOUNT, CloudScheduler
from journey_homes.environment import environment_of
from journey_homes.home import Home
from journey_homes.last_to_leave import ends_with_us
from journey_homes.oracle import Oracle
from journey_homes.processes import kill_all_in, send, working_in
from journey_homes.waiting import until

_SOURCE = Path(__file__).parents[2] / "functions" / "transport_api" / "main.py"
_REGION = "asia-northeast3"
_JOB = "oracle-etl-worker"
_START_SECONDS = 60.0
_END_SECONDS = 60.0
_SHORTEST_LEASE_SECONDS = 10.0
"""Pub/Sub keeps no message for less."""

QUICK = {
    "ETL_WORKERS": "2",
    "ETL_LEASE": "10s",
    "ETL_RENEWAL": "2s",
    "ETL_IDLE": "500ms",
    "ETL_PROGRESS_INTERVAL": "200ms",
    "ETL_BATCH_BYTES": "65536",
    "ORACLE_FETCH_ARRAY_SIZE": "100",
}


class GoogleHome(Home):
    """A service and a job on Cloud Run, as far as one machine can be that."""

    bucket = "oracle-etl-data"

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, str],
        *,
        storage: FakeCloudStorage,
        cloud_run: FakeCloudRun,
    ) -> None:
        self._folder = folder
        self._log = folder.with_name(f"{folder.name}.log")
        self._settings = dict(settings)
        self.project = settings["GCS_PROJECT_ID"]
        self._storage = storage
        self._cloud_run = cloud_run
        cloud_run.start_task = self._start_task
        folder.mkdir()
        ends_with_us(folder)
        self.start_again()

    def start_again(self) -> None:
        """Start the API as the image does, and wait until it answers."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [
            str(Path(sys.executable).with_name("functions-framework")),
            "--target=api",
            f"--source={_SOURCE}",
            "--host=127.0.0.1",
            f"--port={port}",
        ]
        self._service = self._start(command, {"THREADS": "64", "SERVER_THREADS": "64"})
        self.url = f"http://127.0.0.1:{port}"
        until(self._answers, within_seconds=_START_SECONDS, what="the service's first answer")
        self._scheduler = CloudScheduler(self.url)
        self._scheduler.start()

    def _answers(self) -> bool:
        assert self._service.poll() is None, f"the service did not start: {self.log()}"
        with suppress(requests.ConnectionError):
            return requests.get(f"{self.url}/api/health/live", timeout=_START_SECONDS).ok
        return False

    def _start_task(self, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        return self._start([sys.executable, "-m", "table_worker"], environment)

    def _start(
        self, command: Sequence[str], environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own programs, no shell
                command,
                env=environment_of({**self._settings, **environment}),
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _tasks(self) -> Iterator[subprocess.Popen[bytes]]:
        for run in tuple(self._cloud_run.runs):
            for task in run.tasks:
                if isinstance(task, subprocess.Popen) and task.poll() is None:
                    yield task

    def workers(self) -> Sequence[int]:
        """Return the tasks that run."""
        return sorted(task.pid for task in self._tasks())

    def end_worker(self, worker: int, number: signal.Signals) -> None:
        """Send the signal to one task."""
        send(worker, number)

    def hold_still(self) -> None:
        """Let no tick come, and no worker that is launched do anything."""
        self._scheduler.stop()
        self._cloud_run.start_task = lambda _environment: IdleTask()

    def end_service(self, number: signal.Signals) -> int:
        """End the service; who ends it in order cancels the executions as well."""
        self._scheduler.stop()
        self._service.send_signal(number)
        code = self._service.wait(_END_SECONDS)
        if number == signal.SIGTERM:
            for task in list(self._tasks()):
                task.terminate()
                task.wait(_END_SECONDS)
        return code

    def lose_machine(self) -> None:
        """Kill service and tasks; what Google holds stays."""
        tasks = list(self._tasks())
        self._scheduler.stop()
        kill_all_in(self._folder)
        for each in (self._service, *tasks):
            each.wait(_END_SECONDS)

    def left_processes(self) -> Sequence[int]:
        """Return every process that works in the home's folder."""
        return sorted(each.pid for each in working_in(self._folder))

    def names(self, bucket: str) -> Sequence[str]:
        """List what is published."""
        return sorted(self._storage.objects(bucket))

    def read(self, bucket: str, name: str) -> bytes:
        """Read what is published."""
        try:
            return self._storage.objects(bucket)[name]
        except KeyError:
            raise FileNotFoundError(name) from None

    def log(self) -> str:
        """Return the lines of the service and of all tasks."""
        return self._log.read_text()


@contextmanager
def google_home(folder: Path, oracle: Oracle, settings: Mapping[str, str]) -> Iterator[GoogleHome]:
    """Serve while the block runs."""
    project = f"journey-{uuid.uuid4().hex[:12]}"
    create_queue(project)
    storage = FakeCloudStorage(GoogleHome.bucket)
    cloud_run = FakeCloudRun(f"projects/{project}/locations/{_REGION}/jobs/{_JOB}")
    with ExitStack() as stack:
        stack.enter_context(storage.serving())
        stack.enter_context(cloud_run.serving())
        google = {
            "ORACLE_ETL_HOME": "google",
            "GCS_PROJECT_ID": project,
            "GCS_BUCKET_NAME": GoogleHome.bucket,
            "GOOGLE_REGION": _REGION,
            "PUBSUB_TOPIC": TOPIC,
            "PUBSUB_SUBSCRIPTION": TOPIC,
            "PUBSUB_DEAD_LETTERS": DEAD_TOPIC,
            "WORKER_JOB": _JOB,
            "FIRESTORE_EMULATOR_HOST": firestore_address(),
            "PUBSUB_EMULATOR_HOST": pubsub_address(),
            "STORAGE_EMULATOR_HOST": storage.endpoint,
            "CLOUD_RUN_EMULATOR_HOST": cloud_run.address,
            "AUTH_BEHIND_IAM": "true",
            "TICK_SERVICE_ACCOUNT": TICK_ACCOUNT,
            "TICK_AUDIENCE": AUDIENCE,
        }
        told = {**QUICK, **google, **oracle.settings, **_with_a_lease_of_pubsub(settings)}
        home = GoogleHome(folder, told, storage=storage, cloud_run=cloud_run)
        try:
            yield home
        finally:
            home.lose_machine()


def _with_a_lease_of_pubsub(settings: Mapping[str, str]) -> Mapping[str, str]:
    """Return a journey's settings, with a lease that Pub/Sub can keep."""
    lease = settings.get("ETL_LEASE")
    if lease is None:
        return settings
    seconds = float(lease.removesuffix("ms")) / 1000 if lease.endswith("ms") else float(lease[:-1])
    return {**settings, "ETL_LEASE": f"{max(seconds, _SHORTEST_LEASE_SECONDS):g}s"}
