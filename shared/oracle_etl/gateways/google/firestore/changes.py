"""Which tables of a job changed, such that no change is passed over.

Firestore's `update_time` is the moment of commit, and a read sees every commit up to its read
time; but no query can ask by it. The field `changed_at` can be asked for, but is the moment at
which the server took up the request, and so may be earlier than the commit: a cursor that only
moved along it would pass over a change that committed late.

So changes are read in passes. A pass begins a margin before the last one did, walks along
`changed_at`, and brings the tables whose `update_time` is later than the last pass's beginning.
A change is then passed over only if its commit took longer than the margin, and the client gives
a commit up before. All pages of a pass are read as of its beginning, so that what changes while
it is under way comes once, with the next.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from oracle_etl.gateways.google.firestore import documents
from oracle_etl.gateways.google.firestore.client import Database, Snapshot
from oracle_etl.gateways.google.firestore.queries import Asked, ask
from oracle_etl.model.errors import InvalidRequest
from oracle_etl.model.table_task import TableTask
from oracle_etl.ports import TableChanges

MARGIN = timedelta(seconds=75)
"""More than the minute after which the client gives up a commit."""
_OLD_ONES_AT_ONCE = 20
_LONGEST = 4000
_EARLIEST_YEAR = 1970
_REMEMBERED = timedelta(minutes=50)
"""Firestore tells what was within the last hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cursor:
    known_up_to: datetime | None = None
    """Every change committed by then was given."""
    pass_began: datetime | None = None
    """The read time of the first page of the pass under way."""
    at: tuple[datetime, str] | None = None
    """`changed_at` and id of the last table that the pass under way has looked at."""

    def to_text(self) -> str:
        at = None if self.at is None else [self.at[0].isoformat(), self.at[1]]
        told = [_text(self.known_up_to), _text(self.pass_began), at]
        return base64.urlsafe_b64encode(json.dumps(told).encode()).decode()

    @classmethod
    def from_text(cls, text: str | None) -> _Cursor:
        if text is None:
            return cls()
        try:
            if len(text) > _LONGEST:
                raise ValueError("too long")
            known, began, at = json.loads(base64.b64decode(text, altchars=b"-_", validate=True))
            return cls(
                known_up_to=_moment(known),
                pass_began=_moment(began),
                at=None if at is None else _position(*at),
            )
        except (ValueError, TypeError, LookupError, binascii.Error, RecursionError):
            raise InvalidRequest(
                "this cursor was not given by this list of changes", hint="begin without one"
            ) from None

    @property
    def old_ones_expected(self) -> int:
        """How many tables a page may hold in vain, since they did not change again."""
        return 0 if self.known_up_to is None else _OLD_ONES_AT_ONCE

    def is_news(self, found: Snapshot) -> bool:
        """Whether a table changed after the beginning of the last pass."""
        return self.known_up_to is None or _plain(found.update_time) > self.known_up_to

    def as_of(self, now: datetime) -> datetime | None:
        """Return the moment whose tables the pass shows; None, as they are, where it is long ago.

        Then a change may come twice, but none is passed over.
        """
        if self.pass_began is None or abs(now - self.pass_began) > _REMEMBERED:
            return None
        return self.pass_began

    def moved_to(self, found: Snapshot) -> _Cursor:
        """Return the cursor behind a table that was looked at."""
        began = self.pass_began or _plain(found.read_time)
        return replace(self, pass_began=began, at=(_plain(found.get("changed_at")), found.id))

    def pass_ended(self) -> _Cursor:
        """Return the cursor with which the next pass begins."""
        return _Cursor(known_up_to=self.pass_began or self.known_up_to)


def table_changes(
    database: Database, job_id: str, *, after: str | None, limit: int, now: datetime
) -> TableChanges:
    """Return up to `limit` changed tables, and the cursor to ask with next.

    None come only where nothing has changed by now. A pass that began with an earlier call tells
    of nothing after its beginning: where it brings nothing, the next one follows at once.
    """
    cursor = _Cursor.from_text(after)
    is_of_now = cursor.pass_began is None
    news: list[Snapshot] = []
    while len(news) < limit:
        page_size = limit - len(news) + cursor.old_ones_expected
        page = _page(database, job_id, cursor, limit=page_size, now=now)
        for found in page:
            if len(news) == limit:
                break
            cursor_before, cursor = cursor, cursor.moved_to(found)
            if cursor_before.is_news(found):
                news.append(found)
        else:
            if len(page) < page_size:
                cursor = cursor.pass_ended()
                if news or is_of_now:
                    break
                is_of_now = True
    return TableChanges(tables=tuple(_tables(news)), cursor=cursor.to_text())


def _page(
    database: Database, job_id: str, cursor: _Cursor, *, limit: int, now: datetime
) -> Sequence[Snapshot]:
    start = None if cursor.known_up_to is None else cursor.known_up_to - MARGIN
    return ask(
        database,
        Asked(
            shape="tables by change",
            beneath=documents.job_path(job_id),
            after=cursor.at,
            start_at=start,
            limit=limit,
            as_of=cursor.as_of(now),
        ),
    )


def _tables(news: Iterable[Snapshot]) -> Iterable[TableTask]:
    return (documents.table_in(documents.model_fields(each.to_dict())) for each in news)


def _plain(moment: datetime) -> datetime:
    return datetime.combine(moment.date(), moment.time(), tzinfo=UTC)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or moment.year < _EARLIEST_YEAR:
        raise ValueError("no moment of a change")
    return moment


def _position(text: str, name: str) -> tuple[datetime, str]:
    moment = _moment(text)
    if moment is None or not name or "/" in name:
        raise ValueError("no position")
    return moment, name
