"""Workers as tasks of a Cloud Run job."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import grpc  # type: ignore[import-untyped]  # it ships no types
from google.api_core import exceptions as google_errors
from google.api_core.retry import Retry, if_exception_type

from oracle_etl.gateways.google.once import BuiltOnce
from oracle_etl.gateways.google.vendor_errors import (
    DEFECT,
    SIGN_IN,
    Table,
    Verdict,
    google_table,
    named_by,
)
from oracle_etl.model.errors import GiveUp, LauncherAway

if TYPE_CHECKING:
    from google.cloud.run_v2 import Execution, ExecutionsClient, JobsClient

_TIMEOUT_SECONDS = 30.0
_PAGE = 100
_APPEARS = timedelta(minutes=10)
"""An execution may take a while to appear among newer ones."""

ERRORS: Table = google_table(
    away=Verdict(LauncherAway),
    signed_out=Verdict(LauncherAway, SIGN_IN),
    without_right=Verdict(
        LauncherAway,
        "grant the service account roles/run.jobsExecutorWithOverrides and roles/run.viewer "
        "on the job",
    ),
    missing=Verdict(LauncherAway, "deploy the job that WORKER_JOB names in GOOGLE_REGION"),
    unfit=Verdict(LauncherAway, "look at the job in Cloud Run: it cannot be run as it is"),
    defect=Verdict(GiveUp, DEFECT),
    others={},
)
_RETRIED = Retry(
    predicate=if_exception_type(
        google_errors.ServiceUnavailable, google_errors.InternalServerError
    ),
    initial=0.2,
    maximum=2.0,
    timeout=_TIMEOUT_SECONDS,
)


@contextmanager
def named_errors(doing: str) -> Iterator[None]:
    """Turn what Cloud Run's client raises into our errors."""
    with named_by(ERRORS, doing=doing):
        yield


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerJob:
    """The Cloud Run job whose tasks are the workers."""

    project: str
    region: str
    name: str

    @property
    def path(self) -> str:
        """Its name in the API."""
        return f"projects/{self.project}/locations/{self.region}/jobs/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudRunClients:
    """Builds Google's clients: for Cloud Run, or for a stand-in at an address (host:port).

    Their library takes as long to import as all others together, and an instance that only
    answers questions never needs it: it is imported here, when the first worker is launched.
    """

    emulator: str = ""

    def jobs(self) -> JobsClient:
        """Build the client that starts executions."""
        from google.cloud.run_v2 import JobsClient  # noqa: PLC0415 - as above
        from google.cloud.run_v2.services.jobs.transports import (  # noqa: PLC0415 - as above
            JobsGrpcTransport,
        )

        if not self.emulator:
            return JobsClient()
        channel = grpc.insecure_channel(self.emulator)
        return JobsClient(transport=JobsGrpcTransport(channel=channel))

    def executions(self) -> ExecutionsClient:
        """Build the client that looks at them."""
        from google.cloud.run_v2 import ExecutionsClient  # noqa: PLC0415 - as above
        from google.cloud.run_v2.services.executions.transports import (  # noqa: PLC0415 - as above
            ExecutionsGrpcTransport,
        )

        if not self.emulator:
            return ExecutionsClient()
        channel = grpc.insecure_channel(self.emulator)
        return ExecutionsClient(transport=ExecutionsGrpcTransport(channel=channel))


class CloudRunWorkerLauncher:
    """Starts executions and never waits for one.

    The cap holds for the launches of this process. Two processes that launch at the same moment
    may pass it together; the seats for Oracle sessions hold over all of them.
    """

    def __init__(
        self,
        job: WorkerJob,
        *,
        cap: int,
        clients: CloudRunClients = CloudRunClients(),
    ) -> None:
        self._job = job.path
        self._cap = cap
        self._jobs = BuiltOnce(clients.jobs)
        self._executions = BuiltOnce(clients.executions)
        self._launching = threading.Lock()
        self._all_ended_before: datetime | None = None

    def launch(self, count: int) -> None:
        """Start one execution with as many tasks as there is room for.

        The request is not tried again: an execution may have started although its reply was
        lost, and a second one is only worth its price when the first is seen to be missing.
        """
        with self._launching:
            tasks = min(count, self._cap - self.running()) if count > 0 else 0
            if tasks <= 0:
                return
            request = {"name": self._job, "overrides": {"task_count": tasks}}
            with named_errors(f"starting {tasks} tasks of {self._job}"):
                # The operation that comes back ends with the execution: nobody waits for it.
                self._jobs.get().run_job(request=request, retry=None, timeout=_TIMEOUT_SECONDS)

    def running(self) -> int:
        """Count the tasks of every execution that has not ended, also those about to start.

        Cloud Run keeps a thousand executions and gives the newest first. What has ended stays so,
        and a look goes back no further than to the oldest that was alive at the look before.
        """
        with named_errors(f"listing executions of {self._job}"):
            listed = self._executions.get().list_executions(
                request={"parent": self._job, "page_size": _PAGE},
                retry=_RETRIED,
                timeout=_TIMEOUT_SECONDS,
            )
            executions = list(itertools.takewhile(self._may_be_alive, listed))
        alive = [each for each in executions if each.completion_time is None]
        if executions:
            oldest = alive[-1] if alive else executions[0]
            self._all_ended_before = oldest.create_time - _APPEARS
        return sum(map(_tasks_alive, alive))

    def _may_be_alive(self, execution: Execution) -> bool:
        ended_before = self._all_ended_before
        return ended_before is None or execution.create_time >= ended_before


def _tasks_alive(execution: Execution) -> int:
    ended = execution.succeeded_count + execution.failed_count + execution.cancelled_count
    return max(0, execution.task_count - ended)
