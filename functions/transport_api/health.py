"""Tell how the service and its parts are."""

from __future__ import annotations

from http import HTTPStatus

from oracle_etl.model.errors import SourceAway
from oracle_etl.ports import SourceStatus
from transport_api.call import Call, Reply
from transport_api.probes import Looked, PartHealth, PartStatus, SparingLook
from transport_api.requests import NothingAsked
from transport_api.service_answers import (
    HealthAnswer,
    LiveAnswer,
    OracleStatusAnswer,
    PartHealthAnswer,
    SourceAnswer,
)

_NOT_CONFIGURED_HINT = (
    "set ORACLE_DSN, or ORACLE_TNS_NAME and ORACLE_WALLET_PATH; ORACLE_USERNAME; ORACLE_PASSWORD"
)


def tell_live(call: Call[NothingAsked, None]) -> Reply:
    """Answer without touching anything: the process lives."""
    return Reply(content=LiveAnswer(status="ok", version=call.service.version))


def tell_health(call: Call[NothingAsked, None]) -> Reply:
    """Tell the state of every part; 503 where the API cannot do its work.

    State and queue are what it cannot do without. While Oracle or the object store are away it
    is degraded: transports and history are still there.
    """
    probes = call.service.probes
    oracle = _oracle_health(list(probes.oracle.values()))
    state, queue = _part(probes.state.latest()), _part(probes.queue.latest())
    store = _part(probes.object_store.latest())
    down = PartStatus.DOWN in {state.status, queue.status}
    well = all(each.status == PartStatus.OK for each in (oracle, state, queue, store))
    answer = HealthAnswer(
        status="down" if down else "ok" if well else "degraded",
        timestamp=call.outside.clock.now(),
        version=call.service.version,
        oracle=oracle,
        state=state,
        queue=queue,
        object_store=store,
    )
    return Reply(
        content=answer,
        status=HTTPStatus.SERVICE_UNAVAILABLE if down else HTTPStatus.OK,
        headers={"Retry-After": "5"} if down else {},
    )


def tell_oracle_status(call: Call[NothingAsked, None]) -> Reply:
    """Tell what the last connection test of each source found, at most ten seconds ago."""
    sources = [_source(name, look.latest()) for name, look in call.service.probes.oracle.items()]
    well = all(each.status == "connected" for each in sources)
    return Reply(
        content=OracleStatusAnswer(
            status="connected" if well else "degraded",
            timestamp=call.outside.clock.now(),
            sources=sources,
        )
    )


def _part(seen: Looked[PartHealth] | None) -> PartHealthAnswer:
    if seen is None:
        return PartHealthAnswer(status=PartStatus.UNKNOWN, checked_at=None, code=None)
    return PartHealthAnswer(status=seen.found.status, checked_at=seen.at, code=seen.found.code)


def _oracle_health(looks: list[SparingLook[SourceStatus | None]]) -> PartHealthAnswer:
    """Return the state of the worst source."""
    parts = [_source_health(look.latest()) for look in looks]
    order = (PartStatus.DOWN, PartStatus.UNKNOWN, PartStatus.NOT_CONFIGURED, PartStatus.OK)
    return min(parts, key=lambda each: order.index(PartStatus(each.status)))


def _source_health(seen: Looked[SourceStatus | None] | None) -> PartHealthAnswer:
    if seen is None:
        return _part(None)
    if seen.found is None:
        return PartHealthAnswer(status=PartStatus.NOT_CONFIGURED, checked_at=seen.at, code=None)
    if seen.found.reachable:
        return PartHealthAnswer(status=PartStatus.OK, checked_at=seen.at, code=None)
    code = seen.found.code or SourceAway.code
    return PartHealthAnswer(status=PartStatus.DOWN, checked_at=seen.at, code=code)


def _source(name: str, seen: Looked[SourceStatus | None] | None) -> SourceAnswer:
    unknown = SourceStatus(source=name, reachable=False)
    found = (seen.found if seen else None) or unknown
    status = _word(seen)
    return SourceAnswer(
        source=name,
        status=status,
        checked_at=seen.at if seen else None,
        latency_ms=found.latency_ms,
        version=found.version,
        character_set=found.character_set,
        national_character_set=found.national_character_set,
        mode=found.mode,
        pool=dict(found.pool) if found.pool is not None else None,
        error=found.error,
        hint=_NOT_CONFIGURED_HINT if status == PartStatus.NOT_CONFIGURED else found.hint,
    )


def _word(seen: Looked[SourceStatus | None] | None) -> str:
    if seen is None:
        return PartStatus.UNKNOWN
    if seen.found is None:
        return PartStatus.NOT_CONFIGURED
    return "connected" if seen.found.reachable else "unreachable"
