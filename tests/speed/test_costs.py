"""`python -m benchmarks.costs`: figures of a benchmark in money, by the prices of the docs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from benchmarks import costs

PAGE = (Path(__file__).parents[2] / "docs" / "costs.md").read_text(encoding="utf-8")
MEASURED: list[dict[str, Any]] = [
    {
        "case": "wide",
        "format": format_,
        "parts": parts,
        "rows_per_second": 20_000.0,
        "rows_per_cpu_second": rate,
        "json_mb_per_second": megabytes,
    }
    for format_, parts, rate, megabytes in (
        ("jsonl.gz", 1, 25_000.0, 100.0),
        ("jsonl.gz", 2, 24_000.0, 190.0),
        ("parquet", 1, 50_000.0, 60.0),
    )
]


class TestTheCostOfRows:
    def test_comes_from_cpu_seconds_of_one_worker(self) -> None:
        found = {each.format: each for each in costs.costs_of(MEASURED)}
        assert set(found) == {"jsonl.gz", "parquet"}
        assert found["jsonl.gz"].million_rows == pytest.approx(40 * 0.000024)

    def test_takes_a_row_to_be_as_long_as_its_json_whatever_the_format(self) -> None:
        sizes = [each.bytes_of_a_row for each in costs.costs_of(MEASURED)]
        assert sizes == [5_000.0, 5_000.0]

    def test_of_all_that_the_seed_is_to_carry_follows_from_it(self) -> None:
        [lines, parquet] = costs.costs_of(MEASURED)
        assert lines.seeds_cpu_seconds == pytest.approx(4.7e12 / 5_000 / 25_000)
        assert parquet.seeds_cpu_seconds == pytest.approx(lines.seeds_cpu_seconds / 2)


class TestThePrices:
    @pytest.mark.parametrize(
        ("what", "price"),
        [
            ("Cloud Run jobs, CPU | ${} per vCPU-second", costs.VCPU_SECOND),
            ("Cloud Run jobs, memory | ${} per GiB-second", costs.GIB_SECOND),
            ("Firestore | ${} per 100,000 writes", costs.FIRESTORE_WRITE * 100_000),
            ("per 100,000 writes, ${} reads", costs.FIRESTORE_READ * 100_000),
            ("operations | ${} per 1,000 of class A", costs.CLASS_A_OPERATION * 1000),
        ],
    )
    def test_are_those_of_the_page(self, what: str, price: float) -> None:
        shown = f"{price:.7f}".rstrip("0")
        assert what.format(shown) in PAGE

    def test_of_a_table_and_a_part_are_worked_out_from_the_figures_of_the_page(self) -> None:
        assert f"| {costs.WRITES_OF_A_TABLE} in a job of 500 tables" in PAGE
        assert f"| P, writes for a part | {costs.WRITES_OF_A_PART}," in PAGE
