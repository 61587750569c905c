"""Create, change and remove transports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from oracle_etl.flow.check_draft import check_draft
from oracle_etl.flow.draft_transport import TransportDraft
from oracle_etl.flow.every_item import every_item
from oracle_etl.model.errors import (
    InvalidRequest,
    NoSuchTransport,
    StaleRevision,
    TransportExists,
    TransportIsRunning,
)
from oracle_etl.model.names import is_transport_id, new_transport_id
from oracle_etl.model.transport import Transport
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries, PageRequest

_JOBS_OF_A_PAGE = 100


def create_transport(
    draft: TransportDraft, *, transport_id: str | None = None, outside: Outside
) -> Transport:
    """Create a transport, under an id of the caller's choice or a new one."""
    _check_new(draft, transport_id, outside=outside)
    given_out = _versions_given_out(transport_id, outside=outside)
    offered: list[Transport] = []

    def create(entries: Entries) -> Transport:
        if offered and entries.transport(offered[-1].id) == offered[-1]:
            # The first run of this function was kept, and only its answer was lost.
            return offered[-1]
        transport = _begun(entries, draft, transport_id, last_version=given_out, outside=outside)
        offered.append(transport)
        entries.put_transport(transport)
        return transport

    return outside.book.transact(create)


def check_creation(
    draft: TransportDraft, *, transport_id: str | None = None, outside: Outside
) -> Transport:
    """Return the transport that `create_transport` would make, refused as it would be.

    Nothing is written down: an id that nobody chose will be another one.
    """
    _check_new(draft, transport_id, outside=outside)
    given_out = _versions_given_out(transport_id, outside=outside)
    return outside.book.transact(
        lambda entries: _begun(
            entries, draft, transport_id, last_version=given_out, outside=outside
        )
    )


def change_transport(
    transport_id: str,
    changes: Mapping[str, object],
    *,
    revision: int | None = None,
    outside: Outside,
) -> Transport:
    """Change some fields of a transport, where it still is at a revision if one is given.

    A job that runs goes on with the transport as it was. A change that changes nothing leaves
    the revision as it is.
    """
    _check_source(changes, outside=outside)

    def change(entries: Entries) -> Transport:
        transport = _current(entries, transport_id, revision=revision)
        changed = _changed(transport, changes, outside=outside)
        if changed is not transport:
            entries.put_transport(changed)
        return changed

    return outside.book.transact(change)


def check_change(
    transport_id: str,
    changes: Mapping[str, object],
    *,
    revision: int | None = None,
    outside: Outside,
) -> Transport:
    """Return what `change_transport` would make of it, refused as it would be; nothing changes."""
    _check_source(changes, outside=outside)

    def look(entries: Entries) -> Transport:
        transport = _current(entries, transport_id, revision=revision)
        return _changed(transport, changes, outside=outside)

    return outside.book.transact(look)


def remove_transport(transport_id: str, *, revision: int | None = None, outside: Outside) -> None:
    """Remove a transport that does not run; its jobs stay."""

    def remove(entries: Entries) -> None:
        transport = _current(entries, transport_id, revision=revision)
        if transport.running_job is not None:
            raise TransportIsRunning(
                f"{transport.running_job} of this transport has not ended",
                hint="wait for it, or cancel it, and delete then",
                details={"job_id": transport.running_job},
            )
        entries.remove_transport(transport_id)

    outside.book.transact(remove)


def _check_new(draft: TransportDraft, transport_id: str | None, *, outside: Outside) -> None:
    check_draft(draft)
    outside.source(draft.source)
    if transport_id is not None:
        _check_id(transport_id)


def _versions_given_out(transport_id: str | None, *, outside: Outside) -> int:
    """Return the last version of an earlier transport of this id, whose objects still lie there."""
    if transport_id is None:
        return 0
    jobs = every_item(
        lambda token: outside.book.jobs(
            PageRequest(size=_JOBS_OF_A_PAGE, token=token), transport_id=transport_id
        )
    )
    return max((each.version or 0 for each in jobs), default=0)


def _begun(
    entries: Entries,
    draft: TransportDraft,
    transport_id: str | None,
    *,
    last_version: int,
    outside: Outside,
) -> Transport:
    chosen = transport_id or _unused_id(entries, outside=outside)
    if entries.transport(chosen) is not None:
        raise TransportExists(
            f"{chosen} is there already", hint="change it with PATCH, or leave `id` out"
        )
    return replace(draft.begun(chosen, at=outside.clock.now()), last_version=last_version)


def _check_source(changes: Mapping[str, object], *, outside: Outside) -> None:
    if "source" in changes:
        outside.source(str(changes["source"]))


def _changed(transport: Transport, changes: Mapping[str, object], *, outside: Outside) -> Transport:
    draft = TransportDraft.of(transport).changed(changes)
    check_draft(draft)
    return draft.applied(transport, at=outside.clock.now())


def _current(entries: Entries, transport_id: str, *, revision: int | None) -> Transport:
    transport = entries.transport(transport_id)
    if transport is None:
        raise NoSuchTransport(f"there is no transport {transport_id}")
    if revision is not None and revision != transport.revision:
        raise StaleRevision(
            f"{transport_id} is at revision {transport.revision}, not {revision}",
            hint="read it again, and decide whether the change still holds",
            details={"revision": transport.revision},
        )
    return transport


def _unused_id(entries: Entries, *, outside: Outside) -> str:
    chosen = new_transport_id(outside.randomness())
    while entries.transport(chosen) is not None:
        chosen = new_transport_id(outside.randomness())
    return chosen


def _check_id(transport_id: str) -> None:
    if not is_transport_id(transport_id):
        raise InvalidRequest(
            f"{transport_id!r} is not a transport's id",
            details={"id": "write TRPID- and eight digits or small letters, or leave it out"},
        )
