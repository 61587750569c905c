"""A table that a list has by two names: its own, and that of a synonym."""

from __future__ import annotations

import pytest

from fakes.memory_source import MemorySource
from flow_home import drain, manifest, put_transport, start
from oracle_etl.model.columns import TableShape
from oracle_etl.model.job import Job, JobStatus
from oracle_etl.model.names import TableName
from oracle_etl.outside import Outside


class SourceWithSynonyms(MemorySource):
    """Tables whose names may begin with S_, as those of private synonyms."""

    def shape(self, table: TableName) -> TableShape:
        return super().shape(TableName(name=table.name.removeprefix("S_")))


@pytest.fixture
def source() -> MemorySource:
    memory = SourceWithSynonyms()
    for name in ("EMP", "DEPT"):
        memory.put(name, ((1, name),))
    return memory


def run(home: Outside, *listed: str) -> Job:
    job = start(home, put_transport(home, *listed))
    drain(home)
    job = home.book.job(job.id)
    assert job.status is JobStatus.COMPLETED
    return job


class TestATableInTheListByTwoNames:
    def test_is_carried_under_both_and_told_of(self, home: Outside) -> None:
        job = run(home, "EMP", "DEPT", "S_EMP")
        assert job.counts.rows == 3
        told = "EMP and S_EMP are both HR.EMP, so its rows are in both"
        assert job.warnings == (told,)
        assert manifest(home, job)["warnings"] == [told]

    def test_is_told_of_once_for_each_name_more(self, home: Outside, source: MemorySource) -> None:
        for number in range(25):
            source.put(f"T{number}", ((number, None),))
        listed = [f"{prefix}T{number}" for number in range(25) for prefix in ("", "S_")]
        warnings = run(home, *listed).warnings
        assert (len(warnings), warnings[-1]) == (21, "and 5 more names like these")


class TestTablesOfTheirOwn:
    def test_by_whatever_names_are_nothing_to_tell(self, home: Outside) -> None:
        assert run(home, "S_EMP", "DEPT").warnings == ()
