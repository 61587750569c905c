"""`python -m benchmarks`: what it stores, what its workers carry, and how it judges values."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from benchmarks.__main__ import shared_out
from benchmarks.cases import CASES, Value
from benchmarks.peer_values import differences, is_same
from benchmarks.results import Result, document, line_of, lines_of_document
from benchmarks.whole_job import Whole
from benchmarks.whole_job import line_of as whole_line_of

from oracle_standin.values.moments import Moment

ROOT = Path(__file__).parents[2]
FIGURES = {
    "case",
    "format",
    "parts",
    "rows",
    "rows_per_second",
    "rows_per_cpu_second",
    "over_driver",
    "json_mb_per_second",
    "peak_rss_mb",
    "saved_percent",
    "peers",
}
NOON = datetime.fromisoformat("2026-01-02T12:00:00.250000")
KOREAN = Moment(2026, 1, 2, 12, 0, 0, 250_000_000, 540)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    file = tmp_path_factory.mktemp("bench") / "results.json"
    asked = "--cases lob,small --formats jsonl.gz --parts 2 --repeats 1 --peers none --share 0.01"
    subprocess.run(  # noqa: S603 - a module of ours
        [sys.executable, "-m", "benchmarks", *asked.split(), "--json", str(file)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    document: dict[str, Any] = json.loads(file.read_text())
    return document


class TestTheDocumentThatIsStored:
    def test_has_the_machine_and_a_result_for_each_case_format_and_number_of_parts(
        self, stored: dict[str, Any]
    ) -> None:
        assert set(stored) == {"machine", "results"}
        asked = [(each["case"], each["format"], each["parts"]) for each in stored["results"]]
        assert asked == [("lob", "jsonl.gz", 2), ("small", "jsonl.gz", 2)]

    def test_gives_of_each_exactly_the_figures_that_were_promised(
        self, stored: dict[str, Any]
    ) -> None:
        assert all(set(each) == FIGURES for each in stored["results"])

    def test_tells_on_what_with_what_and_beside_what_it_was_measured(
        self, stored: dict[str, Any]
    ) -> None:
        told = {"cores", "processor", "load_average", "python", "oracledb", "arro3-io", "isal"}
        assert told <= set(stored["machine"])

    def test_counts_every_row_of_every_table(self, stored: dict[str, Any]) -> None:
        shrunk = [CASES[name].shrunk(0.01) for name in ("lob", "small")]
        assert [each["rows"] for each in stored["results"]] == [
            case.rows * case.tables for case in shrunk
        ]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("parts", [1, 2, 4])
class TestACaseThatWorkersShare:
    def test_is_carried_whole_and_nothing_of_it_twice(self, name: str, parts: int) -> None:
        case = CASES[name]
        shares = shared_out(case, parts)
        tables = chain.from_iterable(
            range(each.get("first_table", 0), each.get("first_table", 0) + each.get("tables", 1))
            for each in shares
        )
        rows = sum(each.get("end_row", case.rows) - each.get("first_row", 0) for each in shares)
        assert len(shares) == parts
        if case.tables > 1 or parts == 1:
            assert list(tables) == list(range(case.tables))
        else:
            assert rows == case.rows


class TestAValue:
    @pytest.mark.parametrize(
        ("given", "wanted"),
        [
            (None, None),
            ("12345678901234567890.5", Decimal("12345678901234567890.5")),
            (1.0, 1),
            ("2026-01-02 12:00:00.25", NOON),
            ("2026-01-02T12:00:00.250000Z", NOON),
            ("2026-01-02T12:00:00.25+09:00", KOREAN),
            ("2026-01-02T03:00:00.25Z", KOREAN),
            (1767355200, datetime.fromisoformat("2026-01-02T12:00:00")),
            ("cafe", b"\xca\xfe"),
            ("yv4=", b"\xca\xfe"),
        ],
    )
    def test_is_the_same_however_it_is_spelt(self, given: object, wanted: Value) -> None:
        assert is_same(given, wanted)

    @pytest.mark.parametrize(
        ("given", "wanted"),
        [
            (None, 0),
            ("", None),
            (Decimal(12345678901234567000), Decimal("12345678901234567890.5")),
            ("2026-01-02T12:00:00", NOON),
            (1767355200, NOON),
            ("2026-01-02T12:00:00.25", KOREAN),
            ("2026-01-02T12:00:00.25+08:00", KOREAN),
            ("2026-01-02T12:00:00.25", Moment(2026, 1, 2, 12, 0, 0, 250_000_001)),
            ("cafe", b"\xca\xff"),
            ("never", NOON),
            ("x", 1),
        ],
    )
    def test_differs_where_something_is_lost(self, given: object, wanted: Value) -> None:
        assert not is_same(given, wanted)


class TestThePeersLines:
    def test_are_compared_with_the_row_of_the_same_number(self) -> None:
        case = CASES["exact"]
        names = [column.name.lower() for column in case.columns]
        as_doubles = [
            float(value) if isinstance(value, Decimal) else str(value) for value in case.row(7)[:6]
        ]
        line = json.dumps(dict(zip(names, [*as_doubles, None, None, "Name 000007"], strict=True)))
        filler = [json.dumps({}).encode()] * 7
        *_, last = differences(case, [*filler, line.encode()])
        assert last == 6, "four numbers and two moments"

    def test_say_how_far_ours_is_ahead_over_the_whole_table(self) -> None:
        result = Result(
            case="narrow",
            format="jsonl.gz",
            parts=1,
            rows=10,
            rows_per_second=1.0,
            rows_per_cpu_second=800.0,
            over_driver=0.5,
            json_mb_per_second=1.0,
            peak_rss_mb=1.0,
            saved_percent=80.0,
        )
        peer = {
            "rows": 5,
            "rows_per_second": 20.0,
            "rows_per_cpu_second": 100.0,
            "peak_rss_mb": 3.0,
            "values": 50,
            "differences": 2,
        }
        peers = {"usual": peer, "airflow": {"skipped": "no network"}}
        stored = document([replace(result, peers=peers)], machine={})
        [ours, usual, airflow] = lines_of_document(json.loads(json.dumps(stored)))
        assert ours == line_of(result)
        assert "ours is   8.0 times" in usual
        assert "2 of 50 values differ" in usual
        assert "skipped: no network" in airflow


class TestAWholeJob:
    def test_is_shown_beside_one_worker_and_beside_the_seeds_figures(self) -> None:
        alone = Whole(
            job="small",
            tables=100,
            workers=1,
            rows=200_000,
            seconds=2.0,
            rows_per_second=100_000.0,
            cpu_seconds=1.5,
            peak_rss_mb=90.0,
        )
        two = replace(alone, workers=2, seconds=1.25, rows_per_second=160_000.0)
        assert "1.0 and 0.7 times the seed's" in whole_line_of(alone, [alone])
        assert "1.60 times 1 (80% of linear)" in whole_line_of(two, [alone, two])
