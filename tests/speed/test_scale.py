"""Many tables and many parts: what each costs does not grow with their number."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from dataclasses import dataclass

import pytest
from benchmarks.scale import Measured, Step, lines_of, scaled_job

FEW_TABLES, MANY_TABLES = 200, 600
"""Few fill a page of the book, so that many need no larger one."""
FEW_PARTS, MANY_PARTS = 50, 150
WRITES_OF_A_PART = 4
"""Planned, claimed, done, and counted in its table's document: docs/costs.md says so."""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What a job cost the book, and how much memory its end took at most."""

    counted: Counter[str]
    closing_bytes: int


def ran(unit: str, count: int) -> Ran:
    with scaled_job(unit, count) as job:
        job.start()
        job.work()
        tracemalloc.start()
        try:
            job.close()
            closing_bytes = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        job.check_completed()
        return Ran(counted=job.book.counted.copy(), closing_bytes=closing_bytes)


@pytest.fixture(scope="module")
def few_tables() -> Ran:
    return ran("tables", FEW_TABLES)


@pytest.fixture(scope="module")
def many_tables() -> Ran:
    return ran("tables", MANY_TABLES)


class TestAJobOfManyTables:
    @pytest.mark.parametrize("what", ["transactions", "writes", "reads"])
    def test_costs_the_book_no_more_for_each_table_than_a_job_of_few(
        self, few_tables: Ran, many_tables: Ran, what: str
    ) -> None:
        assert (
            many_tables.counted[what] / MANY_TABLES <= few_tables.counted[what] / FEW_TABLES + 0.1
        )

    def test_is_closed_in_memory_that_does_not_grow_with_its_tables(
        self, few_tables: Ran, many_tables: Ran
    ) -> None:
        assert many_tables.closing_bytes < few_tables.closing_bytes * 1.5


class TestAJobOfManyParts:
    def test_writes_for_each_part_what_the_page_on_costs_says(self) -> None:
        few, many = (
            counted["writes to parts"] + counted["writes to tables"]
            for counted in (ran("parts", count).counted for count in (FEW_PARTS, MANY_PARTS))
        )
        assert many - few == WRITES_OF_A_PART * (MANY_PARTS - FEW_PARTS)


class TestTheTableOfSizes:
    def test_sets_what_each_costs_against_the_smallest_size(self) -> None:
        [few, many] = (
            Measured(
                unit="tables",
                count=count,
                steps=(Step(what="work", seconds=1.0, cpu_seconds=cpu_seconds, peak_rss_mb=60.0),),
            )
            for count, cpu_seconds in ((1000, 2.0), (10_000, 30.0))
        )
        [first, second] = lines_of([few, many])
        assert "2000 us each, 1.00 times" in first
        assert "3000 us each, 1.50 times" in second
