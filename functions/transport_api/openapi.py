"""Describe the API in OpenAPI 3.1, from the types that validate its requests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from oracle_etl.flow.watch_job import EventName
from transport_api.call import EVENT_STREAM, JSON, Access, Need, Operation
from transport_api.events import (
    CompleteEvent,
    ErrorEvent,
    ProgressEvent,
    TableCompleteEvent,
    TableStartEvent,
)
from transport_api.problems import MEDIA_TYPE, ProblemAnswer

Document = dict[str, Any]

_REFERENCE = "#/components/schemas/{model}"
_VARIABLE = re.compile(r"\{(\w+)(?:\.\.\.)?\}")
_EVENTS: Mapping[EventName, type[BaseModel]] = {
    EventName.TABLE_START: TableStartEvent,
    EventName.PROGRESS: ProgressEvent,
    EventName.TABLE_COMPLETE: TableCompleteEvent,
    EventName.ERROR: ErrorEvent,
    EventName.COMPLETE: CompleteEvent,
}
_SECURITY: Document = {
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "scheduler": {"type": "http", "scheme": "bearer", "description": "Google ID token"},
}
_SECURITY_OF: Mapping[Access, list[Document]] = {
    Access.ANYONE: [],
    Access.CALLER: [{"apiKey": []}, {"bearer": []}],
    # The scheduler on Google, a caller on the embedded home's own machine.
    Access.SCHEDULER: [{"scheduler": []}, {"apiKey": []}, {"bearer": []}],
}
_OF_ALL = {HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN}
_OF_BODIES = {HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE}
_OF_NEEDS: Mapping[Need, set[HTTPStatus]] = {
    Need.STATE: {HTTPStatus.SERVICE_UNAVAILABLE},
    Need.ORACLE: {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.BAD_GATEWAY},
    Need.STORE: {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.BAD_GATEWAY},
    Need.SIGN_IN: {HTTPStatus.SERVICE_UNAVAILABLE},
}


def openapi_document(operations: Sequence[Operation], *, version: str) -> Document:
    """Return the document; paths below the API are given under /api, and answer under /api/v1."""
    references, schemas = _schemas(operations)
    paths: Document = {}
    for each in operations:
        below = paths.setdefault(shown_path(each), {})
        below[each.method.lower()] = _operation(each, references)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "oracle-etl",
            "version": version,
            "description": "Oracle tables into object storage: transports, jobs and their progress."
            " Every path below /api answers under /api/v1 too.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": _SECURITY},
    }


def shown_path(operation: Operation) -> str:
    """Return an operation's path as OpenAPI writes it."""
    path = _VARIABLE.sub(r"{\1}", operation.path)
    return f"/api{path}" if operation.is_below_api else path


def _schemas(operations: Sequence[Operation]) -> tuple[Mapping[Any, Document], Document]:
    inputs: set[type[BaseModel]] = {each.body for each in operations if each.body is not None}
    outputs: set[type[BaseModel]] = {each.answer for each in operations if each.answer is not None}
    outputs |= {*_EVENTS.values(), ProblemAnswer}
    modes: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        (each, "validation") for each in sorted(inputs, key=_name)
    ]
    for each in sorted(outputs, key=_name):
        modes.append((each, "serialization"))  # noqa: PERF401 - the two kinds read better apart
    references, document = models_json_schema(modes, ref_template=_REFERENCE)
    return references, document["$defs"]


def _name(model: type[BaseModel]) -> str:
    return model.__name__


def _operation(operation: Operation, references: Mapping[Any, Document]) -> Document:
    described: Document = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": list(_parameters(operation)),
        "responses": _responses(operation, references),
        "security": _SECURITY_OF[operation.access],
    }
    if operation.body is not None:
        schema = references[operation.body, "validation"]
        described["requestBody"] = {
            "required": any(each.is_required() for each in operation.body.model_fields.values()),
            "content": {JSON: {"schema": schema}},
        }
    return described


def _parameters(operation: Operation) -> Iterator[Document]:
    for name in _VARIABLE.findall(operation.path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
    schema = operation.query.model_json_schema(ref_template=_REFERENCE)
    definitions = schema.get("$defs", {})
    for name, each in schema.get("properties", {}).items():
        shown = _inlined(each, definitions)
        description = shown.pop("description", "")
        yield {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "description": description,
            "schema": shown,
        }
    for name, header in operation.headers.items():
        pattern = {} if header.pattern is None else {"pattern": header.pattern}
        yield {
            "name": name,
            "in": "header",
            "required": False,
            "description": header.says,
            "schema": {"type": "string", **pattern},
        }


def _inlined(schema: Document, definitions: Document) -> Document:
    """Return a parameter's schema without references: each parameter stands for itself."""
    shown: Document = {}
    for name, value in schema.items():
        if name == "$ref":
            shown |= definitions[value.rpartition("/")[2]]
        elif name == "anyOf":
            shown[name] = [_inlined(each, definitions) for each in value]
        else:
            shown[name] = value
    return shown


def _responses(operation: Operation, references: Mapping[Any, Document]) -> Document:
    responses = {f"{operation.status:d}": _success(operation, references)}
    for status, when in operation.also.items():
        responses[f"{status:d}"] = _other_success(operation, status, when, references)
    problem = {"schema": references[ProblemAnswer, "serialization"]}
    for status in sorted(_refusals(operation)):
        content = {MEDIA_TYPE: problem}
        tells_itself = status is HTTPStatus.SERVICE_UNAVAILABLE and not operation.needs
        if operation.answer is not None and tells_itself:
            # It tells of itself what is away.
            content = {JSON: {"schema": references[operation.answer, "serialization"]}}
        responses[f"{status:d}"] = {"description": status.phrase, "content": content}
    return responses


def _refusals(operation: Operation) -> set[HTTPStatus]:
    refusals = {*_OF_ALL, *operation.refusals}
    refusals.update(*(_OF_NEEDS[need] for need in operation.needs))
    if operation.access is not Access.ANYONE:
        refusals.add(HTTPStatus.UNAUTHORIZED)
    if operation.body is not None:
        refusals |= _OF_BODIES
    return refusals


def _other_success(
    operation: Operation, status: HTTPStatus, when: str, references: Mapping[Any, Document]
) -> Document:
    described: Document = {"description": when}
    if operation.answer is not None and status is not HTTPStatus.NO_CONTENT:
        schema = references[operation.answer, "serialization"]
        described["content"] = {JSON: {"schema": schema}}
    return described


def _event_schema(references: Mapping[Any, Document]) -> Document:
    """Describe one event: its lines are the properties, and its data is JSON."""

    def event(name: EventName, model: type[BaseModel]) -> Document:
        data = {
            "type": "string",
            "contentMediaType": JSON,
            "contentSchema": references[model, "serialization"],
        }
        return {
            "type": "object",
            "required": ["event", "id", "data"],
            "properties": {
                "event": {"const": f"{name}"},
                "id": {"type": "string", "description": "What Last-Event-ID goes on behind"},
                "data": data,
            },
        }

    return {"oneOf": [event(name, model) for name, model in _EVENTS.items()]}


def _success(operation: Operation, references: Mapping[Any, Document]) -> Document:
    described: Document = {"description": operation.status.phrase}
    if operation.content_type == EVENT_STREAM:
        described["description"] = "Events, each of this form"
        described["content"] = {EVENT_STREAM: {"schema": _event_schema(references)}}
    elif operation.answer is not None:
        schema = references[operation.answer, "serialization"]
        described["content"] = {JSON: {"schema": schema}}
    elif operation.status is not HTTPStatus.NO_CONTENT:
        described["content"] = {JSON: {"schema": {"type": "object"}}}
    return described
