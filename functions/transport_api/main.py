"""The function that functions-framework serves: target `api`."""

from __future__ import annotations

import functools
import io
import threading

import flask
import functions_framework

_BUILDING = threading.Lock()


@functions_framework.http
def api(request: flask.Request) -> flask.Response:
    """Answer one request of the API."""
    # The framework reads what is left of a body after the answer, however large: we give it
    # nothing to read, and read for ourselves with a limit.
    environ = dict(request.environ)
    request.environ.update({"wsgi.input": io.BytesIO(), "CONTENT_LENGTH": "0"})
    application = built_application()
    with application.request_context(environ):
        return application.full_dispatch_request()


def built_application() -> flask.Flask:
    """Return the application, built by the first request.

    Not when this module is imported: the server imports it and then forks, and connections
    must not be shared by processes.
    """
    with _BUILDING:
        return _application()


@functools.cache
def _application() -> flask.Flask:
    from oracle_etl.logs import secrets_in, set_up_logging  # noqa: PLC0415 - as above
    from oracle_etl.settings import Settings  # noqa: PLC0415 - as above
    from oracle_etl.wiring import wire_api  # noqa: PLC0415 - as above
    from transport_api.application import create_application  # noqa: PLC0415 - as above

    settings = Settings.from_environment()
    set_up_logging(
        level=settings.log.level,
        secrets=secrets_in(settings),
        project=settings.google.project_id,
    )
    return create_application(settings, wire_api(settings))
