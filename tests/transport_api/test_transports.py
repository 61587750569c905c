from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_service import Api, document, golden, problem
from builders import a_transport
from transport_api.transport_answers import EntryAnswer, TransportAnswer

WHOLE_ENTRY = {
    "table": "HR.EMP",
    "query": None,
    "columns": ["ID", "NAME"],
    "exclude": [],
    "where": '"DEPT" = :dept AND "PAY" > :pay OR A = :none OR B = :count',
    "binds": {"dept": "영업", "pay": 10.5, "none": None, "count": 3},
    "order": ["ID"],
    "masks": [{"column": "NAME", "kind": "keep_last", "keep": 2}],
    "source_encoding": "cp949",
    "on_unsupported": "text",
}
OPTIONS = {
    "description": "d",
    "target_bucket": "lake-2",
    "prefix": "exports/sap",
    "parallel_tables": 9,
    "enabled": False,
    "schedule": {
        "cron": "30 2 * * *",
        "time_zone": "Asia/Seoul",
        "overlap": "queue",
        "grace_seconds": 60,
    },
    "format": "parquet",
    "compression_level": 5,
    "numbers": "text",
    "nulls": "absent",
    "on_unsupported": "skip",
    "source_encoding": "cp949",
    "part_bytes": 2**26,
    "leave_parts": True,
    "consistency": "job",
    "count_rows": False,
    "on_schema_change": "fail",
    "max_row_drop_percent": 12.5,
    "mixed_success": True,
}


class TestTheSpecificationsExample:
    def test_is_answered_with_its_fields_and_more(self, api: Api) -> None:
        sent = golden("create_transport.request.json")
        response = api.post("/api/transport", sent)
        assert response.status_code == 201
        assert document(response) == golden("create_transport.response.json")
        specified = {"id", "name", "tables", "target_bucket", "created_at", "status"}
        assert specified < document(response).keys()

    @pytest.mark.parametrize(
        "base", ["/api/transports", "/api/v1/transports", "/api/transport", "/api/v1/transport"]
    )
    def test_works_at_every_address_of_the_api(self, api: Api, base: str) -> None:
        made = api.post(base, golden("create_transport.request.json"))
        shown = api.get(f"{base}/{document(made)['id']}")
        assert document(shown) == document(made)
        prefix = "/api/v1" if "/v1/" in base else "/api"
        assert made.headers["Location"] == f"{prefix}/transports/{document(made)['id']}"


class TestAnEditThatIsOnlyToBeChecked:
    def test_is_answered_with_the_new_transport_which_is_not_made(self, api: Api) -> None:
        sent = {"id": "TRPID-0000000a", "name": "nightly", "tables": ["EMP"]}
        checked = api.post("/api/transports?validate_only=true", sent)
        assert (checked.status_code, checked.headers.get("Location")) == (200, None)
        assert document(api.get("/api/transports"))["transports"] == []
        assert document(checked) == document(api.post("/api/transports", sent))

    def test_is_answered_with_the_changed_transport_which_stays(self, api: Api) -> None:
        made = api.create("EMP")
        address = f"/api/transports/{made['id']}"
        checked = api.patch(f"{address}?validate_only=true", {"prefix": "a"}, If_Match='"1"')
        assert (checked.status_code, document(checked)["prefix"]) == (200, "a")
        assert "ETag" not in checked.headers
        assert document(api.get(address)) == made

    @pytest.mark.parametrize(
        ("sent", "status"),
        [
            ({"name": "nightly", "tables": []}, 400),
            ({"name": "nightly", "tables": ["EMP"], "schedule": {"cron": "0 0 31 2 *"}}, 400),
            ({"name": "nightly", "tables": ["EMP"], "id": "TRPID-0000000a"}, 409),
        ],
    )
    def test_is_refused_as_the_edit_would_be(
        self, api: Api, sent: dict[str, object], status: int
    ) -> None:
        api.create("EMP", id="TRPID-0000000a")
        checked = api.post("/api/transports?validate_only=true", sent)
        done = api.post("/api/transports", sent)
        assert problem(checked) == problem(done)
        assert checked.status_code == status

    def test_of_another_revision_is_refused_as_the_change_would_be(self, api: Api) -> None:
        made = api.create("EMP")
        address = f"/api/transports/{made['id']}?validate_only=true"
        assert api.patch(address, {"prefix": "a"}, If_Match='"2"').status_code == 412
        assert api.patch(address, {"source": ""}).status_code == 400
        assert api.patch("/api/transports/TRPID-nope?validate_only=true", {}).status_code == 404


class TestATransportWithEveryField:
    def test_is_shown_as_it_was_sent(self, api: Api) -> None:
        made = api.create(WHOLE_ENTRY, "DEPT", **OPTIONS)
        assert made["tables"] == [WHOLE_ENTRY, "DEPT"]
        assert {name: made[name] for name in OPTIONS} == OPTIONS

    def test_can_be_sent_as_it_was_shown(self, api: Api) -> None:
        made = api.create(WHOLE_ENTRY, "DEPT", **OPTIONS)
        writable = {"id", "name", "tables", "source", *OPTIONS}
        sent = {name: value for name, value in made.items() if name in writable}
        api.delete(f"/api/transports/{made['id']}")
        assert document(api.post("/api/transports", sent)) == made

    def test_takes_what_is_left_out_from_the_service(self, api: Api) -> None:
        made = api.create("EMP", parallel_tables=None)
        assert (made["parallel_tables"], made["format"], made["schedule"]) == (4, "jsonl.gz", None)

    def test_whose_entry_says_only_a_name_is_shown_as_that_name(self, api: Api) -> None:
        assert api.create({"table": "EMP"})["tables"] == ["EMP"]


class TestTheList:
    def test_is_empty_at_first(self, api: Api) -> None:
        assert document(api.get("/api/transports")) == {"transports": [], "next_page_token": None}

    def test_comes_in_pages_newest_first(self, api: Api) -> None:
        made = []
        for _ in range(5):
            api.home.clock.wait(1)
            made.append(api.create("EMP")["id"])
        seen, token = [], ""
        while token is not None:
            query = f"page_size=2&page_token={token}" if token else "page_size=2"
            page = document(api.get(f"/api/transports?{query}"))
            assert len(page["transports"]) <= 2
            seen += [each["id"] for each in page["transports"]]
            token = page["next_page_token"]
        assert seen == made[::-1]

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("page_size=0", "page_size"),
            ("page_size=501", "page_size"),
            ("page_size=many", "page_size"),
            ("page_size=1&page_size=2", "page_size"),
            ("size=1", "size"),
        ],
    )
    def test_refuses_parameters_by_name(self, api: Api, query: str, field: str) -> None:
        status, code, details = problem(api.get(f"/api/transports?{query}"))
        assert (status, code, list(details)) == (400, "VALIDATION_ERROR", [field])

    @pytest.mark.parametrize("token", ["", "x", "%00", "eyJ9", "9" * 2001])
    def test_refuses_a_token_that_it_never_gave(self, api: Api, token: str) -> None:
        status, code, _ = problem(api.get(f"/api/transports?page_token={token}"))
        assert (status, code) == (400, "VALIDATION_ERROR")


class TestAChange:
    def test_changes_what_it_names(self, api: Api) -> None:
        made = api.create("EMP", **OPTIONS)
        response = api.patch(f"/api/transports/{made['id']}", {"prefix": "b", "nulls": "explicit"})
        assert response.status_code == 200
        changed = {"prefix": "b", "nulls": "explicit", "revision": 2}
        assert document(response) == {**made, **changed}

    def test_takes_a_schedule_away_with_null(self, api: Api) -> None:
        made = api.create("EMP", schedule=OPTIONS["schedule"])
        assert made["next_fire_at"] == "2026-03-01T17:30:00Z"
        changed = document(api.patch(f"/api/transports/{made['id']}", {"schedule": None}))
        assert (changed["schedule"], changed["next_fire_at"]) == (None, None)

    def test_goes_by_the_etag(self, api: Api) -> None:
        path = f"/api/transports/{api.create('EMP')['id']}"
        tag = api.get(path).headers["ETag"]
        changed = api.patch(path, {"name": "b"}, If_Match=tag)
        assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
        status, code, details = problem(api.patch(path, {"name": "c"}, If_Match=tag))
        assert (status, code, details) == (412, "PRECONDITION_FAILED", {"revision": 2})
        assert document(api.get(path))["name"] == "b"

    def test_of_any_revision_is_asked_for_with_a_star(self, api: Api) -> None:
        path = f"/api/transports/{api.create('EMP')['id']}"
        assert api.patch(path, {"name": "b"}, If_Match="*").status_code == 200

    @pytest.mark.parametrize("tag", ["", "1", '"x"', 'W/"1"', '"1", "2"', '"-1"'])
    def test_refuses_an_etag_that_was_never_given(self, api: Api, tag: str) -> None:
        path = f"/api/transports/{api.create('EMP')['id']}"
        status, _, details = problem(api.patch(path, {"name": "b"}, If_Match=tag))
        assert (status, list(details)) == (400, ["If-Match"])

    @pytest.mark.parametrize(
        "field", ["id", "status", "revision", "created_at", "running_job", "nothing"]
    )
    def test_of_a_field_that_is_not_the_callers_is_refused(self, api: Api, field: str) -> None:
        path = f"/api/transports/{api.create('EMP')['id']}"
        status, _, details = problem(api.patch(path, {field: "x"}))
        assert (status, list(details)) == (400, [field])

    def test_of_a_transport_that_is_not_there_is_refused(self, api: Api) -> None:
        status, code, _ = problem(api.patch("/api/transports/TRPID-ffffffff", {"name": "b"}))
        assert (status, code) == (404, "TRANSPORT_NOT_FOUND")


class TestARemoval:
    def test_leaves_nothing(self, api: Api) -> None:
        path = f"/api/transports/{api.create('EMP')['id']}"
        removed = api.delete(path)
        assert (removed.status_code, removed.data) == (204, b"")
        assert "Content-Type" not in removed.headers
        assert problem(api.get(path))[:2] == (404, "TRANSPORT_NOT_FOUND")
        assert problem(api.delete(path))[:2] == (404, "TRANSPORT_NOT_FOUND")

    def test_goes_by_the_etag(self, api: Api) -> None:
        path = f"/api/transports/{api.create('EMP')['id']}"
        assert problem(api.delete(path, If_Match='"2"'))[0] == 412
        assert api.delete(path, If_Match='"1"').status_code == 204

    def test_of_a_running_transport_names_its_job(self, api: Api) -> None:
        made = api.create("EMP")
        job = api.execute(made["id"])
        status, code, details = problem(api.delete(f"/api/transports/{made['id']}"))
        assert (status, code, details) == (409, "TRANSPORT_RUNNING", {"job_id": job["id"]})


class TestAnIdOfTheCallersChoice:
    def test_is_taken_once(self, api: Api) -> None:
        assert api.create("EMP", id="TRPID-000000aa")["id"] == "TRPID-000000aa"
        again = api.post(
            "/api/transports", {"id": "TRPID-000000aa", "name": "b", "tables": ["EMP"]}
        )
        assert problem(again)[:2] == (409, "TRANSPORT_EXISTS")

    def test_has_the_form_of_an_id(self, api: Api) -> None:
        sent = {"id": "mine", "name": "b", "tables": ["EMP"]}
        assert list(problem(api.post("/api/transports", sent))[2]) == ["id"]


class TestWhatIsWrong:
    @pytest.mark.parametrize(
        ("changes", "field", "right"),
        [
            ({"name": 5}, "name", "must be a valid string"),
            ({"name": ""}, "name", "must have 1 to 200 printable characters"),
            ({"tables": "EMP"}, "tables", "must be a valid array"),
            ({"tables": []}, "tables", "must name at least one table"),
            ({"tables": [5]}, "tables[0]", "must be"),
            ({"tables": ["EMP", {}]}, "tables[1].table", "is needed"),
            ({"tables": ["EMP", {"table": 5}]}, "tables[1].table", "must be a valid string"),
            (
                {"tables": [{"table": "EMP", "column": []}]},
                "tables[0].column",
                "is not a field; did you mean columns?",
            ),
            (
                {"tables": [{"table": "EMP", "masks": [{"column": "A", "king": 1}]}]},
                "tables[0].masks[0].king",
                "is not a field; did you mean kind?",
            ),
            (
                {"tables": [{"table": "EMP", "where": "A=:a", "binds": {"a": True}}]},
                "tables[0].binds.a",
                "must be a text, a finite number or null",
            ),
            (
                {"tables": [{"table": "EMP", "masks": [{"column": "A", "kind": "blur"}]}]},
                "tables[0].masks[0].kind",
                "must be 'null', 'redact', 'hash', 'keep_last' or 'year'",
            ),
            ({"schedule": {"corn": "* * * * *"}}, "schedule.corn", "did you mean cron?"),
            ({"schedule": {"cron": "often"}}, "schedule.cron", "must be minute, hour"),
            ({"schedule": "daily"}, "schedule", "must be"),
            ({"format": "csv"}, "format", "must be 'jsonl.gz', 'jsonl.zst' or 'parquet'"),
            ({"parallel_tables": "4"}, "parallel_tables", "must be a valid integer"),
            ({"parallel_tables": 0}, "parallel_tables", "must be between 1 and 100"),
            ({"enabled": "yes"}, "enabled", "must be a valid boolean"),
            ({"target_bucket": "A"}, "target_bucket", "must be a bucket's name"),
            ({"zzz": 1}, "zzz", "is not a field; there are description,"),
        ],
    )
    def test_is_named_with_what_would_be_right(
        self, api: Api, changes: dict[str, object], field: str, right: str
    ) -> None:
        sent = {"name": "nightly", "tables": ["EMP"], **changes}
        status, code, details = problem(api.post("/api/transports", sent))
        assert (status, code) == (400, "VALIDATION_ERROR")
        assert right in details[field]

    @pytest.mark.parametrize("body", [b"", b"{}"])
    def test_may_be_that_all_is_missing(self, api: Api, body: bytes) -> None:
        response = api.client.post("/api/transports", data=body, content_type="application/json")
        assert problem(response)[2] == {"name": "is needed", "tables": "is needed"}

    @pytest.mark.parametrize(
        "body",
        [b"{", b"[]", b"5", b'"x"', b"\xff", b'{"name": "a", }', b"[" * 5000, b'{"a": NaN}'],
    )
    def test_may_be_the_whole_body(self, api: Api, body: bytes) -> None:
        response = api.client.post("/api/transports", data=body, content_type="application/json")
        status, code, details = problem(response)
        assert (status, code) == (400, "VALIDATION_ERROR")
        assert details != {}

    def test_names_no_more_than_a_reader_can_take_in(self, api: Api) -> None:
        sent = {"name": "a", "tables": [5] * 5000}
        response = api.post("/api/transports", sent)
        assert len(problem(response)[2]) <= 20
        assert len(response.data) < 10_000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3)
    ),
    max_leaves=6,
)
FIELDS = sorted({*TransportAnswer.model_fields, *EntryAnswer.model_fields, "cron"})


class TestWhateverIsSent:
    @settings(max_examples=150, deadline=None)
    @given(
        fields=st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4),
        entry=st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4) | st.text(max_size=12),
    )
    def test_is_kept_or_refused_by_name(
        self, shared_api: Api, fields: dict[str, object], entry: object
    ) -> None:
        sent = {"name": "nightly", "tables": ["DEPT", entry], **fields}
        response = shared_api.post("/api/transports", sent)
        if response.status_code == 201:
            path = f"/api/transports/{document(response)['id']}"
            assert document(shared_api.get(path)) == document(response)
            assert shared_api.delete(path).status_code == 204
        else:
            status, code, details = problem(response)
            assert (status, code) == (400, "VALIDATION_ERROR")
            assert details != {}


class TestATransportInTheBook:
    def test_shows_what_it_does(self, api: Api) -> None:
        transport = a_transport().occupied("JOB-20260301-120000-0001", version=12)
        api.home.book.transact(lambda entries: entries.put_transport(transport))
        shown = document(api.get(f"/api/transports/{transport.id}"))
        assert (shown["status"], shown["running_job"]) == ("running", "JOB-20260301-120000-0001")
        assert (shown["last_job"], shown["last_version"]) == ("JOB-20260301-120000-0001", "v012")
