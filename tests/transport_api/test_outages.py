"""What each operation answers while something that it needs is away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from werkzeug.test import TestResponse

from api_service import Api, document, problem
from fakes.away import Away
from oracle_etl.flow.tick import tick
from oracle_etl.model import errors
from oracle_etl.model.job import JobStatus
from oracle_etl.model.table_task import Failure
from oracle_etl.model.transport import TransportStatus
from oracle_etl.ports import PageRequest
from transport_api.call import Access, Need, Operation
from transport_api.operations import OPERATIONS

AWAY: dict[Need, errors.TryAgain] = {
    Need.STATE: errors.BookAway("the state is away", hint="wait"),
    Need.ORACLE: errors.SourceAway("the listener is down", hint="start it"),
    Need.STORE: errors.StoreAway("the bucket does not answer", hint="wait"),
    Need.SIGN_IN: errors.SignInAway("no token can be signed", hint="wait"),
}
PORT = {Need.STATE: "book", Need.ORACLE: "source", Need.STORE: "store", Need.SIGN_IN: "sign_in"}
HEALTH = {"tellHealth", "tellOracleStatus"}
"""Operations that tell of what is away, and answer all the same; their own tests show it."""


class AwayStore(Away):
    """A store that does not answer, which still knows where things lie."""

    def location(self, bucket: str, name: str) -> str:
        return f"gs://{bucket}/{name}"


def port_that_is_away(need: Need) -> dict[str, Any]:
    """Return what of a home to replace."""
    error = AWAY[need]
    if need is Need.ORACLE:
        return {"source": lambda _: Away(error)}
    return {PORT[need]: (AwayStore if need is Need.STORE else Away)(error)}


class World:
    """A service with an idle transport, one whose job runs, and jobs that ended."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.idle = api.create("E*")["id"]
        self.completed = api.execute(self.idle)["id"]
        api.work()
        self.failed = self._failed(api)
        self.busy = api.create("EMP")["id"]
        self.running = api.execute(self.busy)["id"]

    def _failed(self, api: Api) -> str:
        """Return a job that has read one of its tables, and failed with another."""
        made = api.create("EMP", "DEPT")
        job = api.execute(made["id"])
        api.work()
        book = api.home.book
        failure = Failure(code="TABLE_CHANGED", message="ORA-01466")
        read = book.tables(job["id"], PageRequest(size=2)).items[-1]
        last = replace(read, extract=None, objects=())
        ended = replace(book.job(job["id"]), status=JobStatus.FAILED)
        book.transact(
            lambda entries: entries.put_table(last.failed(failure, now=last.stages[0].at))
        )
        book.transact(lambda entries: entries.put_job(ended))
        rests = book.transport(made["id"]).released(TransportStatus.FAILED)
        book.transact(lambda entries: entries.put_transport(rests))
        return str(job["id"])

    def ask(self, operation: Operation, api: Api) -> TestResponse:
        """Send a request that the operation would grant."""
        path, body = self.requests()[operation.name]
        return api.call(operation.method, path, body)

    def requests(self) -> dict[str, tuple[str, dict[str, Any] | None]]:
        """Return a request for each operation, by its name."""
        return {
            "tellLive": ("/api/health/live", None),
            "listTables": ("/api/tables", None),
            "sampleTable": ("/api/tables/EMP/sample", None),
            "showTable": ("/api/tables/EMP", None),
            "createTransport": ("/api/transports", {"name": "a", "tables": ["EMP"]}),
            "listTransports": ("/api/transports", None),
            "showTransport": (f"/api/transports/{self.idle}", None),
            "changeTransport": (f"/api/transports/{self.idle}", {"prefix": "p"}),
            "removeTransport": (f"/api/transports/{self.idle}", None),
            "executeTransport": (f"/api/transports/{self.idle}/execute", {}),
            "watchTransport": (f"/api/transports/{self.idle}/status", None),
            "listJobs": ("/api/jobs", None),
            "showJob": (f"/api/jobs/{self.completed}", None),
            "listTablesOfJob": (f"/api/jobs/{self.completed}/tables", None),
            "watchJob": (f"/api/jobs/{self.completed}/events", None),
            "cancelJob": (f"/api/jobs/{self.running}/cancel", {}),
            "retryJob": (f"/api/jobs/{self.failed}/retry", {}),
            "showManifest": (f"/api/jobs/{self.completed}/manifest", None),
            "signInWatcher": ("/api/watchers/sign-in", {}),
            "showOpenapi": ("/api/openapi.json", None),
            "runTick": ("/internal/tick", {}),
        }


@pytest.fixture
def world(api: Api) -> World:
    return World(api)


OF_THE_BOOK = [
    each for each in OPERATIONS if Need.STATE in each.needs and each.access is Access.CALLER
]
PAIRS = [
    pytest.param(operation, need, id=f"{operation.name} without {need.value}")
    for operation in OPERATIONS
    for need in Need
    if operation.name not in HEALTH
]


class TestAnOperation:
    @pytest.mark.parametrize(("operation", "need"), PAIRS)
    def test_answers_503_without_what_it_needs_and_works_without_the_rest(
        self, world: World, operation: Operation, need: Need
    ) -> None:
        answer = world.ask(operation, world.api.having(**port_that_is_away(need)))
        if need in operation.needs:
            status, code, _ = problem(answer)
            assert (status, code) == (503, AWAY[need].code)
            assert document(answer)["hint"]
            assert int(answer.headers["Retry-After"]) > 0
        elif operation.name != "signInWatcher":
            assert answer.status_code == operation.status

    @pytest.mark.parametrize("operation", OF_THE_BOOK, ids=lambda each: each.name)
    def test_on_the_state_does_without_queue_and_workers(
        self, world: World, operation: Operation
    ) -> None:
        away = Away(errors.QueueAway("away"))
        answer = world.ask(operation, world.api.having(queue=away, launcher=away))
        assert answer.status_code == operation.status

    def test_is_in_this_table(self, world: World) -> None:
        assert world.requests().keys() | HEALTH == {each.name for each in OPERATIONS}


class TestAJobThatIsAskedForWhileItsMessagesCannotBeSent:
    def test_is_started_by_a_later_tick(self, world: World) -> None:
        api = world.api
        api.post(f"/api/jobs/{world.running}/cancel")
        away = api.having(queue=Away(errors.QueueAway("the queue is away")))
        job = away.execute(world.idle)
        api.home.clock.wait(60)
        tick(outside=api.home)
        api.work()
        assert document(api.get(f"/api/jobs/{job['id']}"))["status"] == "completed"


class TestOracleThatRefusesUs:
    @pytest.mark.parametrize("name", ["listTables", "sampleTable", "showTable"])
    def test_is_a_502_since_no_caller_can_help_it(self, world: World, name: str) -> None:
        def refused(_: str) -> Any:  # noqa: ANN401 - a source
            raise errors.LoginRefused("ORA-01017: invalid credential", hint="set ORACLE_PASSWORD")

        [operation] = [each for each in OPERATIONS if each.name == name]
        answer = world.ask(operation, world.api.having(source=refused))
        assert problem(answer)[:2] == (502, "ORACLE_LOGIN_REFUSED")
        assert document(answer)["hint"] == "set ORACLE_PASSWORD"


class TestAStreamWhoseStateGoesAway:
    def test_ends_and_can_be_taken_up_again(self, world: World) -> None:
        book = world.api.home.book
        asked = 0

        class LeavesThen(Away):
            """A book that answers twice."""

            def __getattr__(self, name: str) -> Callable[..., Any]:
                nonlocal asked
                asked += 1
                there: Callable[..., Any] = getattr(book, name)
                return there if asked <= 3 else super().__getattr__(name)

        leaves = world.api.having(book=LeavesThen(AWAY[Need.STATE]))
        text = leaves.get(f"/api/jobs/{world.completed}/events").get_data(as_text=True)
        assert "event: complete" not in text
        ids = [line.removeprefix("id: ") for line in text.splitlines() if line.startswith("id: ")]
        assert ids
        rest = world.api.get(f"/api/jobs/{world.completed}/events", Last_Event_ID=ids[-1])
        assert "event: complete" in rest.get_data(as_text=True)
