"""At which moment a table is read: the job's, or one of its own where nothing else can be had."""

from __future__ import annotations

import pytest

from builders import a_transport
from fakes.memory_source import MemorySource
from flow_home import BUCKET, drain, names, put_transport, settle, start, tables
from oracle_etl.flow.edit_transports import change_transport
from oracle_etl.flow.retry_job import retry_job
from oracle_etl.flow.settle_moment import settle_moment
from oracle_etl.model.job import Job, JobStatus
from oracle_etl.model.transport import Consistency, Proof, TableChoice
from oracle_etl.outside import Outside

FIRST = TableChoice(table="FIRST")
ROWS = tuple((number, None) for number in range(3))


@pytest.fixture
def source() -> MemorySource:
    memory = MemorySource()
    memory.put("FIRST", ROWS)
    memory.put("SECOND", ROWS)
    return memory


def one_after_the_other(home: Outside) -> Job:
    return start(home, put_transport(home, "FIRST", "SECOND", parallel_tables=1))


class TestATableThatIsTruncatedAfterTheJobsMoment:
    def test_fails_by_name_and_is_not_read_at_another(
        self, home: Outside, source: MemorySource
    ) -> None:
        job = one_after_the_other(home)

        def truncate(*_: object) -> None:
            source.altered_scn["SECOND"] = source.put("SECOND", ())
            source.before_batch = None

        source.before_batch = truncate
        drain(home)
        failure = tables(home, job)["SECOND"].failure
        assert failure.code == "TABLE_CHANGED"
        assert not any("SECOND" in name for name in names(home))


class TestATableThatUndoDoesNotReachWhenItsTurnComes:
    def test_fails_with_advice_and_is_not_read_at_another_moment(
        self, home: Outside, source: MemorySource
    ) -> None:
        job = one_after_the_other(home)

        def forget(*_: object) -> None:
            source.put("SECOND", ())
            source.forget_before(source.scn)
            source.before_batch = None

        source.before_batch = forget
        drain(home)
        failure = tables(home, job)["SECOND"].failure
        assert failure.code == "SNAPSHOT_GONE"
        assert "UNDO_RETENTION" in failure.hint
        assert not any("SECOND" in name for name in names(home))


class TestAQueryThatHasATablesName:
    def put(self, home: Outside, consistency: Consistency) -> Job:
        query = TableChoice(table="FIRST", query="SELECT ID, NAME FROM FIRST")
        transport = a_transport(
            tables=(query,), target_bucket=BUCKET, proof=Proof(consistency=consistency)
        )
        home.book.transact(lambda entries: entries.put_transport(transport))
        return start(home, transport)

    def test_is_read_in_a_transaction_of_its_own(self, home: Outside, source: MemorySource) -> None:
        job = self.put(home, Consistency.BEST)
        drain(home)
        assert [each.scn for each in source.readings] == [None]
        assert "transaction of its own" in tables(home, job)["FIRST"].warnings[0]

    def test_is_refused_with_a_way_out_where_one_moment_is_demanded(self, home: Outside) -> None:
        job = self.put(home, Consistency.JOB)
        drain(home)
        failure = tables(home, job)["FIRST"].failure
        assert failure.code == "ACCESS_DENIED"
        assert "GRANT" not in failure.hint


class TestOneMomentThatIsDemandedAndCannotBeHad:
    def refused(self, home: Outside) -> Job:
        transport = put_transport(home, "FIRST", proof=Proof(consistency=Consistency.JOB))
        job = settle(home, start(home, transport).id)
        assert job.failure is not None
        assert "the transport demands it" in job.failure.message
        return job

    def test_is_no_hindrance_to_a_retry_once_the_transport_does_not_demand_it(
        self, home: Outside, source: MemorySource
    ) -> None:
        source.flashback = False
        job = self.refused(home)
        change_transport(job.transport_id, {"consistency": Consistency.BEST}, outside=home)
        again = settle(home, retry_job(job.id, outside=home).job.id)
        assert again.status is JobStatus.COMPLETED, again.failure
        assert "in a transaction of their own" in again.warnings[0]

    def test_is_had_by_a_retry_once_the_privileges_are_granted(
        self, home: Outside, source: MemorySource
    ) -> None:
        source.flashback = source.knows_scn = False
        job = self.refused(home)
        source.flashback = source.knows_scn = True
        again = settle(home, retry_job(job.id, outside=home).job.id)
        assert (again.status, again.scn) == (JobStatus.COMPLETED, source.scn), again.failure
        assert (again.version, again.consistency) == (job.version, "scn")

    def test_is_not_demanded_of_a_version_that_was_begun_without_it(
        self, home: Outside, source: MemorySource
    ) -> None:
        late = source.states.pop("SECOND")
        source.flashback = False
        job = settle(home, start(home, put_transport(home, "FIRST", "SECOND")).id)
        source.states["SECOND"] = late
        change_transport(job.transport_id, {"consistency": Consistency.JOB}, outside=home)
        again = settle(home, retry_job(job.id, outside=home).job.id)
        assert again.status is JobStatus.COMPLETED, again.failure


class TestTwoWorkersThatSettleIt:
    def test_keep_to_the_one_who_was_first(self, home: Outside, source: MemorySource) -> None:
        unsettled = one_after_the_other(home)
        first = settle_moment(unsettled, FIRST, source, outside=home)
        source.put("FIRST", ())
        home.clock.wait(60)
        second = settle_moment(unsettled, FIRST, source, outside=home)
        assert (second.scn, second.scn_at) == (first.scn, first.scn_at)
