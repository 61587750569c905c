"""A small Cloud Run on loopback: runs a job's executions, each task by a function of the test."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from google.cloud.run_v2 import (
    Execution,
    ListExecutionsRequest,
    ListExecutionsResponse,
    RunJobRequest,
)
from google.longrunning.operations_pb2 import (  # type: ignore[import-untyped]  # as below
    GetOperationRequest,
    Operation,
)
from google.protobuf.any_pb2 import (  # type: ignore[import-untyped]  # it ships no types
    Any as AnyMessage,
)

from google_fakes.grpc_service import GrpcService, Method, Rejected, StatusCode

_FIRST = datetime(2026, 3, 1, tzinfo=UTC)
"""When the first execution was begun; each following one seems to come an hour later."""
_ENDED = datetime(2026, 4, 1, tzinfo=UTC)
_PAGE = 2
"""Small, so that every test with a few executions reads more than one page."""


class RunningTask(Protocol):
    """A task; a `subprocess.Popen` is one."""

    def poll(self) -> int | None:
        """Return the exit code, None while it runs."""
        ...


class IdleTask:
    """A task that runs until it is ended."""

    def __init__(self) -> None:
        self._code: int | None = None

    def end(self, code: int = 0) -> None:
        """End it."""
        self._code = code

    def poll(self) -> int | None:
        """Return the exit code."""
        return self._code


@dataclass(frozen=True, slots=True)
class Run:
    """One execution."""

    name: str
    tasks: tuple[RunningTask, ...]


class FakeCloudRun:
    """One job; `start_task` gets the environment that Cloud Run gives a task."""

    def __init__(
        self,
        job: str,
        *,
        default_tasks: int = 1,
        start_task: Callable[[Mapping[str, str]], RunningTask] | None = None,
    ) -> None:
        self._job = job
        self._default_tasks = default_tasks
        self.start_task = start_task or (lambda _environment: IdleTask())
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._cancelled: set[str] = set()
        self.runs: list[Run] = []
        self.address = ""
        """Its host:port while it serves."""
        self.service = GrpcService(
            {
                "/google.cloud.run.v2.Jobs/RunJob": Method(
                    RunJobRequest.deserialize, self._run_job, Operation.SerializeToString
                ),
                "/google.longrunning.Operations/GetOperation": Method(
                    GetOperationRequest.FromString, self._operation, Operation.SerializeToString
                ),
                "/google.cloud.run.v2.Executions/ListExecutions": Method(
                    ListExecutionsRequest.deserialize,
                    self._list,
                    ListExecutionsResponse.serialize,
                ),
            }
        )

    @contextmanager
    def serving(self) -> Iterator[FakeCloudRun]:
        """Answer until the block ends."""
        with self.service.serving() as self.address:
            yield self

    def end_tasks(self, code: int = 0) -> None:
        """End every idle task."""
        for run in self.runs:
            for task in run.tasks:
                if isinstance(task, IdleTask):
                    task.end(code)

    def cancel(self, run: Run) -> None:
        """End an execution whose tasks are counted as nothing, as before they begin."""
        self._cancelled.add(run.name)

    def _run_job(self, request: RunJobRequest) -> Operation:
        if request.name != self._job:
            raise Rejected(StatusCode.NOT_FOUND, f"no job {request.name}")
        count = request.overrides.task_count or self._default_tasks
        with self._lock:
            name = f"{self._job}/executions/run-{next(self._numbers):05d}"
            environment = {
                "CLOUD_RUN_JOB": self._job.rpartition("/")[2],
                "CLOUD_RUN_EXECUTION": name.rpartition("/")[2],
                "CLOUD_RUN_TASK_ATTEMPT": "0",
                "CLOUD_RUN_TASK_COUNT": str(count),
            }
            tasks = tuple(
                self.start_task({**environment, "CLOUD_RUN_TASK_INDEX": str(index)})
                for index in range(count)
            )
            run = Run(name, tasks)
            self.runs.append(run)
        return self._operation_of(run)

    def _operation(self, request: GetOperationRequest) -> Operation:
        for run in self.runs:
            if f"operations/{run.name}" == request.name:
                return self._operation_of(run)
        raise Rejected(StatusCode.NOT_FOUND, f"no operation {request.name}")

    def _operation_of(self, run: Run) -> Operation:
        execution = AnyMessage()
        execution.Pack(Execution.pb(self._execution(run)))
        return Operation(
            name=f"operations/{run.name}", metadata=execution, done=self._has_ended(run)
        )

    def _list(self, request: ListExecutionsRequest) -> ListExecutionsResponse:
        if request.parent != self._job:
            raise Rejected(StatusCode.NOT_FOUND, f"no job {request.parent}")
        first = int(request.page_token or "0")
        newest_first = self.runs[::-1]
        more = len(newest_first) > first + _PAGE
        return ListExecutionsResponse(
            executions=[self._execution(run) for run in newest_first[first : first + _PAGE]],
            next_page_token=str(first + _PAGE) if more else "",
        )

    def _execution(self, run: Run) -> Execution:
        codes = [task.poll() for task in run.tasks]
        cancelled = run.name in self._cancelled
        return Execution(
            name=run.name,
            create_time=_FIRST + timedelta(hours=self.runs.index(run)),
            task_count=len(codes),
            running_count=0 if cancelled else codes.count(None),
            succeeded_count=codes.count(0),
            failed_count=sum(code not in {None, 0} for code in codes),
            completion_time=_ENDED if self._has_ended(run) else None,
        )

    def _has_ended(self, run: Run) -> bool:
        return run.name in self._cancelled or all(task.poll() is not None for task in run.tasks)
