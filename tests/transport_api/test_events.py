from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from werkzeug.test import TestResponse

from api_service import Api, document, golden, problem
from builders import NOON, a_job, a_table, a_transport, later
from fakes.memory_source import MemorySource
from fakes.stepped_clock import SteppedClock
from oracle_etl.flow.watch_job import EventName, JobEvent, WatchPoint
from oracle_etl.model.errors import BookAway, SourceAway
from oracle_etl.model.job import Counts, Job, JobStatus
from oracle_etl.model.progress import Progress, Stage, StageName
from oracle_etl.model.reading import Reading
from oracle_etl.model.table_task import Failure
from oracle_etl.model.work import Hold, WorkStatus
from oracle_etl.outside import Limits
from oracle_etl.settings import Seconds, ServerSettings, Settings
from transport_api.events import event_data


@dataclass(frozen=True, kw_only=True)
class Event:
    name: str
    id: str
    data: dict[str, Any]


def events_of(text: str) -> Iterator[Event]:
    """Read a stream as the standard says, leaving out comments and the waiting time."""
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        if "data" in fields:
            yield Event(name=fields["event"], id=fields["id"], data=json.loads(fields["data"]))


def events(response: TestResponse) -> list[Event]:
    assert response.status_code == 200, response.json
    assert response.content_type == "text/event-stream"
    return list(events_of(response.get_data(as_text=True)))


def stream(api: Api, job_id: str, **headers: str) -> list[Event]:
    return events(api.get(f"/api/jobs/{job_id}/events", **headers))


def names(found: Sequence[Event]) -> list[str]:
    return [each.name for each in found]


def ended_job(api: Api, *tables: str) -> dict[str, Any]:
    job = api.execute(api.create(*tables)["id"])
    api.work()
    return job


class TestAJobThatHasEnded:
    def test_is_told_whole_and_the_stream_ends(self, api: Api) -> None:
        job = ended_job(api, "EMP", "DEPT")
        found = stream(api, job["id"])
        table = ["table_start", "progress", "progress", "table_complete"]
        assert names(found) == [*table, *table, "complete"]
        assert [each.data["table"] for each in found[:-1]] == ["EMP"] * 4 + ["DEPT"] * 4
        assert found[-1].data["total_rows"] == 27

    def test_is_told_by_its_transport_too(self, api: Api) -> None:
        job = ended_job(api, "EMP")
        response = api.get(f"/api/v1/transport/{job['transport_id']}/status")
        assert events(response) == stream(api, job["id"])

    def test_that_failed_tells_each_table_that_did(self, api: Api) -> None:
        job = ended_job(api, "EMP", "NOTHING")
        found = stream(api, job["id"])
        [table_error, job_error] = [each.data for each in found if each.name == "error"]
        assert (table_error["table"], table_error["code"]) == ("NOTHING", "TABLE_NOT_FOUND")
        assert job_error["table"] is None
        assert found[-1].data["status"] == "failed"
        assert found[-1].data["tables_failed"] == 1


class TestAClientThatComesBack:
    def test_gets_what_it_has_not_seen(self, api: Api) -> None:
        job = ended_job(api, "EMP", "DEPT")
        whole = stream(api, job["id"])
        for seen in range(1, len(whole)):
            rest = stream(api, job["id"], Last_Event_ID=whole[seen - 1].id)
            assert rest == whole[seen:]

    def test_after_the_end_is_told_not_to_come_again(self, api: Api) -> None:
        job = ended_job(api, "EMP")
        last = stream(api, job["id"])[-1].id
        for path in (f"jobs/{job['id']}/events", f"transports/{job['transport_id']}/status"):
            response = api.get(f"/api/{path}", Last_Event_ID=last)
            assert (response.status_code, response.data) == (204, b"")

    def test_to_the_transport_sees_the_end_of_its_job_before_the_next_one(self, api: Api) -> None:
        first = ended_job(api, "EMP")
        whole = stream(api, first["id"])
        api.home.clock.wait(1)
        second = api.execute(first["transport_id"])
        api.work()
        path = f"/api/transports/{first['transport_id']}/status"
        assert events(api.get(path, Last_Event_ID=whole[0].id)) == whole[1:]
        assert events(api.get(path, Last_Event_ID=whole[-1].id)) == stream(api, second["id"])

    def test_with_the_id_of_another_transports_job_begins_at_the_start(self, api: Api) -> None:
        job = ended_job(api, "EMP")
        api.home.clock.wait(1)
        other = ended_job(api, "DEPT")
        foreign = stream(api, other["id"])[0].id
        path = f"/api/transports/{job['transport_id']}/status"
        assert events(api.get(path, Last_Event_ID=foreign)) == stream(api, job["id"])
        assert stream(api, job["id"], Last_Event_ID=foreign) == stream(api, job["id"])

    @pytest.mark.parametrize("last", ["", "17", "x" * 5000, "JOB-20260301-120000-ffff~c~"])
    def test_with_an_id_that_nobody_gave_begins_at_the_start(self, api: Api, last: str) -> None:
        job = ended_job(api, "EMP")
        path = f"/api/transports/{job['transport_id']}/status"
        assert events(api.get(path, Last_Event_ID=last)) == stream(api, job["id"])

    def test_with_a_cursor_that_nobody_gave_is_refused(self, api: Api) -> None:
        job = ended_job(api, "EMP")
        response = api.get(f"/api/jobs/{job['id']}/events", Last_Event_ID=f"{job['id']}~cx~")
        status, code, details = problem(response)
        assert (status, code, list(details)) == (400, "VALIDATION_ERROR", ["Last-Event-ID"])


class TestATransportThatNeverRan:
    def test_says_how_to_run_it(self, api: Api) -> None:
        made = api.create("EMP")
        response = api.get(f"/api/transports/{made['id']}/status")
        assert problem(response)[:2] == (404, "JOB_NOT_FOUND")
        assert f"/api/transports/{made['id']}/execute" in document(response)["hint"]

    def test_is_not_there_where_nobody_made_it(self, api: Api) -> None:
        response = api.get("/api/transports/TRPID-ffffffff/status")
        assert problem(response)[:2] == (404, "TRANSPORT_NOT_FOUND")


class TestAJobThatRuns:
    def watched(self, api: Api, clock: SteppedClock, *, stream_seconds: float = 240.0) -> Api:
        server = ServerSettings(stream_seconds=Seconds(stream_seconds), threads=4)
        limits = Limits(progress_interval=1.0)
        return api.having(settings=Settings(server=server), clock=clock, limits=limits)

    def test_is_told_while_it_happens(self, api: Api) -> None:
        job = api.execute(api.create("EMP")["id"])
        clock = SteppedClock(while_waiting=api.work)
        found = stream(self.watched(api, clock), job["id"])
        assert names(found)[-2:] == ["table_complete", "complete"]
        assert clock.monotonic() == 1.0

    def test_keeps_the_line_open_with_comments(self, api: Api) -> None:
        job = api.execute(api.create("EMP")["id"])
        watched = self.watched(api, SteppedClock(), stream_seconds=31)
        text = watched.get(f"/api/jobs/{job['id']}/events").get_data(as_text=True)
        assert text == "retry: 1000\n\n" + ": still here\n\n" * 2

    def test_lets_the_client_go_after_a_while(self, api: Api) -> None:
        job = api.execute(api.create("EMP")["id"])
        clock = SteppedClock()
        assert stream(self.watched(api, clock, stream_seconds=5), job["id"]) == []
        assert clock.monotonic() == 5

    def test_breaks_off_when_the_state_goes_away_and_the_log_says_which(
        self, api: Api, caplog: pytest.LogCaptureFixture
    ) -> None:
        job = api.execute(api.create("EMP")["id"])

        def away() -> None:
            raise BookAway("the state is away")

        clock = SteppedClock(while_waiting=away)
        assert stream(self.watched(api, clock), job["id"]) == []
        [broken] = [each for each in caplog.records if "broke off" in each.getMessage()]
        assert vars(broken)["job_id"] == job["id"]


class TestTheSeats:
    def one_seat(self, api: Api) -> Api:
        return api.having(settings=Settings(server=ServerSettings(threads=1)))

    def test_are_fewer_than_the_threads(self, api: Api) -> None:
        crowded = self.one_seat(api)
        job = ended_job(crowded, "EMP")
        path = f"/api/jobs/{job['id']}/events"
        first = crowded.client.get(path, buffered=False)
        refused = crowded.get(path)
        assert problem(refused)[:2] == (503, "TOO_MANY_STREAMS")
        assert int(refused.headers["Retry-After"]) > 0
        first.close()
        assert stream(crowded, job["id"])[-1].name == "complete"

    def test_are_given_back_however_a_stream_ends(self, api: Api) -> None:
        crowded = self.one_seat(api)
        job = ended_job(crowded, "EMP")
        path = f"/api/jobs/{job['id']}/events"
        for _ in range(3):
            assert stream(crowded, job["id"])
            crowded.client.head(path).close()
            crowded.client.get(path, buffered=False).close()

    def test_are_not_taken_by_refused_requests(self, api: Api) -> None:
        crowded = self.one_seat(api)
        job = ended_job(crowded, "EMP")
        for _ in range(3):
            crowded.get(f"/api/jobs/{job['id']}/events", Last_Event_ID=f"{job['id']}~cx~")
        assert stream(crowded, job["id"])


class TestTheSpecificationsEvents:
    """The data of each event against golden documents: the seed's fields, and more."""

    transport = a_transport("TRPID-20260118")
    job = a_job(
        transport=transport,
        status=JobStatus.COMPLETED,
        counts=Counts(tables_completed=3, rows=750_000, bytes=137_036_703),
        tables_total=3,
        started_at=NOON,
        completed_at=later(7.5),
    )
    table = a_table(
        name="VBRP",
        status=WorkStatus.RUNNING,
        hold=Hold(failures=1),
        progress=Progress(
            rows=50_000,
            rows_total=250_000,
            is_estimate=False,
            bytes=9_135_780,
            rows_per_second=105_234,
        ),
    )

    def data(self, name: EventName, **about: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of an event
        job: Job = about.pop("job", self.job)
        event = JobEvent(name=name, job=job, point=WatchPoint.start(job.id), **about)
        read: dict[str, Any] = json.loads(event_data(event).model_dump_json())
        return read

    def test_progress(self) -> None:
        stage = Stage(name=StageName.EXTRACTING, at=NOON)
        data = self.data(EventName.PROGRESS, table=self.table, stage=stage)
        assert data == golden("event_progress.json")
        specified = {"table", "rows_processed", "rows_per_second", "progress_percent"}
        assert specified < data.keys()

    def test_progress_of_a_table_with_a_warning(self) -> None:
        stage = Stage(name=StageName.EXTRACTING, at=NOON, note="undo ends too early")
        data = self.data(EventName.PROGRESS, table=self.table, stage=stage)
        assert data == {**golden("event_progress.json"), "warning": stage.note}

    def test_table_start(self) -> None:
        stages = tuple(Stage(name=StageName.PLANNING, at=later(at)) for at in range(3))
        table = replace(self.table, stages=stages)
        data = self.data(EventName.TABLE_START, table=table, stage=stages[1])
        assert data == golden("event_table_start.json")

    def test_table_complete(self) -> None:
        table = replace(
            self.table, rows=250_000, bytes=45_678_901, started_at=NOON, completed_at=later(2.4)
        )
        stage = Stage(name=StageName.COMPLETED, at=later(2.4))
        data = self.data(EventName.TABLE_COMPLETE, table=table, stage=stage)
        assert data == golden("event_table_complete.json")
        specified = {"table", "total_rows", "bytes_transferred", "duration_seconds"}
        assert specified < data.keys()

    def test_error_of_a_table(self) -> None:
        failure = Failure(code="TABLE_NOT_FOUND", message="there is no VBRP", hint="create it")
        table = replace(self.table, failure=failure)
        stage = Stage(name=StageName.FAILED, at=NOON, note=failure.message)
        data = self.data(EventName.ERROR, table=table, stage=stage)
        assert data == golden("event_error.json")

    def test_error_that_is_not_the_end(self) -> None:
        stage = Stage(name=StageName.RETURNED, at=NOON, note="ORA-03113: the line broke")
        data = self.data(EventName.ERROR, table=self.table, stage=stage)
        assert data == golden("event_error_retried.json")

    def test_error_that_is_not_the_end_says_what_can_be_done(self) -> None:
        stage = Stage(name=StageName.RETURNED, at=NOON, note="no seat", hint="set ORACLE_SESSIONS")
        data = self.data(EventName.ERROR, table=self.table, stage=stage)
        assert data["hint"] == "set ORACLE_SESSIONS"

    def test_error_that_is_not_the_end_says_until_when_the_table_rests(self) -> None:
        stage = Stage(name=StageName.RETURNED, at=NOON, note="no seat", hint="set ORACLE_SESSIONS")
        rests = Hold(failures=1, expires_at=later(25))
        table = replace(self.table, hold=rests, stages=(stage,))
        data = self.data(EventName.ERROR, table=table, stage=stage)
        assert data["hint"] == "set ORACLE_SESSIONS; it is tried again at 12:00:25 UTC"

    def test_error_that_others_went_on_from_says_no_more_when(self) -> None:
        stage = Stage(name=StageName.RETURNED, at=NOON, note="no seat")
        begun = Stage(name=StageName.PLANNING, at=later(25))
        held = Hold(failures=1, owner="another", expires_at=later(145))
        for table in (
            replace(self.table, hold=held, stages=(stage,)),
            replace(self.table, hold=replace(held, owner=None), stages=(stage, begun)),
        ):
            data = self.data(EventName.ERROR, table=table, stage=stage)
            assert data["hint"] == "another worker goes on with it"

    def test_error_without_a_reason_still_says_something(self) -> None:
        stage = Stage(name=StageName.RETURNED, at=NOON)
        data = self.data(EventName.ERROR, table=self.table, stage=stage)
        assert data["message"] == "the worker gave the table back"

    def test_error_of_the_job(self) -> None:
        failure = Failure(code="STORE_REFUSED", message="no bucket", hint="make it")
        data = self.data(EventName.ERROR, job=replace(self.job, failure=failure))
        assert (data["table"], data["code"], data["will_retry"]) == (None, "STORE_REFUSED", False)

    def test_complete(self) -> None:
        data = self.data(EventName.COMPLETE)
        assert data == golden("event_complete.json")
        specified = {"transport_id", "job_version", "total_rows", "total_duration_seconds"}
        assert specified < data.keys()

    def test_of_a_table_needs_one(self) -> None:
        with pytest.raises(TypeError):
            self.data(EventName.PROGRESS)


class TestASourceThatStumbles:
    def test_is_told_as_an_error_that_is_tried_again(self, api: Api, source: MemorySource) -> None:
        def stumble(reading: Reading, number: int) -> None:
            del reading, number
            source.before_batch = None
            raise SourceAway("ORA-03113: the line broke")

        source.before_batch = stumble
        job = ended_job(api, "EMP")
        found = stream(api, job["id"])
        [error] = [each.data for each in found if each.name == "error"]
        assert (error["will_retry"], error["message"]) == (True, "ORA-03113: the line broke")
        assert [each.data["attempt"] for each in found if each.name == "table_start"] == [1, 2]
        assert found[-1].data["status"] == "completed"
