"""Log JSON lines, each with the request and job it belongs to, and never a secret."""

from __future__ import annotations

import json
import logging
import math
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import TextIO
from urllib.parse import quote

from oracle_etl.settings import Secret

HIDDEN = "[hidden]"

_FIELDS: ContextVar[Mapping[str, str]] = ContextVar("log_fields", default={})  # noqa: B039 - never changed
_ALWAYS_SHOWN: dict[str, object] = {"request_id": None, "transport_id": None, "job_id": None}
_ORDINARY = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
# What some readers take for the end of a line; JSON leaves them as they are.
_LINE_ENDS = {ord(each): f"\\u{ord(each):04x}" for each in "\x7f\x85\u2028\u2029"}
_SECRET_KEY = re.compile(
    r"pass(word|wd|phrase)|secret|token|authori[sz]ation|api[-_]?key|credential|private[-_]?key"
    r"|mask[-_]?key|cookie|wallet",
    re.IGNORECASE,
)


def set_up_logging(
    *, level: str, secrets: Iterable[str] = (), project: str = "", stream: TextIO | None = None
) -> None:
    """Send every log record of this process to one stream, as JSON lines without the secrets.

    `project` is the Google Cloud project whose traces the lines join.
    """
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(JsonLines(secrets=secrets, project=project))
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)


@contextmanager
def log_fields(**given: str | None) -> Iterator[None]:
    """Say in every line logged inside what it is about: request_id, transport_id, job_id, trace."""
    known = {name: value for name, value in given.items() if value is not None}
    before = _FIELDS.set({**_FIELDS.get(), **known})
    try:
        yield
    finally:
        _FIELDS.reset(before)


def secrets_in(value: object) -> Iterator[str]:
    """Yield the text of every Secret inside settings, so that logs can leave them out."""
    if isinstance(value, Secret):
        if value and not value.is_reference:
            yield value.reveal()
        return
    for inner in _inside(value):
        yield from secrets_in(inner)


def _inside(value: object) -> Iterator[object]:
    if is_dataclass(value) and not isinstance(value, type):
        yield from (getattr(value, each.name) for each in fields(value))
    elif isinstance(value, Mapping):
        yield from value.values()
    elif isinstance(value, (tuple, list)):
        yield from value


class JsonLines(logging.Formatter):
    """Writes a log record as one line of JSON."""

    def __init__(self, *, secrets: Iterable[str] = (), project: str = "") -> None:
        super().__init__()
        # The longest first: a secret may hold another one.
        forms = {form for each in secrets if each for form in _forms(_encodable(each))}
        known = sorted(forms, key=len, reverse=True)
        self._secret = re.compile("|".join(re.escape(each) for each in known)) if known else None
        self._project = project

    def format(self, record: logging.LogRecord) -> str:
        """Write the record; whatever it holds, the line is valid JSON."""
        line: dict[str, object] = {
            "timestamp": _time(record.created),
            "level": record.levelname,
            "severity": record.levelname,
            "message": self._message(record),
            "logger": record.name,
            **_ALWAYS_SHOWN,
            **self._about(),
            **{name: value for name, value in vars(record).items() if name not in _ORDINARY},
        }
        shown = {name: self._without_secrets(name, value) for name, value in line.items()}
        return json.dumps(shown, ensure_ascii=False).translate(_LINE_ENDS)

    def _message(self, record: logging.LogRecord) -> str:
        message = record.getMessage()
        # The stack in the message is what Google's error reporting looks for.
        if record.exc_info:
            message = f"{message}\n{self.formatException(record.exc_info)}"
        return message

    def _about(self) -> dict[str, str]:
        known = dict(_FIELDS.get())
        trace = known.pop("trace", None)
        if trace is None:
            return known
        known["trace"] = trace
        if self._project:
            known["logging.googleapis.com/trace"] = f"projects/{self._project}/traces/{trace}"
        return known

    def _without_secrets(self, name: str, value: object) -> object:
        if _SECRET_KEY.search(name):
            return HIDDEN
        match value:
            case None | bool() | int():
                return value
            case float() if math.isfinite(value):
                return value
            case Mapping():
                return {
                    self._hidden(f"{key}"): self._without_secrets(f"{key}", inner)
                    for key, inner in value.items()
                }
            case list() | tuple() | set() | frozenset():
                return [self._without_secrets("", inner) for inner in value]
            case _:
                return self._hidden(f"{value}")

    def _hidden(self, text: str) -> str:
        shown = _encodable(text)
        return shown if self._secret is None else self._secret.sub(HIDDEN, shown)


def _forms(secret: str) -> Iterator[str]:
    """Yield a secret as it is, and as programs write it into messages, JSON and addresses."""
    yield secret
    yield repr(secret)[1:-1]
    yield json.dumps(secret)[1:-1]
    yield quote(secret)
    yield quote(secret, safe="")


def _encodable(text: str) -> str:
    # Half a surrogate pair, as broken names in requests give it, fits no encoding.
    return text.encode("utf-8", "backslashreplace").decode()


def _time(seconds: float) -> str:
    at = datetime.fromtimestamp(seconds, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
