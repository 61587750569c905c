"""Faults on demand: rules that say when something goes wrong, and what.

Set from Python through a server's `faults`, or from another process through a JSON file that the
server reads again whenever it changes: a list of objects whose keys are the fields of Rule.

    [{"action": "error", "code": 1555, "statement": "FROM BIG", "after_rows": 1000}]
"""

from __future__ import annotations

import enum
import json
import logging
import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from oracle_standin.port import OracleError
from oracle_standin.wire.connect import REFUSED_FOR_NOW
from oracle_standin.wire.packets import Channel, ConnectionGone, Interrupted
from oracle_standin.wire.statements import StatementWatch

log = logging.getLogger(__name__)

LOOK_AT_FILE_EVERY_SECONDS = 0.05
WAIT_SLICE_SECONDS = 0.02
PIECES_PER_SECOND = 50


class Action(enum.Enum):
    """What goes wrong."""

    ERROR = "error"
    """The call fails with `code` and `text`."""
    DROP = "drop"
    """The connection is cut."""
    HALF = "half"
    """Half of the next packets leave, then the connection is cut."""
    STALL = "stall"
    """Nothing happens for `seconds`; a call that has not begun to answer can be broken off."""
    TRICKLE = "trickle"
    """The rest of the session is sent at `bytes_per_second`."""
    REFUSE = "refuse"
    """A client that connects is refused with `code`."""
    DOWN = "down"
    """Nobody listens for `seconds`; open sessions go on."""
    RESTART = "restart"
    """Every session is cut and nobody listens for `seconds`."""


TEXTS = {
    60: "deadlock detected while waiting for resource",
    1013: "user requested cancel of current operation",
    1466: "unable to read data - table definition has changed",
    1555: 'snapshot too old: rollback segment number 9 with name "_SYSSMU9$" too small',
    1652: "unable to extend temp segment by 128 in tablespace TEMP",
    3113: "end-of-file on communication channel",
    4031: "unable to allocate 4096 bytes of shared memory",
    8103: "object no longer exists",
    12516: "TNS:listener could not find available handler with matching protocol stack",
    28000: "The account is locked.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One fault: what, and all the conditions that must hold for it."""

    action: Action
    statement: str | None = None
    """A regular expression that must be found in the statement, whatever its case."""
    after_rows: int | None = None
    """Rows of the statement that go out first; without it the fault comes before the statement."""
    after_bytes: int | None = None
    """Bytes that the session sends first, counted from its login."""
    after_seconds: float = 0.0
    """Time since the rule was set before which it does not apply."""
    session: int | None = None
    """The number of the session it applies to; sessions count from 101."""
    probability: float = 1.0
    """How likely it is each time that everything else holds."""
    seed: int = 0
    times: int | None = 1
    """How often it happens; None is always."""
    code: int = REFUSED_FOR_NOW
    text: str | None = None
    seconds: float = 1.0
    bytes_per_second: int = 1000

    def __post_init__(self) -> None:
        if self.statement is not None:
            re.compile(self.statement)
        if not 0 <= self.probability <= 1:
            raise ValueError(f"a probability of {self.probability}: it is between 0 and 1")
        if self.bytes_per_second < 1 or self.seconds < 0:
            raise ValueError("bytes_per_second is at least 1 and seconds at least 0")
        if self.action in AT_CONNECTING and (self.after_rows, self.after_bytes) != (None, None):
            raise ValueError(f"{self.action.value} happens on connecting or before a statement")

    @property
    def error(self) -> OracleError:
        """The error that the rule raises."""
        text = self.text or TEXTS.get(self.code, "a fault rule of the stand-in raised this")
        return OracleError(self.code, text)


AT_CONNECTING = frozenset({Action.REFUSE, Action.DOWN, Action.RESTART})


@dataclass(slots=True)
class _Kept:
    """A rule in a book, with what has become of it."""

    rule: Rule
    since: float
    chance: random.Random
    happened: int = 0


@dataclass(slots=True)
class FaultBook:
    """The rules of a server; safe to change while sessions run."""

    file: Path | None = None
    seconds_now: Callable[[], float] = time.monotonic
    """The clock that the rules' times are measured by."""
    _kept: list[_Kept] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _file_state: tuple[int, int] | None = None
    _looked: float = 0.0

    def add(self, rule: Rule) -> None:
        """Set a rule."""
        with self._lock:
            self._kept.append(_Kept(rule, self.seconds_now(), random.Random(rule.seed)))

    def clear(self) -> None:
        """Forget all rules."""
        with self._lock:
            self._kept.clear()

    def happened(self) -> int:
        """Count the faults that the present rules have caused."""
        with self._lock:
            return sum(kept.happened for kept in self._kept)

    def rules(self) -> list[Rule]:
        """Return the rules that may still apply."""
        if not self._kept and self.file is None:
            return []
        self._look_at_file()
        with self._lock:
            return [kept.rule for kept in self._kept if _is_left(kept)]

    def due(self, applies: Callable[[Rule], bool]) -> Rule | None:
        """Return the first rule whose conditions hold now, and count it as having happened."""
        if not self._kept and self.file is None:
            return None
        self._look_at_file()
        now = self.seconds_now()
        with self._lock:
            for kept in self._kept:
                ripe = _is_left(kept) and now - kept.since >= kept.rule.after_seconds
                if ripe and applies(kept.rule) and kept.chance.random() < kept.rule.probability:
                    kept.happened += 1
                    return kept.rule
        return None

    def _look_at_file(self) -> None:
        now = time.monotonic()
        if self.file is None or now - self._looked < LOOK_AT_FILE_EVERY_SECONDS:
            return
        self._looked = now
        try:
            status = self.file.stat()
        except FileNotFoundError:
            return
        state = (status.st_mtime_ns, status.st_ino)
        if state == self._file_state:
            return
        try:
            rules = rules_from_json(self.file.read_text())
        except ValueError as error:
            log.warning("%s is left aside until it is written whole: %s", self.file, error)
            return
        self._file_state = state
        self.clear()
        for rule in rules:
            self.add(rule)


def rules_from_json(text: str) -> list[Rule]:
    """Read rules; ValueError names what is wrong with them."""
    found = json.loads(text)
    if not isinstance(found, list):
        raise ValueError("fault rules are a JSON list")  # noqa: TRY004 - the file's content is wrong
    return [_rule(each) for each in found]


def _rule(found: Mapping[str, Any]) -> Rule:
    known = {each.name for each in fields(Rule)}
    if not isinstance(found, dict) or not found.keys() <= known:
        raise ValueError(f"a fault rule has only the keys {', '.join(sorted(known))}")
    return Rule(**{**found, "action": Action(found.get("action"))})


def _is_left(kept: _Kept) -> bool:
    return kept.rule.times is None or kept.happened < kept.rule.times


class SessionFaults(StatementWatch):
    """Brings the rules to one session: before its statements, its rows and its bytes."""

    def __init__(
        self,
        book: FaultBook,
        channel: Channel,
        number: int,
        take_down: Callable[[Rule, Channel], None],
    ) -> None:
        self._book = book
        self._channel = channel
        self._number = number
        self._take_down = take_down
        self._statement = ""
        self._sent = 0
        self._halve = False
        self._bytes_per_second: int | None = None
        self._plain = channel.outlet
        channel.outlet = self

    def before_execute(self, statement: str) -> None:
        """Let rules without a count of rows or bytes happen."""
        self._statement = statement
        rule = self._book.due(
            lambda rule: (
                rule.after_rows is None
                and rule.after_bytes is None
                and rule.action is not Action.REFUSE
                and (rule.action not in AT_CONNECTING or rule.statement is not None)
                and self._concerns(rule)
            )
        )
        if rule is not None:
            self._happen(rule)

    def rows_before_next(self, statement: str, sent: int) -> int | None:
        """Return how many rows may go out before a rule has to be asked again."""
        self._statement = statement
        ahead = [
            rule.after_rows - sent
            for rule in self._book.rules()
            if rule.after_rows is not None and rule.after_rows > sent and self._concerns(rule)
        ]
        return min(ahead, default=None)

    def before_rows(self, statement: str, sent: int) -> None:
        """Let rules that count rows happen."""
        self._statement = statement
        rule = self._book.due(
            lambda rule: (
                rule.after_rows is not None and sent >= rule.after_rows and self._concerns(rule)
            )
        )
        if rule is not None:
            self._happen(rule)

    def sendall(self, data: bytes | bytearray | memoryview, /) -> None:
        """Send bytes as slowly, and as far, as the rules let them go."""
        if self._halve:
            self._plain.sendall(data[: len(data) // 2])
            self._cut()
        end = self._sent + len(data)
        rule = self._book.due(
            lambda rule: (
                rule.after_bytes is not None and end > rule.after_bytes and self._concerns(rule)
            )
        )
        if rule is not None and rule.after_bytes is not None:
            first = max(rule.after_bytes - self._sent, 0)
            self._send(data[:first])
            data = data[first:]
            self._happen(rule)
        self._send(data)

    def _concerns(self, rule: Rule) -> bool:
        if rule.session is not None and rule.session != self._number:
            return False
        return rule.statement is None or bool(
            re.search(rule.statement, self._statement, re.IGNORECASE | re.DOTALL)
        )

    def _happen(self, rule: Rule) -> None:
        if rule.action is Action.ERROR:
            raise rule.error
        if rule.action is Action.DROP:
            self._cut()
        elif rule.action is Action.HALF:
            self._halve = True
        elif rule.action is Action.STALL:
            self._wait(rule.seconds)
        elif rule.action is Action.TRICKLE:
            self._bytes_per_second = rule.bytes_per_second
        else:
            self._take_down(rule, self._channel)

    def _cut(self) -> None:
        self._channel.cut()
        raise ConnectionGone

    def _wait(self, seconds: float) -> None:
        """Wait, unless the client breaks the call off or the connection ends."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._channel.interrupted.wait(min(left, WAIT_SLICE_SECONDS)):
                raise Interrupted
            if self._channel.gone.is_set():
                raise ConnectionGone

    def _send(self, data: bytes | bytearray | memoryview) -> None:
        self._sent += len(data)
        if self._bytes_per_second is None:
            self._plain.sendall(data)
            return
        size = max(1, self._bytes_per_second // PIECES_PER_SECOND)
        for start in range(0, len(data), size):
            self._plain.sendall(data[start : start + size])
            self._wait(size / self._bytes_per_second)
