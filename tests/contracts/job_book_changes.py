"""The changes of tables that a watcher follows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from builders import (
    a_job,
    a_table,
)
from contracts.job_book_basis import (
    JOB,
    OTHER_JOB,
    JobBookContract,
    write,
)
from contracts.together import all_at_once
from oracle_etl.model.errors import (
    InvalidRequest,
)
from oracle_etl.model.table_task import TableTask
from oracle_etl.ports import JobBook, PartCounts, TableChanges


class TableChangesContract(JobBookContract):
    def every_change(self, book: JobBook, *, after: str | None, limit: int = 100) -> TableChanges:
        """Follow the cursor until nothing more comes."""
        tables: list[TableTask] = []
        for _ in range(1000):
            changes = book.table_changes(JOB, after=after, limit=limit)
            assert len(changes.tables) <= limit
            after = changes.cursor
            tables += changes.tables
            if not changes.tables:
                return TableChanges(tables=tuple(tables), cursor=after)
        raise AssertionError("the changes never end")

    def seen(self, changes: TableChanges) -> list[str]:
        return [table.table_id for table in changes.tables]

    def test_begin_with_every_table(self, book: JobBook) -> None:
        write(book, a_job(), *(a_table(f"t{at}", position=at) for at in range(5)))
        assert sorted(self.seen(self.every_change(book, after=None, limit=2))) == [
            "t0",
            "t1",
            "t2",
            "t3",
            "t4",
        ]

    def test_are_none_while_nothing_changes(self, book: JobBook) -> None:
        write(book, a_job(), a_table())
        cursor = self.every_change(book, after=None).cursor
        again = book.table_changes(JOB, after=cursor, limit=10)
        assert again.tables == ()
        assert book.table_changes(JOB, after=again.cursor, limit=10).tables == ()

    def test_can_be_asked_for_before_the_first_table(self, book: JobBook) -> None:
        write(book, a_job())
        cursor = book.table_changes(JOB, after=None, limit=10).cursor
        write(book, a_table())
        assert self.seen(self.every_change(book, after=cursor)) == ["t00000"]

    def test_come_in_the_order_in_which_they_were_made(self, book: JobBook) -> None:
        write(book, a_job(), *(a_table(f"t{at}", position=at) for at in range(4)))
        cursor = self.every_change(book, after=None).cursor
        for at in (2, 0, 3):
            write(book, a_table(f"t{at}", position=at, rows=1))
        assert self.seen(self.every_change(book, after=cursor, limit=1)) == ["t2", "t0", "t3"]

    def test_bring_a_table_as_it_is_now(self, book: JobBook) -> None:
        write(book, a_job(), a_table())
        cursor = self.every_change(book, after=None).cursor
        write(book, a_table(rows=1))
        write(book, a_table(rows=2))
        last = self.every_change(book, after=cursor).tables[-1]
        assert last == a_table(rows=2)

    def test_include_the_counting_of_parts(self, book: JobBook) -> None:
        write(book, a_job(), a_table())
        cursor = self.every_change(book, after=None).cursor
        book.transact(lambda entries: entries.count_part(JOB, "t00000", PartCounts(rows=5)))
        assert self.every_change(book, after=cursor).tables == (a_table(parts_rows=5),)

    def test_are_those_of_one_job(self, book: JobBook) -> None:
        write(book, a_job(), a_table())
        cursor = self.every_change(book, after=None).cursor
        write(book, a_table(job_id=OTHER_JOB))
        assert self.seen(self.every_change(book, after=cursor)) == []

    def test_pass_over_nothing_while_many_write(self, book: JobBook) -> None:
        names = [f"t{at}" for at in range(self.contenders)]
        write(book, a_job(), *(a_table(name, position=at) for at, name in enumerate(names)))
        last_seen: dict[str, TableTask] = {}

        def change(name: str, at: int) -> Callable[[], None]:
            def changing() -> None:
                for rows in range(1, self.rounds + 1):
                    write(book, a_table(name, position=at, rows=rows))

            return changing

        def follow() -> None:
            cursor = None
            final = dict.fromkeys(names, self.rounds)
            for _ in range(100_000):
                changes = book.table_changes(JOB, after=cursor, limit=3)
                cursor = changes.cursor
                last_seen.update({table.table_id: table for table in changes.tables})
                if {name: table.rows for name, table in last_seen.items()} == final:
                    return

        all_at_once([follow, *(change(name, at) for at, name in enumerate(names))])
        assert {name: table.rows for name, table in last_seen.items()} == dict.fromkeys(
            names, self.rounds
        )

    @pytest.mark.parametrize("cursor", ["", "nonsense", "-1", "1e9", "é", "9" * 400])
    def test_refuse_a_cursor_that_nobody_gave(self, book: JobBook, cursor: str) -> None:
        with pytest.raises(InvalidRequest):
            book.table_changes(JOB, after=cursor, limit=10)
