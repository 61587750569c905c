"""Look at everything that a job will need, before there is one, and say of each what to do."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from oracle_etl.model.errors import TransportError
from oracle_etl.outside import Outside
from oracle_etl.ports import PageRequest, ServerFacts, SourceStatus

_LEAST_FREE_BYTES = 1024**3
_CLOCK_SECONDS = 60.0
_WAYS = {
    "SCN by DBMS_FLASHBACK": "by DBMS_FLASHBACK",
    "SCN by V$DATABASE": "by V$DATABASE",
    "SCN by TIMESTAMP_TO_SCN": "by TIMESTAMP_TO_SCN, so up to 3 s old",
}


class Health(enum.StrEnum):
    """How a part is."""

    WELL = "ok"
    WARNING = "warning"
    """Jobs run, but not as well as they could."""
    BROKEN = "broken"
    """No job can run."""
    UNKNOWN = "not checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found of one part, and what to do about it where something is."""

    part: str
    health: Health
    found: str
    advice: str = ""


def check_up(
    outside: Outside,
    servers: Mapping[str, Callable[[], ServerFacts]],
    *,
    free_bytes: int | None,
) -> Iterator[Finding]:
    """Yield a finding for each part; `servers` asks each source's server about itself.

    `free_bytes` are those of the disk that objects and state lie on, None where it is not ours.
    """
    yield _asked("state", lambda: outside.book.transports(PageRequest(size=1)))
    yield _asked("queue", outside.queue.verify)
    yield _asked("workers", outside.launcher.running)
    for name, lane in outside.elsewhere.items():
        yield _asked(f"queue of {name}", lane.queue.verify)
        yield _asked(f"workers of {name}", lane.launcher.running)
    yield _asked("object store", lambda: outside.store.verify(outside.default_bucket))
    if free_bytes is not None:
        yield _disk(free_bytes, outside)
    for name, facts in servers.items():
        yield from _source(name, facts, outside)


def _asked(part: str, look: Callable[[], object]) -> Finding:
    try:
        look()
    except TransportError as error:
        return _broken(part, error)
    return Finding(part=part, health=Health.WELL, found="answers")


def _broken(part: str, error: TransportError) -> Finding:
    return Finding(part=part, health=Health.BROKEN, found=error.message, advice=error.hint)


def _disk(free_bytes: int, outside: Outside) -> Finding:
    found = f"{free_bytes / 1024**3:,.1f} GiB free"
    if free_bytes < _LEAST_FREE_BYTES:
        health, advice = Health.BROKEN, "make room, or set DATA_FOLDER to a larger disk"
    elif free_bytes < outside.limits.part_bytes * outside.limits.workers:
        # Each worker writes a part of its own before it is put into its place.
        health = Health.WARNING
        advice = "make room for a part of every worker: ETL_PART_BYTES times ETL_WORKERS"
    else:
        health, advice = Health.WELL, ""
    return Finding(part="disk", health=health, found=found, advice=advice)


def _source(name: str, facts: Callable[[], ServerFacts], outside: Outside) -> Iterator[Finding]:
    part = f"source {name}"
    try:
        source = outside.source(name)
        status = source.status()
        if not status.reachable:
            yield _unreached(part, status)
            return
        yield Finding(part=part, health=Health.WELL, found=_connected(status))
        server = facts()
        yield _moment(f"{part}: moment", server)
        yield _undo(f"{part}: undo", server)
        yield _clock(f"{part}: clock", server)
        seen = source.catalogue(PageRequest(size=1)).items
        yield _tables(f"{part}: tables", sees_one=bool(seen))
    except TransportError as error:
        yield _broken(part, error)


def _unreached(part: str, status: SourceStatus) -> Finding:
    found = status.error or "it does not answer"
    return Finding(part=part, health=Health.BROKEN, found=found, advice=status.hint)


def _connected(status: SourceStatus) -> str:
    return (
        f"Oracle {status.version}, {status.character_set} and {status.national_character_set}, "
        f"{status.mode} mode, {status.latency_ms} ms"
    )


def _moment(part: str, server: ServerFacts) -> Finding:
    for question, found in _WAYS.items():
        if question in server.answers:
            return Finding(part=part, health=Health.WELL, found=found)
    return Finding(
        part=part,
        health=Health.WARNING,
        found="the SCN of now cannot be asked for, so each table is read at a moment of its own",
        advice="GRANT EXECUTE ON DBMS_FLASHBACK to the account",
    )


def _undo(part: str, server: ServerFacts) -> Finding:
    seconds = server.answers.get("undo_retention")
    if seconds is None:
        return Finding(
            part=part,
            health=Health.WARNING,
            found="how long undo is kept cannot be asked for",
            advice="GRANT SELECT ON V_$PARAMETER to the account, or ask for UNDO_RETENTION",
        )
    found = f"kept for {seconds} s, as far as the undo tablespace reaches"
    return Finding(part=part, health=Health.WELL, found=found)


def _clock(part: str, server: ServerFacts) -> Finding:
    found = clock_differs_by(server)
    if abs(server.clock_ahead_seconds) <= _CLOCK_SECONDS:
        return Finding(part=part, health=Health.WELL, found=found)
    return Finding(
        part=part,
        health=Health.WARNING,
        found=found,
        advice="set both clocks by NTP: schedules and leases go by this machine's",
    )


def clock_differs_by(server: ServerFacts) -> str:
    """Return how far a server's clock is from ours."""
    ahead = server.clock_ahead_seconds
    return f"{abs(ahead):.1f} s {'before' if ahead > 0 else 'behind'} this machine's"


def _tables(part: str, *, sees_one: bool) -> Finding:
    if sees_one:
        return Finding(part=part, health=Health.WELL, found="the account sees some")
    return Finding(
        part=part,
        health=Health.WARNING,
        found="the account sees none",
        advice="GRANT SELECT on the tables, and FLASHBACK, to the account",
    )
