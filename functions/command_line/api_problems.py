"""Why a call of the API did not do what was asked: refusals, failures and other servers."""

from __future__ import annotations

from typing import Any

import requests

from command_line.exits import NotAuthorised, ServerRefused, Stop, Unreachable

_UNKNOWN_CALLER = 401
_UNAUTHORISED = {_UNKNOWN_CALLER, 403}
_OVERLOADED = 429
_SERVER_FAULT = 500
_IS_IT_OURS = "is ORACLE_ETL_URL the address of an oracle-etl server?"


def refuse_problems(response: requests.Response) -> None:
    """Return where the server did what was asked; raise what it said instead."""
    if response.ok and not response.is_redirect:
        return
    raise _stopped(response)


def document_in(response: requests.Response) -> dict[str, Any]:
    """Return the document that the server answered with."""
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Unreachable("the server's answer is not a JSON document", hint=_IS_IT_OURS)
    return body


def not_reached(url: str, error: Exception) -> Stop:
    """Return why a server could not be asked."""
    match error:
        case requests.exceptions.SSLError():
            return Unreachable(
                f"there is no safe connection to {url}: {_reason(error)}",
                hint="where its certificate is of an authority of your own, name that authority's "
                "file in REQUESTS_CA_BUNDLE; where it speaks no TLS, write http://",
            )
        case requests.exceptions.ProxyError():
            return Unreachable(
                f"the proxy on the way to {url} does not let the call through",
                hint="set HTTPS_PROXY to the right proxy, or name the server in NO_PROXY",
            )
        case requests.Timeout():
            said = "did not answer in time"
        case _:
            said = "does not answer"
    return Unreachable(
        f"{url} {said}",
        hint="is the server running (`oracle-etl serve`), and is ORACLE_ETL_URL its address?",
    )


def _reason(error: Exception) -> str:
    """Return what lies at the bottom of nested errors, such as `certificate has expired`."""
    inner = getattr(error, "reason", None) or (error.args[0] if error.args else None)
    return _reason(inner) if isinstance(inner, Exception) else f"{error}"


def _stopped(response: requests.Response) -> Stop:
    status = response.status_code
    if response.is_redirect:
        return ServerRefused(
            f"the server answers with a redirect to {response.headers['Location']}",
            hint="set ORACLE_ETL_URL to the address it should be",
        )
    problem = _problem(response)
    message = str(problem.get("message") or problem.get("detail") or f"HTTP {status}")
    hint = str(problem.get("hint") or "")
    # 403 ACCESS_DENIED is Oracle's word about the service's account, not ours about the caller.
    if status in _UNAUTHORISED and problem.get("code") != "ACCESS_DENIED":
        # The server's hint names the header; who calls through us gives the key another way.
        if status == _UNKNOWN_CALLER or not hint:
            hint = "set ORACLE_ETL_API_KEY to one of the server's AUTH_API_KEYS"
        return NotAuthorised(message, hint=hint, problem=problem)
    if "code" not in problem:
        hint = hint or _IS_IT_OURS
    if status == _OVERLOADED or status >= _SERVER_FAULT:
        return Unreachable(message, hint=hint, problem=problem)
    return ServerRefused(message, hint=hint, problem=problem)


def _problem(response: requests.Response) -> dict[str, Any]:
    try:
        return document_in(response)
    except (Unreachable, requests.RequestException):
        return {"status": response.status_code, "message": f"HTTP {response.status_code}"}
