from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest

from api_service import Api, document, golden, problem
from builders import NOON, a_final_object, a_job, a_stored_object, a_table, later
from contracts.together import all_at_once
from fakes.memory_source import MemorySource
from flow_home import BUCKET
from oracle_etl.model.errors import StoreAway
from oracle_etl.model.job import Counts, JobStatus, Totals
from oracle_etl.model.objects import StoredObject
from oracle_etl.model.progress import Progress, Stage, StageName
from oracle_etl.model.table_task import Failure, TableTask
from oracle_etl.model.work import WorkStatus
from oracle_etl.settings import Settings
from transport_api.application import create_application
from written_versions import write_mixed_version


class TestAnExecution:
    def test_starts_a_job_and_says_where_it_is(self, api: Api) -> None:
        made = api.create("EMP", "DEPT")
        response = api.post(f"/api/transports/{made['id']}/execute")
        job = document(response)
        assert response.status_code == 202
        assert response.headers["Location"] == f"/api/jobs/{job['id']}"
        assert (job["transport_id"], job["version"], job["kind"]) == (made["id"], "v001", "full")
        assert (job["status"], job["tables_total"]) == ("running", 2)
        assert document(api.get(response.headers["Location"])) == job
        assert document(api.get(f"/api/transports/{made['id']}"))["running_job"] == job["id"]

    def test_of_version_one_of_the_api_stays_there(self, api: Api) -> None:
        made = api.create("EMP")
        response = api.post(f"/api/v1/transport/{made['id']}/execute", {})
        assert response.headers["Location"].startswith("/api/v1/jobs/JOB-")

    def test_ends_with_every_row_counted(self, api: Api) -> None:
        made = api.create("EMP", "DEPT")
        job = api.execute(made["id"])
        api.work()
        ended = document(api.get(f"/api/jobs/{job['id']}"))
        assert (ended["status"], ended["total_rows"], ended["error"]) == ("completed", 27, None)
        assert ended["metrics"]["rows_processed"] == 27
        assert ended["metrics"]["progress_percent"] == 100.0
        assert ended["completed_at"] is not None
        after = document(api.get(f"/api/transports/{made['id']}"))
        assert (after["status"], after["last_version"]) == ("idle", "v001")

    def test_of_some_rows_is_a_test_run(self, api: Api) -> None:
        job = api.execute(api.create("EMP")["id"], limit=5)
        assert (job["kind"], job["version"], job["limit"]) == ("test", None, 5)
        api.work()
        assert document(api.get(f"/api/jobs/{job['id']}"))["total_rows"] == 5

    def test_of_some_tables_is_a_subset_run(self, api: Api) -> None:
        job = api.execute(api.create("EMP", "DEPT")["id"], tables=["dept"])
        assert (job["kind"], job["version"], job["tables"]) == ("subset", None, ["dept"])
        assert job["tables_total"] == 1

    def test_of_a_running_transport_names_the_job(self, api: Api) -> None:
        made = api.create("EMP")
        job = api.execute(made["id"])
        status, code, details = problem(api.post(f"/api/transports/{made['id']}/execute"))
        assert (status, code, details) == (409, "TRANSPORT_RUNNING", {"job_id": job["id"]})

    def test_of_a_disabled_transport_says_how_to_enable_it(self, api: Api) -> None:
        made = api.create("EMP", enabled=False)
        response = api.post(f"/api/transports/{made['id']}/execute")
        assert problem(response)[:2] == (409, "TRANSPORT_DISABLED")
        assert f"update {made['id']} --enabled" in document(response)["hint"]

    def test_of_no_transport_is_refused(self, api: Api) -> None:
        response = api.post("/api/transports/TRPID-ffffffff/execute")
        assert problem(response)[:2] == (404, "TRANSPORT_NOT_FOUND")

    @pytest.mark.parametrize(
        ("sent", "field"),
        [
            ({"limit": 0}, "limit"),
            ({"limit": "5"}, "limit"),
            ({"limit": 2**60}, "limit"),
            ({"tables": "EMP"}, "tables"),
            ({"tables": [5]}, "tables[0]"),
            ({"tables": ["NOT_LISTED"]}, "tables"),
            ({"rows": 5}, "rows"),
        ],
    )
    def test_names_what_is_wrong(self, api: Api, sent: dict[str, object], field: str) -> None:
        made = api.create("EMP")
        status, code, details = problem(api.post(f"/api/transports/{made['id']}/execute", sent))
        assert (status, code, list(details)) == (400, "VALIDATION_ERROR", [field])

    def test_of_one_transport_by_many_callers_starts_one_job(self, api: Api) -> None:
        made = api.create("EMP")
        statuses: list[int] = []

        def execute() -> None:
            response = api.app.test_client().post(f"/api/transports/{made['id']}/execute")
            statuses.append(response.status_code)

        all_at_once([execute] * 20)
        assert sorted(statuses) == [202, *[409] * 19]
        assert len(document(api.get("/api/jobs"))["jobs"]) == 1


class TestAnIdempotencyKey:
    def test_gives_the_same_job_again(self, api: Api) -> None:
        path = f"/api/transports/{api.create('EMP')['id']}/execute"
        first = api.post(path, Idempotency_Key="key-1")
        again = api.post(path, Idempotency_Key="key-1")
        assert (first.status_code, again.status_code) == (202, 202)
        assert document(again)["id"] == document(first)["id"]
        assert "Idempotent-Replayed" not in first.headers
        assert again.headers["Idempotent-Replayed"] == "true"

    def test_cannot_stand_for_another_request(self, api: Api) -> None:
        path = f"/api/transports/{api.create('EMP')['id']}/execute"
        api.post(path, Idempotency_Key="key-1")
        again = api.post(path, {"limit": 5}, Idempotency_Key="key-1")
        assert problem(again)[:2] == (422, "IDEMPOTENCY_KEY_REUSED")

    @pytest.mark.parametrize("key", ["", "x" * 256, "é", "schedule:2026-03-01T12:00:00+00:00"])
    def test_that_cannot_be_one_is_refused(self, api: Api, key: str) -> None:
        path = f"/api/transports/{api.create('EMP')['id']}/execute"
        status, _, details = problem(api.post(path, Idempotency_Key=key))
        assert (status, list(details)) == (400, ["Idempotency-Key"])


class TestHistory:
    def test_is_newest_first_in_pages(self, api: Api) -> None:
        made = api.create("EMP")
        jobs = []
        for _ in range(3):
            api.home.clock.wait(1)
            jobs.append(api.execute(made["id"])["id"])
            api.work()
        first = document(api.get("/api/jobs?page_size=2"))
        assert [each["id"] for each in first["jobs"]] == [jobs[2], jobs[1]]
        rest = document(api.get(f"/api/jobs?page_size=2&page_token={first['next_page_token']}"))
        assert [each["id"] for each in rest["jobs"]] == [jobs[0]]
        assert rest["next_page_token"] is None

    def test_is_narrowed_by_transport_and_status(self, api: Api) -> None:
        first, second = api.create("EMP"), api.create("DEPT")
        done = api.execute(first["id"])
        api.work()
        api.home.clock.wait(1)
        running = api.execute(second["id"])
        assert self.ids(api, f"transport={first['id']}") == [done["id"]]
        assert self.ids(api, "status=running") == [running["id"]]
        assert self.ids(api, f"transport={first['id']}&status=running") == []

    def ids(self, api: Api, query: str) -> list[str]:
        return [each["id"] for each in document(api.get(f"/api/jobs?{query}"))["jobs"]]

    def test_knows_no_other_status(self, api: Api) -> None:
        status, _, details = problem(api.get("/api/jobs?status=done"))
        assert (status, list(details)) == (400, ["status"])
        assert "'completed'" in details["status"]

    def test_survives_its_transport(self, api: Api) -> None:
        made = api.create("EMP")
        job = api.execute(made["id"])
        api.work()
        api.delete(f"/api/transports/{made['id']}")
        assert document(api.get(f"/api/jobs/{job['id']}"))["transport_id"] == made["id"]


class TestAJobThatWaits:
    def test_shows_its_place_in_the_line(self, api: Api) -> None:
        jobs = []
        for _ in range(3):
            api.home.clock.wait(1)
            jobs.append(api.execute(api.create("EMP")["id"]))
        places = [(each["status"], each["queue_position"]) for each in jobs]
        assert places == [("running", None), ("pending", 1), ("pending", 2)]


class TestAJobAsADocument:
    def test_has_the_fields_of_the_specification_and_more(self, api: Api) -> None:
        failure = Failure(code="EXTRACTION_FAILED", message="LIKP failed", hint="retry it")
        job = a_job(
            status=JobStatus.FAILED,
            counts=Counts(tables_completed=1, tables_failed=1, rows=750_000, bytes=45_678_901),
            totals=Totals(rows=700_000, percent=93.75),
            started_at=NOON,
            completed_at=later(7.5),
            failure=failure,
            scn=12_345,
            held_by="scn",
            manifest="TRPID-00000001/v001/manifest.json",
            warnings=("a warning",),
        )
        api.home.book.transact(lambda entries: entries.put_job(job))
        shown = document(api.get(f"/api/jobs/{job.id}"))
        root = api.home.store.location("lake", "x").removesuffix("/lake/x")
        shown["location"] = shown["location"].removeprefix(root)
        shown["manifest"] = shown["manifest"].removeprefix(root)
        assert shown == golden("job.json")

    def test_shows_live_totals_while_it_runs(self, api: Api) -> None:
        totals = Totals(
            rows=5, bytes=50, rows_per_second=2.54, percent=12.34, current_tables=("HR.EMP", "X")
        )
        job = a_job(status=JobStatus.RUNNING, started_at=NOON, totals=totals)
        api.home.book.transact(lambda entries: entries.put_job(job))
        api.home.clock.wait(2)
        assert document(api.get(f"/api/jobs/{job.id}"))["metrics"] == {
            "rows_processed": 5,
            "rows_per_second": 2.5,
            "bytes_transferred": 50,
            "current_table": "HR.EMP",
            "current_tables": ["HR.EMP", "X"],
            "progress_percent": 12.3,
            "duration_seconds": 2.0,
        }

    def test_is_not_there_where_no_job_is(self, api: Api) -> None:
        for path in ("", "/tables", "/manifest", "/events"):
            response = api.get(f"/api/jobs/JOB-20260301-120000-ffff{path}")
            assert problem(response)[:2] == (404, "JOB_NOT_FOUND")


class TestItsTables:
    def test_have_the_fields_of_the_specification_and_more(self, api: Api) -> None:
        table = a_table(
            name="VBRP",
            status=WorkStatus.COMPLETED,
            stages=(Stage(name=StageName.COMPLETED, at=later(2.4)),),
            progress=Progress(
                rows=250_000, rows_total=250_000, is_estimate=False, bytes=45_678_901
            ),
            objects=(a_final_object(object=a_stored_object("VBRP.jsonl.gz"), rows=250_000),),
            rows=250_000,
            bytes=45_678_901,
            started_at=NOON,
            completed_at=later(2.4),
        )
        self.put(api, table)
        [shown] = document(api.get(f"/api/jobs/{table.job_id}/tables"))["tables"]
        location = api.home.store.location("lake", "VBRP.jsonl.gz")
        assert shown.pop("gcs_path") == shown["objects"][0].pop("path") == location
        assert shown == golden("table_of_job.json")

    def test_say_how_they_get_into_bigquery_once_the_job_is_complete(self, api: Api) -> None:
        job = api.execute(api.create("EMP", "DEPT")["id"])
        path = f"/api/jobs/{job['id']}/tables"
        before = [each["bq_load"] for each in document(api.get(path))["tables"]]
        api.work()
        after = [each["bq_load"] for each in document(api.get(path))["tables"]]
        assert before == [None, None]
        assert [each["command"] for each in after] == [None, None]
        assert all("gcloud storage cp --recursive" in each["hint"] for each in after)

    def test_come_in_pages_in_the_lists_order(self, api: Api) -> None:
        job = api.execute(api.create("EMP", "DEPT")["id"])
        path = f"/api/jobs/{job['id']}/tables?page_size=1"
        first = document(api.get(path))
        rest = document(api.get(f"{path}&page_token={first['next_page_token']}"))
        names = [each["table_name"] for page in (first, rest) for each in page["tables"]]
        assert (names, rest["next_page_token"]) == (["EMP", "DEPT"], None)

    def test_show_how_far_they_are(self, api: Api) -> None:
        progress = Progress(rows=50, rows_total=200, rows_per_second=25.04, bytes=10)
        self.put(api, a_table(status=WorkStatus.RUNNING, progress=progress, parts_rows=60))
        [shown] = document(api.get("/api/jobs/JOB-20260301-120000-0001/tables"))["tables"]
        assert (shown["row_count"], shown["rows_total"], shown["progress_percent"]) == (60, 200, 25)
        assert (shown["rows_per_second"], shown["eta_seconds"]) == (25.0, 6.0)
        assert (shown["gcs_path"], shown["objects"]) == (None, [])

    def test_that_failed_say_why(self, api: Api) -> None:
        failure = Failure(code="TABLE_NOT_FOUND", message="no table", hint="create it")
        self.put(api, a_table(status=WorkStatus.FAILED, failure=failure))
        [shown] = document(api.get("/api/jobs/JOB-20260301-120000-0001/tables"))["tables"]
        assert shown["error"] == "no table"
        assert shown["failure"] == {
            "code": "TABLE_NOT_FOUND",
            "message": "no table",
            "hint": "create it",
        }

    def put(self, api: Api, table: TableTask) -> None:
        api.home.book.transact(lambda entries: entries.put_job(a_job()))
        api.home.book.transact(lambda entries: entries.put_table(table))


class TestCancelling:
    def test_stops_what_has_not_begun(self, api: Api) -> None:
        job = api.execute(api.create("EMP")["id"])
        response = api.post(f"/api/jobs/{job['id']}/cancel")
        assert response.status_code == 202
        assert document(response)["cancel_requested_at"] == "2026-03-01T12:00:00Z"
        api.work()
        assert document(api.get(f"/api/jobs/{job['id']}"))["status"] == "cancelled"

    def test_of_a_job_that_has_ended_is_refused(self, api: Api) -> None:
        job = api.execute(api.create("EMP")["id"])
        api.work()
        response = api.post(f"/api/jobs/{job['id']}/cancel")
        assert problem(response) == (409, "JOB_ENDED", {"status": "completed"})
        assert document(response)["hint"] == "there is nothing left to cancel"

    def test_of_a_job_that_failed_is_refused_with_what_can_be_done(self, api: Api) -> None:
        job = api.execute(api.create("NOTHING")["id"])
        api.work()
        response = api.post(f"/api/jobs/{job['id']}/cancel")
        assert problem(response) == (409, "JOB_ENDED", {"status": "failed"})
        assert "jobs retry" in document(response)["hint"]

    def test_of_no_job_is_refused(self, api: Api) -> None:
        response = api.post("/api/jobs/JOB-20260301-120000-ffff/cancel")
        assert problem(response)[:2] == (404, "JOB_NOT_FOUND")

    def test_takes_nothing_with_it(self, api: Api) -> None:
        job = api.execute(api.create("EMP")["id"])
        status, _, details = problem(api.post(f"/api/jobs/{job['id']}/cancel", {"now": True}))
        assert (status, details) == (400, {"now": "is not a field; there are none"})


class TestRetrying:
    def test_completes_the_version_of_a_failed_job(self, api: Api, source: MemorySource) -> None:
        job = api.execute(api.create("EMP", "LATER")["id"])
        api.work()
        assert document(api.get(f"/api/jobs/{job['id']}"))["status"] == "failed"
        source.put("LATER", [(1, "a")])
        response = api.post(f"/api/jobs/{job['id']}/retry")
        retried = document(response)
        assert response.status_code == 202
        assert response.headers["Location"] == f"/api/jobs/{retried['id']}"
        assert (retried["retry_of"], retried["tables_total"]) == (job["id"], 2)

    def test_of_a_completed_job_is_refused(self, api: Api) -> None:
        job = api.execute(api.create("EMP")["id"])
        api.work()
        status, code, _ = problem(api.post(f"/api/jobs/{job['id']}/retry"))
        assert (status, code) == (409, "JOB_NOT_RETRYABLE")


class TestAJobOfTablesReadAtTwoMoments:
    def test_says_so_as_its_manifest_does(self, tmp_path: Path) -> None:
        written = write_mixed_version(tmp_path)
        app = create_application(Settings(), written.home)
        api = Api(home=written.home, app=app, client=app.test_client())
        job = document(api.get(f"/api/jobs/{written.job.id}"))
        manifest = document(api.get(f"/api/jobs/{written.job.id}/manifest"))
        assert job["consistency"] == manifest["consistency"] == "mixed"
        written.home.close()


class TestTheManifest:
    def test_is_shown_as_it_was_written(self, api: Api) -> None:
        job = api.execute(api.create("EMP")["id"])
        path = f"/api/jobs/{job['id']}/manifest"
        assert problem(api.get(path))[:2] == (404, "OBJECT_NOT_FOUND")
        api.work()
        response = api.get(path)
        name = api.home.book.job(job["id"]).manifest or ""
        stored = api.home.store.stat(BUCKET, name)
        assert stored is not None
        with api.home.store.open(stored) as pieces:
            assert response.data == b"".join(pieces)
        assert response.content_type == "application/json"
        assert response.content_length == stored.size
        assert json.loads(response.data)["job"] == job["id"]


class TestAManifestThatNobodyReadsToItsEnd:
    def test_is_open_no_longer_than_its_answer(self, api: Api) -> None:
        closed: list[str] = []

        class WatchedStore:
            """A store that notes which objects are not read any more."""

            def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a store has
                return getattr(api.home.store, name)

            @contextmanager
            def open(self, stored: StoredObject) -> Iterator[Iterator[bytes]]:
                with api.home.store.open(stored) as chunks, ExitStack() as after:
                    after.callback(closed.append, stored.name)
                    yield chunks

        job = api.execute(api.create("EMP")["id"])
        api.work()
        watched = api.having(store=WatchedStore())
        answer = watched.client.head(f"/api/jobs/{job['id']}/manifest")
        assert (answer.status_code, closed) == (200, [])
        answer.close()
        assert len(closed) == 1


class TestAStoreThatIsAway:
    def test_is_told_with_when_to_come_back(self, api: Api) -> None:
        class AwayStore:
            def location(self, bucket: str, name: str) -> str:
                return f"gs://{bucket}/{name}"

            def stat(self, bucket: str, name: str) -> None:
                raise StoreAway(f"{bucket} does not answer", hint="try again", details={"n": name})

        job = a_job(manifest="m")
        api.home.book.transact(lambda entries: entries.put_job(job))
        away = api.having(store=AwayStore())
        response = away.get(f"/api/jobs/{job.id}/manifest")
        assert problem(response) == (503, "GCS_UPLOAD_ERROR", {"n": "m"})
        assert int(response.headers["Retry-After"]) > 0

    def test_between_finding_and_reading_is_told_as_well(self, api: Api) -> None:
        class LeavingStore:
            """A store that goes away as soon as it has said what is there."""

            def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a store has
                return getattr(api.home.store, name)

            def open(self, stored: StoredObject) -> NoReturn:
                raise StoreAway(f"{stored.bucket} does not answer", hint="try again")

        job = api.execute(api.create("EMP")["id"])
        api.work()
        response = api.having(store=LeavingStore()).get(f"/api/jobs/{job['id']}/manifest")
        assert problem(response)[:2] == (503, "GCS_UPLOAD_ERROR")
