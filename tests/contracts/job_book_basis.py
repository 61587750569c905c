"""What the situations of the JobBook contract share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import pytest

from builders import later
from contracts.together import patiently
from oracle_etl.model.job import Job
from oracle_etl.model.table_task import PartTask, TableTask
from oracle_etl.model.transport import Transport
from oracle_etl.model.work import Hold
from oracle_etl.ports import Entries, JobBook, Page, PageRequest

T = TypeVar("T")

JOB = "JOB-20260301-120000-0001"
OTHER_JOB = "JOB-20260301-120000-0002"


def write(book: JobBook, *values: object) -> None:
    """Write values down in one transaction."""

    def work(entries: Entries) -> None:
        for value in values:
            match value:
                case Transport():
                    entries.put_transport(value)
                case Job():
                    entries.put_job(value)
                case TableTask():
                    entries.put_table(value)
                case PartTask():
                    entries.put_part(value)
                case _:
                    raise TypeError(value)

    patiently(book, work)


def remove(book: JobBook, transport_id: str) -> None:
    patiently(book, lambda entries: entries.remove_transport(transport_id))


def pages(ask: Callable[[PageRequest], Page[T]], *, size: int) -> Iterator[Page[T]]:
    """Follow the tokens from the first page to the last."""
    token = None
    for _ in range(100):
        page = ask(PageRequest(size=size, token=token))
        yield page
        token = page.next_token
        if token is None:
            return
    raise AssertionError("the pages never end")


def ids(values: Iterable[Transport | Job]) -> list[str]:
    return [each.id for each in values]


def held(owner: str = "w1", *, until: float = 120, fence: int = 1) -> Hold:
    return Hold(fence=fence, owner=owner, expires_at=later(until))


class JobBookContract:
    """Give `book` a fresh, empty book. Lower the figures where contention is slow."""

    contenders = 8
    """Threads that want the same thing at once."""
    rounds = 10
    """How often each of them changes it, where all of them do."""

    @pytest.fixture
    def book(self) -> JobBook:
        raise NotImplementedError
