"""How many tables one transaction takes: Firestore bounds a transaction's bytes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from builders import a_final_object, a_job, a_table
from flow_home import a_home
from oracle_etl.flow.carry_tables import NewTable
from oracle_etl.flow.write_tables import write_tables
from oracle_etl.model.job import Dispatch, Job
from oracle_etl.ports import Entries

MOST = 200
NAMES_OF_A_TABLE = 10


class CountingBook:
    """Remembers which tables each transaction wrote."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.written: list[tuple[NewTable, ...]] = []

    def transact(self, work: Callable[[Entries], Any]) -> Any:  # noqa: ANN401 - what it returns
        if isinstance(work, partial):
            self.written.append(tuple(work.keywords["tables"]))
            return None
        return self.job


def weight(chunk: tuple[NewTable, ...]) -> int:
    return sum(1 + len(each.task.objects) // NAMES_OF_A_TABLE for each in chunk)


@given(objects=st.lists(st.sampled_from([0, 1, 9, 10, 500, 2000]), max_size=500))
def test_all_are_written_in_order_and_no_transaction_is_too_large(objects: list[int]) -> None:
    final = a_final_object()
    tables = [
        NewTable(task=a_table(f"t{number}", position=number, objects=(final,) * count))
        for number, count in enumerate(objects)
    ]
    book = CountingBook(a_job(dispatch=Dispatch.READY))
    write_tables(book.job, tables, outside=_Outside(book))  # type: ignore[arg-type]
    assert [each for chunk in book.written for each in chunk] == tables
    assert all(weight(chunk) <= MOST or len(chunk) == 1 for chunk in book.written)
    both = [
        weight(one) + weight(other)
        for one, other in zip(book.written, book.written[1:], strict=False)
    ]
    assert all(each > MOST for each in both), "no two could have been one"


class _Outside:
    def __init__(self, book: CountingBook) -> None:
        self.book = book


def test_writing_again_changes_nothing(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    job = a_job(dispatch=Dispatch.WRITING, tables_total=0)
    home.book.transact(lambda entries: entries.put_job(job))
    tables = [NewTable(task=a_table(f"t{number}", position=number)) for number in range(3)]
    first = write_tables(job, tables, outside=home)
    assert (first.dispatch, first.tables_total) == (Dispatch.READY, 3)
    assert write_tables(job, tables, outside=home) == first
    home.close()
