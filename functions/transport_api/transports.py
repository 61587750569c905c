"""The operations on transports."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus

from oracle_etl.flow.edit_transports import (
    change_transport,
    check_change,
    check_creation,
    create_transport,
    remove_transport,
)
from oracle_etl.flow.start_job import start_job
from oracle_etl.model.errors import InvalidRequest
from oracle_etl.model.transport import Transport
from oracle_etl.ports import PageRequest
from transport_api.call import Call, Reply
from transport_api.jobs import started_reply
from transport_api.reading import naming_the_page
from transport_api.requests import (
    EditAsked,
    ExecuteSent,
    NothingAsked,
    PageAsked,
    TransportChange,
    TransportSent,
)
from transport_api.transport_answers import TransportAnswer, TransportsAnswer

_REVISION = re.compile(r'"(\d{1,12})"\Z')
_LONGEST_KEY = 255


def create(call: Call[EditAsked, TransportSent]) -> Reply:
    """Create a transport."""
    draft = call.body.draft(parallel_tables=call.service.settings.work.parallel_tables)
    if call.query.validate_only:
        return _preview(check_creation(draft, transport_id=call.body.id, outside=call.outside))
    transport = create_transport(draft, transport_id=call.body.id, outside=call.outside)
    return _reply(
        transport,
        status=HTTPStatus.CREATED,
        headers={"Location": f"{call.base}/transports/{transport.id}"},
    )


def list_(call: Call[PageAsked, None]) -> Reply:
    """List transports."""
    with naming_the_page(call.query.page_token):
        page = call.outside.book.transports(
            PageRequest(size=call.query.page_size, token=call.query.page_token)
        )
    return Reply(
        content=TransportsAnswer(
            transports=[TransportAnswer.of(each) for each in page.items],
            next_page_token=page.next_token,
        )
    )


def show(call: Call[NothingAsked, None]) -> Reply:
    """Show a transport."""
    return _reply(call.outside.book.transport(call.path["transport_id"]))


def change(call: Call[EditAsked, TransportChange]) -> Reply:
    """Change some fields of a transport."""
    default = call.service.settings.work.parallel_tables
    edit = check_change if call.query.validate_only else change_transport
    transport = edit(
        call.path["transport_id"],
        call.body.changes(parallel_tables=default),
        revision=_expected_revision(call.headers),
        outside=call.outside,
    )
    return _preview(transport) if call.query.validate_only else _reply(transport)


def remove(call: Call[NothingAsked, None]) -> Reply:
    """Remove a transport."""
    remove_transport(
        call.path["transport_id"],
        revision=_expected_revision(call.headers),
        outside=call.outside,
    )
    return Reply(content=None, status=HTTPStatus.NO_CONTENT)


def execute(call: Call[NothingAsked, ExecuteSent]) -> Reply:
    """Start a job of a transport."""
    request = call.body.job_request(idempotency_key=_idempotency_key(call.headers))
    started = start_job(call.path["transport_id"], request, outside=call.outside)
    return started_reply(started, call)


def _preview(transport: Transport) -> Reply:
    """Return a transport that is not stored, so without the ETag of a revision."""
    return Reply(content=TransportAnswer.of(transport))


def _reply(
    transport: Transport,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    tag = {"ETag": f'"{transport.revision}"'}
    return Reply(
        content=TransportAnswer.of(transport), status=status, headers={**tag, **(headers or {})}
    )


def _expected_revision(headers: Mapping[str, str]) -> int | None:
    given = headers.get("if-match", "*").strip()
    if given == "*":
        return None
    match = _REVISION.match(given)
    if match is None:
        raise InvalidRequest(
            "If-Match is not an ETag of a transport",
            details={"If-Match": 'must be the ETag as it came, such as "3" in its quotes, or *'},
        )
    return int(match[1])


def _idempotency_key(headers: Mapping[str, str]) -> str | None:
    key = headers.get("idempotency-key")
    if key is None:
        return None
    # The scheduler's keys are its own: nobody may take a due instant's place.
    taken = key.startswith("schedule:")
    if taken or not key.isascii() or not key.isprintable() or not 1 <= len(key) <= _LONGEST_KEY:
        raise InvalidRequest(
            "the Idempotency-Key cannot be used",
            details={
                "Idempotency-Key": f"must have 1 to {_LONGEST_KEY} printable ASCII characters, "
                "and not begin with schedule:"
            },
        )
    return key
