"""Make the server hold what files say of transports, or find out what it would refuse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from command_line.api_client import LARGEST_PAGE, Answer, ApiClient, Pages, path
from command_line.exits import BadUsage, ServerRefused, Stop
from command_line.printable import printable
from command_line.session import Session
from command_line.transport_files import Change, Wanted, compare, read_files

_VALIDATE_ONLY = {"validate_only": "true"}


def changes_in(files: Sequence[Path], api: ApiClient) -> list[tuple[Change, str | None]]:
    """Return what the entries of files change, each with the ETag of what it was compared with."""
    held = _held(api)
    changes = [_compared(api, entry, held) for entry in read_files(files)]
    _refuse_two_of_one([change for change, _ in changes])
    return changes


def all_transports(api: ApiClient) -> Pages:
    """Return what the server holds."""
    return api.pages(path("transports"), "transports", query={"page_size": LARGEST_PAGE})


def _held(api: ApiClient) -> dict[tuple[str, str], list[str]]:
    """Return the ids of the transports by each key that an entry of a file may have."""
    held: dict[tuple[str, str], list[str]] = {}
    for each in all_transports(api):
        for field in ("id", "name"):
            held.setdefault((field, each[field]), []).append(each["id"])
    return held


def _compared(
    api: ApiClient, wanted: Wanted, held: dict[tuple[str, str], list[str]]
) -> tuple[Change, str | None]:
    ids = held.get(wanted.key, [])
    if len(ids) > 1:
        raise ServerRefused(
            f"the server holds {len(ids)} transports named {printable(wanted.key[1])}",
            hint=f"say which one by giving the entry an `id`: {', '.join(ids)}",
        )
    if not ids:
        return compare(wanted, None), None
    reply = api.get(path("transports", ids[0]))
    return compare(wanted, reply.body), reply.etag


def _refuse_two_of_one(changes: Sequence[Change]) -> None:
    """Refuse entries that find the same transport, one by its id and one by its name."""
    first: dict[str, str] = {}
    for change in changes:
        if change.transport_id is None:
            continue
        if change.transport_id in first:
            raise BadUsage(
                f"{first[change.transport_id]!r} and {change.name!r} are both the transport "
                f"{change.transport_id}",
                hint="leave one of the two entries out, or give each an `id` of its own",
            )
        first[change.transport_id] = change.name


def make_all(api: ApiClient, changes: Sequence[tuple[Change, str | None]]) -> None:
    """Make every change, up to the first that is refused."""
    for position, (change, etag) in enumerate(changes):
        try:
            _make(api, change, etag)
        except Stop as stop:
            message = f"{change.name}: {stop.message}"
            so_far = f"{position} of {len(changes)} entries are done; apply again for the others"
            raise type(stop)(
                message,
                hint="\n".join(part for part in (stop.hint, so_far) if part),
                problem={**stop.problem, "message": message},
            ) from stop


def check_all(session: Session, changes: Sequence[tuple[Change, str | None]]) -> None:
    """Let the server judge every change without making it, and tell all that it would refuse."""
    refused = 0
    for change, etag in changes:
        try:
            _make(session.api, change, etag, query=_VALIDATE_ONLY)
        except ServerRefused as refusal:
            refused += 1
            session.output.event("refused", {**told(change), "problem": refusal.problem})
            session.output.note(printable(f"{change.name}: would be refused: {refusal.message}"))
    if refused:
        raise ServerRefused(
            f"{refused} of {len(changes)} entries would be refused",
            hint="correct what is named with each; nothing was changed",
        )


def _make(
    api: ApiClient,
    change: Change,
    etag: str | None,
    *,
    query: Mapping[str, object] | None = None,
) -> None:
    if change.transport_id is None:
        api.post(path("transports"), change.fields, query=query)
    elif change.fields:
        api.patch(path("transports", change.transport_id), change.fields, etag=etag, query=query)


def told(change: Change) -> Answer:
    """Return a change as programs are told of it."""
    return {
        "action": change.action,
        "id": change.transport_id,
        "name": change.name,
        "fields": change.fields,
    }


def summary(changes: Sequence[tuple[Change, str | None]], *, dry_run: bool) -> str:
    """Return how many entries are created, updated and left alone, or would be."""
    actions = [change.action for change, _ in changes]
    return ", ".join(
        f"{actions.count(action)} {word}"
        for action, word in (
            ("create", "to create" if dry_run else "created"),
            ("update", "to update" if dry_run else "updated"),
            ("unchanged", "unchanged"),
        )
    )
