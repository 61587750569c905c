from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_etl.logs import HIDDEN, JsonLines, log_fields, secrets_in, set_up_logging
from oracle_etl.settings import AuthSettings, Secret, Settings, SourceSettings


@dataclass
class Log:
    stream: io.StringIO = field(default_factory=io.StringIO)

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    @property
    def line(self) -> dict[str, Any]:
        [line] = self.lines
        return line


@pytest.fixture
def log() -> Iterator[Log]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    written = Log()
    set_up_logging(
        level="INFO",
        secrets=["tiger", 'qu"oted\\', "tiger-and-more"],
        project="a-project",
        stream=written.stream,
    )
    yield written
    root.handlers[:] = before
    root.setLevel(level)


LOGGER = logging.getLogger("a.test")


class TestALine:
    def test_has_every_field_that_people_search_for(self, log: Log) -> None:
        LOGGER.info("%s tables", 3)
        line = log.line
        assert line.pop("timestamp").endswith("Z")
        assert line == {
            "level": "INFO",
            "severity": "INFO",
            "message": "3 tables",
            "logger": "a.test",
            "request_id": None,
            "transport_id": None,
            "job_id": None,
        }

    def test_is_one_line_whatever_the_message(self, log: Log) -> None:
        LOGGER.warning("first\n{forged: line}\r\u2028")
        assert log.line["message"] == "first\n{forged: line}\r\u2028"

    def test_carries_what_the_caller_adds(self, log: Log) -> None:
        LOGGER.info("answered", extra={"status": 200, "duration_ms": 1.5, "nothing": float("nan")})
        assert (log.line["status"], log.line["duration_ms"]) == (200, 1.5)
        assert log.line["nothing"] == "nan"

    def test_holds_the_stack_of_an_error(self, log: Log) -> None:
        try:
            raise ValueError("odd")
        except ValueError:
            LOGGER.exception("it broke")
        assert log.line["message"].startswith("it broke\nTraceback")
        assert "ValueError: odd" in log.line["message"]

    def test_below_the_level_is_left_out(self, log: Log) -> None:
        LOGGER.debug("details")
        assert log.lines == []


class TestLinesInsideARequest:
    def test_say_what_they_are_about_and_no_longer_after_it(self, log: Log) -> None:
        with log_fields(request_id="r1", transport_id="TRPID-1", job_id=None, trace="ab"):
            with log_fields(job_id="JOB-1"):
                LOGGER.info("inside")
            LOGGER.info("between")
        LOGGER.info("outside")
        inside, between, outside = log.lines
        assert (inside["request_id"], inside["transport_id"], inside["job_id"]) == (
            "r1",
            "TRPID-1",
            "JOB-1",
        )
        assert inside["trace"] == "ab"
        assert inside["logging.googleapis.com/trace"] == "projects/a-project/traces/ab"
        assert between["job_id"] is None
        assert outside["request_id"] is None

    def test_join_no_google_trace_without_a_project(self) -> None:
        with log_fields(trace="ab"):
            line = json.loads(JsonLines().format(logging.makeLogRecord({"msg": "m"})))
        assert line["trace"] == "ab"
        assert "logging.googleapis.com/trace" not in line


class TestASecret:
    def test_is_hidden_in_messages_arguments_and_stacks(self, log: Log) -> None:
        LOGGER.info("login scott/tiger with %s", 'qu"oted\\')
        try:
            raise ValueError("tiger refused")
        except ValueError:
            LOGGER.exception("failed")
        text = log.stream.getvalue()
        assert "tiger" not in text
        assert "oted" not in text
        assert log.lines[0]["message"] == f"login scott/{HIDDEN} with {HIDDEN}"

    @pytest.mark.parametrize("secret", ['qu"oted\\', "pass wörd/+", "it's", "tab\t비밀"])
    def test_is_hidden_as_programs_write_it_too(self, secret: str) -> None:
        forms = (repr(secret), json.dumps(secret), quote(secret), quote(secret, safe=""))
        record = logging.makeLogRecord({"msg": "\n".join(forms)})
        message = json.loads(JsonLines(secrets=[secret]).format(record))["message"]
        assert [each.strip("'\"") for each in message.splitlines()] == [HIDDEN] * len(forms)

    def test_is_hidden_whole_where_it_holds_another(self, log: Log) -> None:
        LOGGER.info("it is tiger-and-more")
        assert log.line["message"] == f"it is {HIDDEN}"

    @pytest.mark.parametrize(
        "key",
        ["password", "ORACLE_PASSWORD", "Authorization", "X-API-Key", "bearer_secret", "mask_key"],
    )
    def test_is_hidden_under_a_telling_key_at_any_depth(self, log: Log, key: str) -> None:
        LOGGER.info(
            "settings", extra={"given": {"deep": [{key: "unknown-value", "user": "scott"}]}}
        )
        assert log.line["given"] == {"deep": [{key: HIDDEN, "user": "scott"}]}

    @given(st.text(min_size=1), st.text(), st.text())
    def test_never_shows_whatever_surrounds_it(self, secret: str, before: str, after: str) -> None:
        record = logging.makeLogRecord({"msg": before + secret + after, "extra_field": [secret]})
        line = json.loads(JsonLines(secrets=[secret]).format(record))
        whole = secret.encode("utf-8", "backslashreplace").decode()
        for shown in (line["message"], line["extra_field"][0]):
            assert whole not in shown.replace(HIDDEN, "\x00") or whole == "\x00"


class TestTheSecretsOfTheSettings:
    def test_are_all_found_but_references(self) -> None:
        settings = Settings(
            sources={"default": SourceSettings(password=Secret("tiger"))},
            auth=AuthSettings(
                api_keys=(Secret("key-1"), Secret("secret:keys")), bearer_secret=Secret("hs")
            ),
        )
        assert sorted(secrets_in(settings)) == ["hs", "key-1", "tiger"]
