from __future__ import annotations

import pytest

from builders import NOON, a_job, a_transport, later
from oracle_etl.model.job import Counts, Dispatch, JobKind, JobRequest, JobStatus, ReadWith
from oracle_etl.model.table_task import Failure
from oracle_etl.model.transport import TableChoice, TransportStatus


class TestARequest:
    @pytest.mark.parametrize(
        ("request_", "kind"),
        [
            (JobRequest(), JobKind.FULL),
            (JobRequest(tables=("EMP",)), JobKind.SUBSET),
            (JobRequest(limit=10), JobKind.TEST),
            (JobRequest(limit=10, tables=("EMP",)), JobKind.TEST),
        ],
    )
    def test_makes_a_job_of_its_kind(self, request_: JobRequest, kind: JobKind) -> None:
        assert request_.kind is kind


class TestTheFolderOfAJob:
    def test_is_its_transport_and_version(self) -> None:
        job = a_job(transport=a_transport("TRPID-00000001"), version=12)
        assert job.folder == "TRPID-00000001/v012"

    def test_lies_under_the_transports_prefix(self) -> None:
        job = a_job(transport=a_transport("TRPID-00000001", prefix="/lake/raw/"))
        assert job.folder == "lake/raw/TRPID-00000001/v001"
        assert job.attempts_folder == f"lake/raw/_attempts/{job.id}"

    @pytest.mark.parametrize(
        ("request_", "folder"),
        [(JobRequest(limit=5), "_test"), (JobRequest(tables=("EMP",)), "_partial")],
    )
    def test_of_a_test_or_a_subset_is_apart(self, request_: JobRequest, folder: str) -> None:
        job = a_job(version=None, request=request_)
        assert job.folder == f"{job.transport_id}/{folder}/{job.id}"


class TestAJobThatStarts:
    def test_leaves_its_choices_to_its_tables_once_they_are_written(self) -> None:
        job = a_job(dispatch=Dispatch.WRITING).being_written(now=NOON, lease_seconds=60)
        job = job.written(job.writing.fence, tables_total=7)
        assert (job.dispatch, job.tables_total, job.transport.tables) == (Dispatch.READY, 7, ())

    def test_keeps_the_time_at_which_it_first_ran(self) -> None:
        assert a_job().running(now=NOON).running(now=later(5)).started_at == NOON

    def test_moves_on_step_by_step(self) -> None:
        job = a_job().running(now=NOON).published(now=later(1))
        assert (job.dispatch, job.dispatched_at) == (Dispatch.PUBLISHED, later(1))
        assert job.launched(now=later(2)).dispatch is Dispatch.LAUNCHED

    def test_takes_its_moment_from_the_first_worker(self) -> None:
        first, second = (ReadWith(database=each, mask_key=None) for each in ("A", "B"))
        job = a_job().held_at(100, held_by="scn", read_with=first, at=NOON)
        assert job.held_at(200, held_by="scn", read_with=second, at=later(1)) is job


class TestAJobThatEnds:
    def test_has_ended_all_tables_when_the_counters_say_so(self) -> None:
        counts = Counts(tables_completed=1) + Counts(tables_failed=1)
        assert a_job(tables_total=2, counts=counts).all_tables_ended

    def test_is_not_at_its_end_while_its_tables_are_being_written(self) -> None:
        assert not a_job(dispatch=Dispatch.WRITING, tables_total=0).all_tables_ended

    def test_counts_cancelled_tables_too(self) -> None:
        assert a_job(tables_total=1, counts=Counts(tables_cancelled=1)).all_tables_ended

    def test_remembers_the_first_wish_to_cancel(self) -> None:
        job = a_job().cancelling(now=NOON).cancelling(now=later(5))
        assert job.cancel_requested_at == NOON

    def test_closed_says_how_and_why(self) -> None:
        failure = Failure(code="C", message="m")
        job = a_job().closed(JobStatus.FAILED, now=NOON, failure=failure, manifest="m.json")
        assert (job.status, job.failure, job.manifest) == (JobStatus.FAILED, failure, "m.json")
        assert job.status.ended
        assert not JobStatus.PENDING.ended


class TestATransport:
    def test_changed_is_a_new_revision(self) -> None:
        edited = a_transport(revision=3).edited(later(1), name="other")
        assert (edited.revision, edited.name, edited.updated_at) == (4, "other", later(1))

    def test_runs_one_job_and_rests_after_it(self) -> None:
        running = a_transport().occupied("JOB-1", version=4)
        assert (running.status, running.running_job) == (TransportStatus.RUNNING, "JOB-1")
        rested = running.released(TransportStatus.FAILED)
        assert (rested.running_job, rested.last_job, rested.last_version) == (None, "JOB-1", 4)

    def test_waits_for_its_next_instant(self) -> None:
        assert a_transport().fires_next(NOON).next_fire_at == NOON

    def test_shows_plain_entries_as_names(self) -> None:
        assert TableChoice(table="EMP").is_plain
        assert not TableChoice(table="EMP", where="A = 1").is_plain


class TestAJobThatHashes:
    def test_has_the_key_of_its_first_hash_to_the_end(self) -> None:
        settled = a_job().held_at(
            100, held_by="scn", read_with=ReadWith(database="A", mask_key=None), at=NOON
        )
        first = settled.hashed_with("11111111")
        assert first.read_with == ReadWith(database="A", mask_key="11111111")
        assert first.hashed_with("22222222") is first

    def test_has_none_before_its_moment_is_settled(self) -> None:
        assert a_job().hashed_with("11111111").read_with is None
