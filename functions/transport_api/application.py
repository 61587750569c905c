"""Join the operations to the web: routes, guards, answers and problems."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http import HTTPStatus

import flask
from pydantic import BaseModel
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import MethodNotAllowed as WrongMethod

from oracle_etl.logs import log_fields
from oracle_etl.model.errors import Refused, TransportError
from oracle_etl.outside import Outside
from oracle_etl.settings import Settings
from transport_api.arrival import Arrival, request_id_of, trace_id_of
from transport_api.authentication import Authentication
from transport_api.call import Call, Operation, Reply, Streamed
from transport_api.cors import cors_headers, preflight_headers
from transport_api.guards import LARGEST_BODY_BYTES, body_too_large, guards
from transport_api.operations import OPERATIONS
from transport_api.problems import (
    MEDIA_TYPE,
    MethodNotAllowed,
    NoSuchPath,
    problem_headers,
    problem_of,
    status_of,
)
from transport_api.reading import read_body, read_query
from transport_api.requests import Sent
from transport_api.scheduler import Scheduler, VerifyToken, verify_google_token
from transport_api.service import Service

LOGGER = logging.getLogger(__name__)

BASES = ("/api/v1", "/api")
SERVICE = "oracle_etl"
"""The application's extension that is the service, for whoever has to close it."""
_MANY, _ONE = "/transports", "/transport"
_SLASHED = re.compile(r"\{(\w+)\.\.\.\}")
_PLAIN = re.compile(r"\{(\w+)\}")
_BY_NAME = {each.name: each for each in OPERATIONS}


def create_application(
    settings: Settings, outside: Outside, *, verify: VerifyToken = verify_google_token
) -> flask.Flask:
    """Return the WSGI application that serves the API; nothing outside is touched yet."""
    service = Service.of(settings, outside)
    entrance = _Entrance(service, verify)
    app = flask.Flask("transport_api", static_folder=None)
    # A body that is not announced is cut off there without a word: one byte more shows it.
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY_BYTES + 1
    # Oracle names may hold slashes: "/BIC/AFACT" is one of SAP's.
    app.url_map.merge_slashes = False
    for operation in OPERATIONS:
        view = _view(operation, service)
        for rule in rules(operation):
            app.add_url_rule(rule, operation.name, view, methods=[operation.method])
    app.extensions[SERVICE] = service
    app.before_request(entrance.arrive)
    app.after_request(entrance.leave)
    app.teardown_request(_forget)
    app.register_error_handler(TransportError, _problem)
    app.register_error_handler(HTTPException, _web_problem)
    app.register_error_handler(Exception, _bug)
    return app


def rules(operation: Operation) -> Iterator[str]:
    """Yield every path that an operation answers at, as Flask writes it."""
    path = _PLAIN.sub(r"<\1>", _SLASHED.sub(r"<path:\1>", operation.path))
    if not operation.is_below_api:
        yield path
        return
    for base in BASES:
        yield f"{base}{path}"
        if path.startswith(_MANY):
            # The specification has it in the singular.
            yield f"{base}{_ONE}{path.removeprefix(_MANY)}"


class _Entrance:
    """What happens to every request before and after its operation."""

    def __init__(self, service: Service, verify: VerifyToken) -> None:
        settings = service.settings
        self._settings = settings
        self._guards = guards(
            settings,
            authentication=Authentication(settings.auth),
            scheduler=Scheduler(settings, verify=verify),
        )

    def arrive(self) -> flask.Response | None:
        """Note whose request it is, and let the guards look at it."""
        request = flask.request
        headers = {name.lower(): value for name, value in request.headers.items()}
        arrival = Arrival(
            method=request.method,
            path=request.path,
            operation=_BY_NAME.get(request.endpoint or ""),
            remote_address=request.remote_addr or "",
            headers=headers,
            body_bytes=request.content_length,
            request_id=request_id_of(headers),
            trace_id=trace_id_of(headers),
        )
        _note(arrival)
        preflight = preflight_headers(arrival, self._settings)
        if preflight is not None:
            return flask.Response(status=HTTPStatus.NO_CONTENT, headers=preflight)
        for guard in self._guards:
            guard(arrival)
        return None

    def leave(self, response: flask.Response) -> flask.Response:
        """Add the headers that every answer has, and log the request."""
        arrival: Arrival = flask.g.arrival
        response.headers["X-Request-ID"] = arrival.request_id
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers.setdefault("Cache-Control", "no-store")
        for name, value in cors_headers(arrival, self._settings).items():
            response.headers[name] = value
        LOGGER.info(
            "%s %s: %d",
            arrival.method,
            arrival.path,
            response.status_code,
            extra={
                "method": arrival.method,
                "path": arrival.path,
                "status": response.status_code,
                "duration_ms": round((time.perf_counter() - flask.g.began) * 1000, 2),
            },
        )
        return response


def _note(arrival: Arrival) -> None:
    variables = flask.request.view_args or {}
    flask.g.arrival = arrival
    flask.g.began = time.perf_counter()
    flask.g.about = ExitStack()
    flask.g.about.enter_context(
        log_fields(
            request_id=arrival.request_id,
            trace=arrival.trace_id,
            transport_id=variables.get("transport_id"),
            job_id=variables.get("job_id"),
        )
    )


def _forget(error: BaseException | None) -> None:
    del error  # it was answered already
    about: ExitStack = flask.g.about
    about.close()


def _view(operation: Operation, service: Service) -> Callable[..., flask.Response]:
    def answer(**variables: str) -> flask.Response:
        request = flask.request
        arrival: Arrival = flask.g.arrival
        call = Call(
            service=service,
            path=variables,
            query=read_query(operation.query, list(request.args.items(multi=True))),
            body=_body(operation),
            headers=arrival.headers,
            base=next((each for each in BASES if request.path.startswith(f"{each}/")), ""),
        )
        return _response(operation.handle(call))

    return answer


def _body(operation: Operation) -> Sent | None:
    if operation.body is None:
        return None
    request = flask.request
    body = request.get_data(cache=False)
    if len(body) > LARGEST_BODY_BYTES:
        raise body_too_large()
    return read_body(operation.body, body, content_type=request.headers.get("Content-Type", ""))


def _response(reply: Reply) -> flask.Response:
    content = reply.content
    response = flask.Response(
        _sent(content),
        status=reply.status,
        headers=dict(reply.headers),
        content_type=reply.content_type,
    )
    if isinstance(content, Streamed):
        response.call_on_close(content.close)
    if content is None:
        del response.headers["Content-Type"]
    return response


def _sent(content: BaseModel | Streamed | bytes | None) -> Iterator[bytes] | bytes | None:
    match content:
        case BaseModel():
            return content.model_dump_json().encode()
        case Streamed():
            return content.chunks
        case _:
            return content


def _problem(error: TransportError) -> flask.Response:
    if status_of(error) >= HTTPStatus.INTERNAL_SERVER_ERROR:
        LOGGER.warning("%s: %s", error.code, error.message, exc_info=error)
    return _told(error)


def _told(error: TransportError) -> flask.Response:
    arrival: Arrival = flask.g.arrival
    problem = problem_of(error, instance=arrival.path, trace_id=arrival.trace_id)
    return flask.Response(
        problem.model_dump_json().encode(),
        status=problem.status,
        headers=problem_headers(error),
        content_type=MEDIA_TYPE,
    )


def _web_problem(error: HTTPException) -> flask.Response:
    path = flask.request.path
    if isinstance(error, WrongMethod):
        methods = sorted(each for each in error.valid_methods or ())
        named = MethodNotAllowed(
            f"{flask.request.method} does not go with {path}",
            hint=f"{' and '.join(methods)} do",
            details={"methods": methods},
        )
        return _problem(named)
    if error.code == HTTPStatus.NOT_FOUND:
        return _problem(NoSuchPath(f"there is nothing at {path}", hint="see GET /api/openapi.json"))
    return _problem(Refused(error.description or "the request is not HTTP as it should be"))


def _bug(error: Exception) -> flask.Response:
    LOGGER.error("a bug", exc_info=error)
    return _told(
        TransportError(
            "the service has made a mistake",
            hint="report it with the trace_id; the service's log has the details",
        )
    )
