"""What a job says of objects that BigQuery loads slowly, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.memory_source import MemorySource
from flow_home import SMALL_PARTS, a_home, manifest, put_transport, settle, start, tables
from oracle_etl.flow import bigquery_limits
from oracle_etl.model.job import Job
from oracle_etl.model.transport import Carriage, Format
from oracle_etl.outside import Outside

EMP = tuple((number, f"name {number}") for number in range(40))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Outside]:
    source = MemorySource()
    source.put("EMP", EMP)
    made = a_home(tmp_path, source=source)
    yield made
    made.close()


@pytest.fixture
def one_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a thousand bytes of JSON be much for one reader; the table has some more."""
    monkeypatch.setattr(bigquery_limits, "LARGEST_FOR_ONE_READER", 1000)


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bigquery_limits, "LARGEST_GZIP_FOR_BIGQUERY", 100)


def ended(home: Outside, carriage: Carriage, *names: str) -> Job:
    return settle(home, start(home, put_transport(home, *names or ("EMP",), carriage=carriage)).id)


@pytest.mark.usefixtures("one_reader")
class TestMuchJsonInOneGzipObject:
    def test_is_told_by_job_table_and_manifest(self, home: Outside) -> None:
        job = ended(home, SMALL_PARTS)
        (warning,) = job.warnings
        assert warning.startswith("EMP: 0.0 GB of JSON in one gzip object, which BigQuery reads")
        assert warning.endswith(
            'set "leave_parts", which leaves it in its parts, or "format" to "parquet"'
        )
        assert tables(home, job)["EMP"].warnings == (warning,)
        written = manifest(home, job)
        assert (written["warnings"], written["tables"][0]["warnings"]) == ([warning], [warning])

    def test_of_a_table_that_has_no_parts_asks_for_parquet(self, home: Outside) -> None:
        (warning,) = ended(home, Carriage()).warnings
        assert warning.endswith('set "format" to "parquet", which is read by many')

    def test_is_no_matter_once_it_is_left_in_parts(self, home: Outside) -> None:
        job = ended(home, replace(SMALL_PARTS, leave_parts=True))
        assert len(tables(home, job)["EMP"].objects) == 2
        assert job.warnings == ()

    def test_in_a_part_that_is_left_asks_for_smaller_ones(
        self, home: Outside, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bigquery_limits, "LARGEST_FOR_ONE_READER", 10)
        (warning,) = ended(home, replace(SMALL_PARTS, leave_parts=True)).warnings
        assert warning.endswith('set "part_bytes" smaller')

    @pytest.mark.parametrize("format_", [Format.PARQUET, Format.JSONL_ZST])
    def test_is_no_matter_in_other_formats(self, home: Outside, format_: Format) -> None:
        assert ended(home, Carriage(format=format_)).warnings == ()

    def test_of_many_tables_is_told_of_twenty(self, home: Outside) -> None:
        source = home.source("default")
        assert isinstance(source, MemorySource)
        listed = [f"T{number:02d}" for number in range(22)]
        for name in listed:
            source.put(name, EMP)
        warnings = ended(home, Carriage(), *listed).warnings
        assert (len(warnings), warnings[-1]) == (21, "and 2 more tables like these")


@pytest.mark.usefixtures("refused")
class TestAGzipObjectThatIsTooLarge:
    def test_is_told_as_such(self, home: Outside) -> None:
        (warning,) = ended(home, Carriage()).warnings
        assert "BigQuery loads none over 4 GB" in warning
        assert warning.endswith('set "format" to "parquet", which is read by many')
