"""Whatever anybody sends, the answer is one that the OpenAPI document describes, and no 5xx."""

from __future__ import annotations

import re
from urllib.parse import quote, urlencode

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from api_service import Api, document
from transport_api.call import Operation
from transport_api.openapi import openapi_document, shown_path
from transport_api.operations import OPERATIONS

DESCRIBED = openapi_document(OPERATIONS, version="1")
ODD = st.sampled_from(
    ["EMP", "hr.emp", '"', "..", "a/b", "%00", "\0", "é", "한글", "\u2028", "-1", "0" * 300, "*"]
) | st.text(max_size=20)
VALUES = ODD | st.sampled_from(["1", "true", "exact", "running", "default", '"1"'])
HEADERS = (
    "If-Match",
    "Idempotency-Key",
    "Last-Event-ID",
    "Cache-Control",
    "X-Request-ID",
    "traceparent",
    "X-Forwarded-For",
    "Content-Encoding",
    "Accept",
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=5,
)


def asked(operation: Operation) -> st.SearchStrategy[str]:
    """Return the parameters that an operation may be given, or not; tokens have their own tests."""
    known = [each.alias or name for name, each in operation.query.model_fields.items()]
    names = st.sampled_from(["x", *(each for each in known if each != "page_token")])
    return st.lists(st.tuples(names, VALUES), max_size=3).map(
        lambda pairs: urlencode(pairs, errors="replace")
    )


@st.composite
def requests(draw: st.DrawFn) -> tuple[Operation, str, dict[str, str], object]:
    operation = draw(st.sampled_from(OPERATIONS))
    path = re.sub(
        r"\{\w+\}",
        lambda _: quote(draw(ODD), safe=draw(st.sampled_from(["", "/"])), errors="replace"),
        shown_path(operation),
    )
    names = draw(st.lists(st.sampled_from(HEADERS), max_size=2, unique=True))
    printable = VALUES.map(lambda text: re.sub(r"[^ -~]", "~", text))
    headers = {name: draw(printable) for name in names}
    body = draw(JSON) if operation.body is not None else None
    return operation, f"{path}?{draw(asked(operation))}", headers, body


class TestAnyRequest:
    @settings(max_examples=200, deadline=None)
    @given(requests())
    def test_is_answered_as_described(
        self, shared_api: Api, request_of: tuple[Operation, str, dict[str, str], object]
    ) -> None:
        operation, path, headers, body = request_of
        answer = shared_api.call(
            operation.method,
            path,
            body,
            **{name.replace("-", "_"): value for name, value in headers.items()},
        )
        if answer.content_type == "application/problem+json":
            read = document(answer)
            assert read["code"] != "INTERNAL_ERROR"
            # A name that holds a slash, or nothing, leads to another path or to none.
            if read["code"] in {"PATH_NOT_FOUND", "METHOD_NOT_ALLOWED"}:
                return
        responses = DESCRIBED["paths"][shown_path(operation)][operation.method.lower()]["responses"]
        described = responses[f"{answer.status_code}"]
        if answer.content_type == "application/json":
            schema = described["content"]["application/json"]["schema"]
            shape = Draft202012Validator({**DESCRIBED, **schema})
            assert list(shape.iter_errors(document(answer))) == []
