from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from api_service import Api, document, golden
from fakes.away import Away
from fakes.memory_source import MemorySource
from oracle_etl.model.errors import BookAway, TableNotFound, UnreadableValue
from oracle_etl.model.reading import Reading
from transport_api.call import Access
from transport_api.openapi import openapi_document, shown_path
from transport_api.operations import OPERATIONS

DOCS = Path(__file__).parents[2] / "docs" / "api.md"
DESCRIBED = json.loads(json.dumps(openapi_document(OPERATIONS, version="1.2.3")))


def validator(schema: str) -> Draft202012Validator:
    """Return a validator for one of the document's schemas."""
    return Draft202012Validator({**DESCRIBED, "$ref": f"#/components/schemas/{schema}"})


def references(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


class TestTheDocument:
    def test_is_served(self, api: Api) -> None:
        served = document(api.get("/api/openapi.json"))
        assert served["openapi"] == "3.1.0"
        assert served == {**DESCRIBED, "info": {**DESCRIBED["info"], "version": "0.1.0"}}

    def test_has_every_route_of_the_service(self, api: Api) -> None:
        routes = {
            (method, re.sub(r"<(?:path:)?(\w+)>", r"{\1}", rule.rule))
            for rule in api.app.url_map.iter_rules()
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
            if "/v1/" not in rule.rule and not re.match(r"/api/transport(/|$)", rule.rule)
        }
        described = {
            (method.upper(), path) for path, item in DESCRIBED["paths"].items() for method in item
        }
        assert described == routes

    def test_refers_only_to_what_it_holds(self) -> None:
        schemas = DESCRIBED["components"]["schemas"]
        for reference in references(DESCRIBED):
            assert reference.removeprefix("#/components/schemas/") in schemas

    @pytest.mark.parametrize("name", sorted(DESCRIBED["components"]["schemas"]))
    def test_holds_schemas_that_are_schemas(self, name: str) -> None:
        Draft202012Validator.check_schema(DESCRIBED["components"]["schemas"][name])

    def test_names_every_variable_of_each_path(self) -> None:
        for path, item in DESCRIBED["paths"].items():
            for described in item.values():
                named = {each["name"] for each in described["parameters"] if each["in"] == "path"}
                assert named == set(re.findall(r"\{(\w+)\}", path))

    def test_names_each_operation_once(self) -> None:
        names = [
            each["operationId"] for item in DESCRIBED["paths"].values() for each in item.values()
        ]
        assert len(set(names)) == len(names) == len(OPERATIONS)

    @pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
    def test_says_who_may_call(self, operation: Any) -> None:  # noqa: ANN401 - an Operation
        described = DESCRIBED["paths"][shown_path(operation)][operation.method.lower()]
        names = {name for each in described["security"] for name in each}
        assert (
            names
            == {
                Access.ANYONE: set(),
                Access.CALLER: {"apiKey", "bearer"},
                Access.SCHEDULER: {"scheduler", "apiKey", "bearer"},
            }[operation.access]
        )


class TestItsSchemas:
    @pytest.mark.parametrize(
        ("schema", "name"),
        [
            ("TransportSent", "create_transport.request.json"),
            ("TransportAnswer", "create_transport.response.json"),
            ("JobAnswer", "job.json"),
            ("ProgressEvent", "event_progress.json"),
            ("TableStartEvent", "event_table_start.json"),
            ("TableCompleteEvent", "event_table_complete.json"),
            ("ErrorEvent", "event_error.json"),
            ("CompleteEvent", "event_complete.json"),
        ],
    )
    def test_fit_the_golden_documents(self, schema: str, name: str) -> None:
        assert list(validator(schema).iter_errors(golden(name))) == []

    def test_fit_what_the_service_answers(self, api: Api) -> None:
        made = api.create("EMP", {"table": "DEPT", "columns": ["ID"]})
        job = api.execute(made["id"])
        api.work()
        answers = {
            "HealthAnswer": "health",
            "LiveAnswer": "health/live",
            "OracleStatusAnswer": "oracle/status",
            "TablesAnswer": "tables",
            "TableAnswer": "tables/EMP",
            "SampleAnswer": "tables/EMP/sample",
            "TransportAnswer": f"transports/{made['id']}",
            "TransportsAnswer": "transports",
            "JobAnswer": f"jobs/{job['id']}",
            "JobsAnswer": "jobs",
            "TablesOfJobAnswer": f"jobs/{job['id']}/tables",
            "ProblemAnswer": "nothing",
        }
        for schema, path in answers.items():
            read = document(api.get(f"/api/{path}"))
            assert list(validator(schema).iter_errors(read)) == [], schema

    @pytest.mark.parametrize(
        "wrong",
        [{"name": "a"}, {"name": "a", "tables": "EMP"}, {"name": "a", "tables": [], "x": 1}],
    )
    def test_refuse_what_the_service_refuses(self, api: Api, wrong: dict[str, object]) -> None:
        assert list(validator("TransportSent").iter_errors(wrong)) != []
        assert api.post("/api/transports", wrong).status_code == 400

    def test_of_a_change_promise_no_defaults(self) -> None:
        change = DESCRIBED["components"]["schemas"]["TransportChange"]
        assert "required" not in change
        assert not [each for each in change["properties"].values() if "default" in each]


def shape_of(operation: str, parameter: str) -> Draft202012Validator:
    """Return a validator for one of an operation's parameters."""
    [shape] = [
        each["schema"]
        for item in DESCRIBED["paths"].values()
        for described in item.values()
        if described["operationId"] == operation
        for each in described["parameters"]
        if each["name"] == parameter
    ]
    return Draft202012Validator(shape)


VALUES_OF_HEADERS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=300).map(
    str.strip
)
"""Servers leave out the spaces around a value."""


class TestItsHeaders:
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
    @given(VALUES_OF_HEADERS)
    @example("")
    @example("a b")
    @example("schedule:x")
    @example("a" * 255)
    @example("a" * 256)
    def test_promise_of_a_key_what_the_service_takes(self, shared_api: Api, key: str) -> None:
        promised = shape_of("executeTransport", "Idempotency-Key").is_valid(key)
        answer = shared_api.post("/api/transports/TRPID-00000001/execute", Idempotency_Key=key)
        assert promised is (answer.status_code == 404)

    @pytest.mark.parametrize(
        ("tag", "taken"),
        [('"3"', True), ("*", True), (' "3" ', True), ("", False), ("3", False), ('W/"3"', False)],
    )
    def test_promise_of_an_etag_what_the_service_takes(
        self, api: Api, tag: str, *, taken: bool
    ) -> None:
        for operation, method in (("changeTransport", "PATCH"), ("removeTransport", "DELETE")):
            assert shape_of(operation, "If-Match").is_valid(tag) is taken
            answer = api.call(method, "/api/transports/TRPID-00000001", {}, If_Match=tag)
            assert (answer.status_code == 404) is taken


class ASourceInTrouble(MemorySource):
    """Loses each table while it is counted."""

    def count(self, reading: Reading) -> int:
        raise TableNotFound(f"there is no {reading.table}")


def unreadable(reading: Reading, number: int) -> None:
    raise UnreadableValue(f"a value of {reading.table} in batch {number}")


class TestItsRefusals:
    @pytest.mark.parametrize(
        ("path", "described_as", "status"),
        [
            ("/api/tables/EMP/sample", "/api/tables/{name}/sample", 422),
            ("/api/tables?counts=exact", "/api/tables", 404),
            ("/api/health?deep=true", "/api/health", 400),
            ("/api/health/live?_=1", "/api/health/live", 400),
        ],
    )
    def test_are_those_of_the_service(
        self, api: Api, path: str, described_as: str, status: int
    ) -> None:
        source = ASourceInTrouble(before_batch=unreadable)
        source.put("EMP", [(1, "a")])
        answer = api.having(source=lambda _: source).get(path)
        assert answer.status_code == status
        described = DESCRIBED["paths"][described_as]["get"]["responses"][f"{status}"]
        [(kind, content)] = described["content"].items()
        assert answer.content_type == kind
        shape = Draft202012Validator({**DESCRIBED, **content["schema"]})
        assert list(shape.iter_errors(document(answer))) == []

    def test_of_health_tell_of_the_parts(self, api: Api) -> None:
        answer = api.having(book=Away(BookAway("the state is away"))).get("/api/health")
        assert answer.status_code == 503
        described = DESCRIBED["paths"]["/api/health"]["get"]["responses"]["503"]["content"]
        shape = Draft202012Validator({**DESCRIBED, **described[answer.content_type]["schema"]})
        assert list(shape.iter_errors(document(answer))) == []


class TestItsEvents:
    def test_fit_what_a_stream_sends(self, api: Api) -> None:
        job = api.execute(api.create("EMP", "NONE")["id"])
        api.work()
        described = DESCRIBED["paths"]["/api/jobs/{job_id}/events"]["get"]["responses"]["200"]
        shape = described["content"]["text/event-stream"]["schema"]
        text = api.get(f"/api/jobs/{job['id']}/events").get_data(as_text=True)
        sent = [
            dict(line.split(": ", 1) for line in each.splitlines())
            for each in text.split("\n\n")
            if each.startswith("event:")
        ]
        assert {"table_start", "progress", "table_complete", "error", "complete"} <= {
            each["event"] for each in sent
        }
        for each in sent:
            assert Draft202012Validator(shape).is_valid(each)
            [form] = [
                one["properties"]
                for one in shape["oneOf"]
                if one["properties"]["event"]["const"] == each["event"]
            ]
            data = Draft202012Validator({**DESCRIBED, **form["data"]["contentSchema"]})
            assert list(data.iter_errors(json.loads(each["data"]))) == []


class TestTheWrittenDocumentation:
    def test_has_a_chapter_for_every_operation_and_no_other(self) -> None:
        chapters = re.findall(
            r"^### (GET|POST|PATCH|DELETE) (/\S+)$", DOCS.read_text(), re.MULTILINE
        )
        described = {(each.method, shown_path(each)) for each in OPERATIONS}
        assert sorted(chapters) == sorted((f"{method}", path) for method, path in described)

    def test_shows_json_that_is_json(self) -> None:
        blocks = re.findall(r"^```json\n(.*?)^```$", DOCS.read_text(), re.MULTILINE | re.DOTALL)
        assert blocks
        for block in blocks:
            json.loads(block)

    def test_explains_every_field_that_can_be_sent(self) -> None:
        text = DOCS.read_text()
        for schema in ("TransportSent", "TableSent", "ScheduleSent", "MaskSent", "ExecuteSent"):
            for field in DESCRIBED["components"]["schemas"][schema]["properties"]:
                assert f"`{field}`" in text, f"{schema}.{field}"
