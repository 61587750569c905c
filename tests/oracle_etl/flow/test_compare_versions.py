"""A version beside the one before it: rows that fell, columns that changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from emp_and_dept import EMP
from fakes.memory_source import MemorySource
from flow_home import drain, manifest, put_transport, settle, start
from oracle_etl.flow.draft_transport import TransportDraft
from oracle_etl.flow.edit_transports import change_transport, create_transport, remove_transport
from oracle_etl.flow.retry_job import retry_job
from oracle_etl.model.job import Job, JobStatus
from oracle_etl.model.transport import OnSchemaChange, Proof, TableChoice, Transport
from oracle_etl.outside import Outside

AT_MOST_HALF_FEWER = Proof(max_row_drop_percent=50)


def run(home: Outside, transport: Transport) -> Job:
    job = start(home, home.book.transport(transport.id))
    drain(home)
    return home.book.job(job.id)


def list_tables(home: Outside, transport: Transport, *choices: TableChoice) -> None:
    changed = replace(home.book.transport(transport.id), tables=choices)
    home.book.transact(lambda entries: entries.put_transport(changed))


class TestRowsThatFell:
    def test_by_much_refuse_success_and_say_what_to_do(
        self, home: Outside, source: MemorySource
    ) -> None:
        transport = put_transport(home, "EMP", proof=AT_MOST_HALF_FEWER)
        run(home, transport)
        source.put("EMP", EMP[:5])
        job = run(home, transport)
        assert job.status is JobStatus.FAILED
        assert job.failure is not None
        assert "from 25 to 5 rows" in job.failure.message
        assert "max_row_drop_percent" in job.failure.hint

    def test_by_much_do_so_also_where_columns_may_change_as_they_like(
        self, home: Outside, source: MemorySource
    ) -> None:
        proof = Proof(max_row_drop_percent=50, on_schema_change=OnSchemaChange.ALLOW)
        transport = put_transport(home, "EMP", proof=proof)
        run(home, transport)
        source.put("EMP", EMP[:5])
        list_tables(home, transport, TableChoice(table="EMP", exclude=("NAME",)))
        job = run(home, transport)
        assert job.failure is not None
        assert job.failure.message == "EMP fell from 25 to 5 rows, more than 50 %"

    def test_by_little_do_not(self, home: Outside, source: MemorySource) -> None:
        transport = put_transport(home, "EMP", proof=AT_MOST_HALF_FEWER)
        run(home, transport)
        source.put("EMP", EMP[:20])
        assert run(home, transport).status is JobStatus.COMPLETED

    def test_by_as_much_as_is_allowed_do_not(self, home: Outside, source: MemorySource) -> None:
        source.put("EMP", EMP[:20])
        transport = put_transport(home, "EMP", proof=AT_MOST_HALF_FEWER)
        run(home, transport)
        source.put("EMP", EMP[:10])
        assert run(home, transport).status is JobStatus.COMPLETED

    def test_in_many_tables_are_counted_beyond_the_first(
        self, home: Outside, source: MemorySource
    ) -> None:
        listed = [f"T{number}" for number in range(8)]
        transport = put_transport(home, *listed, proof=AT_MOST_HALF_FEWER)
        for name in listed:
            source.put(name, EMP)
        run(home, transport)
        for name in listed:
            source.put(name, EMP[:5])
        job = run(home, transport)
        assert job.failure is not None
        assert job.failure.message.count("fell from") == 5
        assert job.failure.message.endswith("; and 3 more")


class TestATableThatAPatternNoLongerFinds:
    @pytest.mark.parametrize(
        "proof", [Proof(on_schema_change=OnSchemaChange.FAIL), Proof(max_row_drop_percent=1)]
    )
    def test_refuses_success_where_the_transport_demands_as_much(
        self, home: Outside, source: MemorySource, proof: Proof
    ) -> None:
        transport = put_transport(home, "*", proof=proof)
        run(home, transport)
        del source.states["EMP"]
        job = run(home, transport)
        assert (job.status, job.counts.tables_completed) == (JobStatus.FAILED, 1)
        assert job.failure is not None
        assert job.failure.message == "HR.EMP is not in this version; v001 has 25 rows of it"

    def test_is_told_of_otherwise(self, home: Outside, source: MemorySource) -> None:
        transport = put_transport(home, "*")
        run(home, transport)
        del source.states["EMP"]
        job = run(home, transport)
        assert job.status is JobStatus.COMPLETED
        assert job.warnings == ("HR.EMP is not in this version; v001 has 25 rows of it",)

    def test_is_nothing_to_tell_where_every_change_is_allowed(
        self, home: Outside, source: MemorySource
    ) -> None:
        transport = put_transport(home, "*", proof=Proof(on_schema_change=OnSchemaChange.ALLOW))
        run(home, transport)
        del source.states["EMP"]
        assert run(home, transport).warnings == ()


class TestATableThatSomebodyTookOffTheList:
    def test_is_told_of_and_refuses_nothing(self, home: Outside) -> None:
        proof = Proof(on_schema_change=OnSchemaChange.FAIL)
        transport = put_transport(home, "EMP", "DEPT", proof=proof)
        run(home, transport)
        shorter = {"tables": (TableChoice(table="DEPT"),)}
        change_transport(transport.id, shorter, outside=home)
        job = run(home, transport)
        assert job.status is JobStatus.COMPLETED
        assert job.warnings == ("EMP is not in this version; v001 has 25 rows of it",)

    def test_by_making_the_transport_again_is_told_of_and_refuses_nothing(
        self, home: Outside
    ) -> None:
        proof = Proof(on_schema_change=OnSchemaChange.FAIL)
        transport = put_transport(home, "EMP", "DEPT", proof=proof)
        run(home, transport)
        remove_transport(transport.id, outside=home)
        home.clock.wait(1)
        shorter = replace(TransportDraft.of(transport), tables=(TableChoice(table="DEPT"),))
        again = create_transport(shorter, transport_id=transport.id, outside=home)
        assert again.revision == transport.revision
        job = run(home, again)
        assert (job.status, job.version) == (JobStatus.COMPLETED, 2)
        assert job.warnings == ("EMP is not in this version; v001 has 25 rows of it",)


class TestAVersionThatWasRefused:
    @pytest.mark.parametrize("allowed", [None, 90.0])
    def test_is_completed_by_a_retry_once_the_transport_allows_it_without_a_reading(
        self, home: Outside, source: MemorySource, allowed: float | None
    ) -> None:
        transport = put_transport(home, "EMP", proof=AT_MOST_HALF_FEWER)
        run(home, transport)
        source.put("EMP", EMP[:5])
        refused = run(home, transport)
        assert refused.status is JobStatus.FAILED
        change_transport(transport.id, {"max_row_drop_percent": allowed}, outside=home)
        source.readings.clear()
        retried = settle(home, retry_job(refused.id, outside=home).job.id)
        assert (retried.status, retried.version) == (JobStatus.COMPLETED, refused.version)
        assert source.readings == []

    def test_is_refused_again_while_the_transport_does_not(
        self, home: Outside, source: MemorySource
    ) -> None:
        transport = put_transport(home, "EMP", proof=AT_MOST_HALF_FEWER)
        run(home, transport)
        source.put("EMP", EMP[:5])
        refused = run(home, transport)
        retried = settle(home, retry_job(refused.id, outside=home).job.id)
        assert retried.status is JobStatus.FAILED

    def test_is_not_said_to_be_counted_where_it_was_not(self, home: Outside) -> None:
        transport = put_transport(home, "EMP", "LATE", proof=Proof(count_rows=False))
        failed = run(home, transport)
        assert failed.status is JobStatus.FAILED
        change_transport(transport.id, {"count_rows": True}, outside=home)
        retried = settle(home, retry_job(failed.id, outside=home).job.id)
        assert {each["proof"] for each in manifest(home, retried)["tables"]} == {"unverified"}


class TestColumnsThatChanged:
    @pytest.mark.parametrize(
        ("policy", "status", "warnings"),
        [
            (OnSchemaChange.ALLOW, JobStatus.COMPLETED, 0),
            (OnSchemaChange.WARN, JobStatus.COMPLETED, 1),
            (OnSchemaChange.FAIL, JobStatus.FAILED, 0),
        ],
    )
    def test_are_told_as_the_transport_chose(
        self, home: Outside, policy: OnSchemaChange, status: JobStatus, warnings: int
    ) -> None:
        transport = put_transport(home, "EMP", proof=Proof(on_schema_change=policy))
        run(home, transport)
        list_tables(home, transport, TableChoice(table="EMP", exclude=("NAME",)))
        job = run(home, transport)
        assert (job.status, len(job.warnings)) == (status, warnings)


class TestAVersionBefore:
    def test_whose_table_is_missing_is_nothing_to_compare_with(
        self, home: Outside, source: MemorySource
    ) -> None:
        transport = put_transport(home, "EMP", proof=Proof(max_row_drop_percent=1))
        run(home, transport)
        list_tables(home, transport, TableChoice(table="EMP"), TableChoice(table="DEPT"))
        assert run(home, transport).status is JobStatus.COMPLETED


class TestAVersionThatARetryCompletes:
    def failed(self, home: Outside, source: MemorySource) -> tuple[Transport, Job]:
        """Return a transport and its first job, which lacked a table that is there by now."""
        transport = put_transport(home, "EMP", "LATE", proof=AT_MOST_HALF_FEWER)
        job = run(home, transport)
        assert job.status is JobStatus.FAILED
        source.states["LATE"] = [(0, EMP)]
        return transport, job

    def test_is_not_held_against_a_later_one(self, home: Outside, source: MemorySource) -> None:
        transport, failed = self.failed(home, source)
        source.put("EMP", EMP * 10)
        assert run(home, transport).version == 2
        retried = settle(home, retry_job(failed.id, outside=home).job.id)
        assert (retried.version, retried.status) == (1, JobStatus.COMPLETED), retried.failure

    def test_is_what_the_next_one_is_held_against_though_others_came_before_it(
        self, home: Outside, source: MemorySource
    ) -> None:
        transport = put_transport(home, "EMP", "LATE", proof=AT_MOST_HALF_FEWER)
        source.put("LATE", EMP)
        assert run(home, transport).version == 1
        late = source.states.pop("LATE")
        source.put("EMP", EMP * 10)
        failed = run(home, transport)
        assert (failed.version, failed.status) == (2, JobStatus.FAILED)
        source.states["LATE"] = late
        retried = settle(home, retry_job(failed.id, outside=home).job.id)
        assert retried.status is JobStatus.COMPLETED, retried.failure
        source.put("EMP", EMP)
        job = run(home, transport)
        assert job.failure is not None
        assert "EMP fell from 250 to 25 rows" in job.failure.message

    def test_is_not_what_a_later_one_is_held_against(
        self, home: Outside, source: MemorySource
    ) -> None:
        transport, failed = self.failed(home, source)
        source.put("EMP", EMP * 10)
        assert run(home, transport).version == 2
        settle(home, retry_job(failed.id, outside=home).job.id)
        source.put("EMP", EMP)
        job = run(home, transport)
        assert job.failure is not None
        assert "EMP fell from 250 to 25 rows" in job.failure.message
