from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from api_service import Api, document
from contracts.together import all_at_once
from fakes.away import Away
from fakes.memory_source import MemorySource
from fakes.stepped_clock import SteppedClock
from oracle_etl.model.errors import (
    BookAway,
    InvalidRequest,
    LoginRefused,
    QueueAway,
    SourceAway,
    StoreRefused,
)
from oracle_etl.outside import Lane
from oracle_etl.ports import SourceStatus
from oracle_etl.settings import Secret, Settings, SourceSettings
from transport_api.probes import SparingLook


class TestAServiceThatIsWell:
    def test_says_so_with_the_specifications_fields(self, api: Api) -> None:
        response = api.get("/api/health")
        well = {"status": "ok", "checked_at": "2026-03-01T12:00:00Z", "code": None}
        assert response.status_code == 200
        assert document(response) == {
            "status": "ok",
            "timestamp": "2026-03-01T12:00:00Z",
            "version": "0.1.0",
            "oracle": well,
            "state": well,
            "queue": well,
            "object_store": well,
        }


class TestAPartThatIsDown:
    @pytest.mark.parametrize(
        ("part", "port", "error"),
        [
            ("state", "book", BookAway("the state is away")),
            ("queue", "queue", QueueAway("the queue is away")),
        ],
    )
    def test_that_nothing_works_without_makes_it_a_503(
        self, api: Api, part: str, port: str, error: Exception
    ) -> None:
        broken: dict[str, Any] = {port: Away(error)}
        response = api.having(**broken).get("/api/health")
        assert response.status_code == 503
        assert int(response.headers["Retry-After"]) > 0
        read = document(response)
        assert (read["status"], read[part]["status"]) == ("down", "down")
        assert read["oracle"]["status"] == "ok"

    def test_that_can_wait_makes_the_service_degraded(self, api: Api) -> None:
        refused = StoreRefused("no bucket", hint="make gs://secret-name")
        response = api.having(store=Away(refused)).get("/api/health")
        read = document(response)
        assert (response.status_code, read["status"]) == (200, "degraded")
        assert read["object_store"]["code"] == "STORE_REFUSED"
        assert "secret-name" not in response.get_data(as_text=True)

    def test_may_be_oracle(self, api: Api) -> None:
        class AwaySource(MemorySource):
            def status(self) -> SourceStatus:
                return SourceStatus(
                    source="default", reachable=False, error="ORA-12541 at host-x", hint="call"
                )

        away = api.having(source=lambda _: AwaySource())
        response = away.get("/api/health")
        assert document(response)["status"] == "degraded"
        assert document(response)["oracle"]["code"] == "ORACLE_CONNECTION_ERROR"
        assert "host-x" not in response.get_data(as_text=True)
        [told] = document(away.get("/api/oracle/status"))["sources"]
        assert (told["status"], told["error"], told["hint"]) == (
            "unreachable",
            "ORA-12541 at host-x",
            "call",
        )

    def test_may_be_oracle_that_refuses_the_login(self, api: Api) -> None:
        class LockedSource(MemorySource):
            def status(self) -> SourceStatus:
                code = LoginRefused.code
                return SourceStatus(source="default", reachable=False, code=code, error="ORA-01017")

        def locked(name: str) -> MemorySource:
            raise LoginRefused(f"{name} is locked")

        for source in (lambda _: LockedSource(), locked):
            read = document(api.having(source=source).get("/api/health"))
            assert (read["status"], read["oracle"]["code"]) == ("degraded", "ORACLE_LOGIN_REFUSED")

    def test_may_be_a_source_that_cannot_even_be_built(self, api: Api) -> None:
        def no_source(name: str) -> MemorySource:
            raise SourceAway(f"{name} is away", hint="wait")

        [told] = document(api.having(source=no_source).get("/api/oracle/status"))["sources"]
        assert (told["status"], told["error"], told["hint"]) == (
            "unreachable",
            "default is away",
            "wait",
        )


class TestASourceThatNobodyConfigured:
    def unconfigured(self, api: Api) -> Api:
        def no_source(name: str) -> MemorySource:
            raise InvalidRequest(f"no source {name}")

        return api.having(source=no_source)

    def test_is_told_with_what_to_set(self, api: Api) -> None:
        [told] = document(self.unconfigured(api).get("/api/oracle/status"))["sources"]
        assert told["status"] == "not_configured"
        assert "ORACLE_DSN" in told["hint"]

    def test_degrades_the_service(self, api: Api) -> None:
        read = document(self.unconfigured(api).get("/api/health"))
        assert (read["status"], read["oracle"]["status"]) == ("degraded", "not_configured")


class TestManySources:
    def test_are_each_told(self, api: Api) -> None:
        def a_source(name: str) -> SourceSettings:
            return SourceSettings(name=name, dsn="h/s", username="u", password=Secret("p"))

        sources = {
            "default": SourceSettings(),
            "ebs": a_source("ebs"),
            "atp": a_source("atp"),
        }
        read = document(api.having(settings=Settings(sources=sources)).get("/api/oracle/status"))
        assert [each["source"] for each in read["sources"]] == ["ebs", "atp"]
        assert read["status"] == "connected"


class TestLiveness:
    def test_touches_nothing(self, api: Api) -> None:
        nothing = Away(AssertionError("touched"))
        dead = api.having(book=nothing, queue=nothing, store=nothing, source=nothing)
        response = dead.get("/api/health/live")
        assert (response.status_code, document(response)["status"]) == (200, "ok")


class TestASparingLook:
    def counting(self) -> tuple[list[int], SteppedClock, SparingLook[int]]:
        looks: list[int] = []

        def look() -> int:
            looks.append(len(looks) + 1)
            return looks[-1]

        clock = SteppedClock()
        return looks, clock, SparingLook(look, clock=clock, every_seconds=10)

    def seen(self, look: SparingLook[int]) -> int:
        latest = look.latest()
        assert latest is not None
        return latest.found

    def test_is_repeated_when_it_is_old_and_not_before(self) -> None:
        _, clock, look = self.counting()
        assert self.seen(look) == 1
        clock.wait(9.9)
        assert self.seen(look) == 1
        clock.wait(0.1)
        assert self.seen(look) == 2

    def test_is_taken_once_by_many_who_ask_at_once(self) -> None:
        looks, _, look = self.counting()
        all_at_once([look.latest] * 20)
        assert looks == [1]

    def test_keeps_nobody_else_waiting(self) -> None:
        begun, go_on = threading.Event(), threading.Event()

        def slow() -> int:
            begun.set()
            assert go_on.wait(20)
            return 1

        look = SparingLook(slow, clock=SteppedClock(), every_seconds=10)
        asking = threading.Thread(target=look.latest)
        asking.start()
        assert begun.wait(20)
        assert look.latest() is None
        go_on.set()
        asking.join(20)
        assert self.seen(look) == 1

    def test_that_does_not_end_is_no_sign_that_all_is_well(self) -> None:
        begun, go_on = threading.Event(), threading.Event()
        clock = SteppedClock()
        looks: list[int] = []

        def slow_from_the_second() -> int:
            looks.append(1)
            if len(looks) == 2:
                begun.set()
                assert go_on.wait(20)
            return len(looks)

        look = SparingLook(slow_from_the_second, clock=clock, every_seconds=10)
        assert self.seen(look) == 1
        clock.wait(10)
        asking = threading.Thread(target=look.latest)
        asking.start()
        assert begun.wait(20)
        clock.wait(30)
        assert self.seen(look) == 1
        clock.wait(1)
        assert look.latest() is None
        go_on.set()
        asking.join(20)
        assert self.seen(look) == 2

    def test_is_believed_by_all_who_ask_at_once_while_it_is_young(self) -> None:
        class ClockBetween(SteppedClock):
            """Lets somebody else ask while the first one only looks at the clock."""

            asks: Callable[[], object] | None = None

            def monotonic(self) -> float:
                asks, self.asks = self.asks, None
                if asks is not None:
                    asks()
                return super().monotonic()

        clock = ClockBetween()
        look = SparingLook(lambda: 1, clock=clock, every_seconds=60)
        assert self.seen(look) == 1
        clock.wait(45)
        others: list[int] = []
        clock.asks = lambda: others.append(self.seen(look))
        assert self.seen(look) == 1
        assert others == [1]

    def test_that_ends_in_a_bug_lets_the_next_one_look(self) -> None:
        clock = SteppedClock()
        findings: list[Any] = [ZeroDivisionError("a bug"), 5]

        def look_once() -> int:
            found = findings.pop(0)
            if isinstance(found, Exception):
                raise found
            return int(found)

        look = SparingLook(look_once, clock=clock, every_seconds=10)
        with pytest.raises(ZeroDivisionError):
            look.latest()
        assert self.seen(look) == 5


class TestTheQueueOfOtherWorkers:
    def test_is_looked_at_too(self, api: Api) -> None:
        away = Away(QueueAway("the topic is gone"))
        lane = Lane(queue=away, launcher=api.home.launcher)
        answer = api.having(elsewhere={"erp": lane}).app.test_client().get("/api/health")
        assert answer.status_code == 503
        assert answer.get_json()["queue"]["status"] == "down"


class TestManyWhoAskForTheHealthAtOnce:
    def test_cause_one_look_at_each_part(self, api: Api) -> None:
        looks: Counter[str] = Counter()

        class Counted:
            """A port that counts what it is asked."""

            def __init__(self, part: str, port: object) -> None:
                self._part = part
                self._port = port

            def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the port has
                looks[self._part] += 1
                return getattr(self._port, name)

        source = Counted("oracle", MemorySource())
        watched = api.having(
            book=Counted("state", api.home.book),
            queue=Counted("queue", api.home.queue),
            store=Counted("object store", api.home.store),
            source=lambda _: source,
        )

        def ask() -> int:
            return int(watched.app.test_client().get("/api/health").status_code)

        assert set(all_at_once([ask] * 50)) == {200}
        assert looks == {"oracle": 1, "state": 1, "queue": 1, "object store": 1}
        api.home.clock.wait(9.9)
        all_at_once([ask] * 50)
        assert looks["oracle"] == 1
        api.home.clock.wait(0.1)
        all_at_once([ask] * 50)
        assert looks["oracle"] == 2


class TestAHealthThatIsBeingLookedAt:
    def test_is_unknown_until_the_first_look_has_ended(self, api: Api) -> None:
        begun, go_on = threading.Event(), threading.Event()

        class SlowSource(MemorySource):
            def status(self) -> SourceStatus:
                begun.set()
                assert go_on.wait(20)
                return super().status()

        slow = api.having(source=lambda _: SlowSource())
        asking = threading.Thread(target=lambda: slow.app.test_client().get("/api/health"))
        asking.start()
        assert begun.wait(20)
        read = document(slow.get("/api/health"))
        assert (read["status"], read["oracle"]["status"]) == ("degraded", "unknown")
        [told] = document(slow.get("/api/oracle/status"))["sources"]
        assert (told["status"], told["checked_at"]) == ("unknown", None)
        go_on.set()
        asking.join(20)
