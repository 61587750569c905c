# ruff: noqa: ANN401 - a draft takes any field of its model

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from builders import NOON, a_job, a_transport, later
from contracts.together import all_at_once
from fakes.forgetful_book import ForgetfulBook
from fakes.memory_source import MemorySource
from flow_home import a_home, drain, start
from oracle_etl.flow.draft_transport import TransportDraft
from oracle_etl.flow.edit_transports import (
    change_transport,
    check_creation,
    create_transport,
    remove_transport,
)
from oracle_etl.model.errors import (
    InvalidRequest,
    NoSuchTransport,
    StaleRevision,
    TransportExists,
    TransportIsRunning,
)
from oracle_etl.model.job import Job, JobStatus
from oracle_etl.model.transport import (
    Carriage,
    Format,
    NumbersAs,
    Proof,
    Schedule,
    TableChoice,
    Transport,
)
from oracle_etl.outside import Outside
from oracle_etl.ports import PageRequest, TableSource

NIGHTLY = Schedule(cron="30 2 * * *", time_zone="Asia/Seoul")
ID = "TRPID-0000000a"


def a_draft(**changes: Any) -> TransportDraft:
    return TransportDraft(**{"name": "nightly", "tables": (TableChoice(table="EMP"),), **changes})


def create(home: Outside, **changes: Any) -> Transport:
    return create_transport(a_draft(**changes), outside=home)


def no_source(name: str) -> TableSource:
    raise InvalidRequest(f"no source {name}")


@pytest.fixture
def source() -> MemorySource:
    memory = MemorySource()
    memory.put("EMP", ((1, "a row"),))
    return memory


@pytest.fixture
def home(tmp_path: Path, source: MemorySource) -> Iterator[Outside]:
    home = a_home(tmp_path, source=source)
    yield home
    home.close()


class TestANewTransport:
    def test_is_stored_as_it_was_drafted(self, home: Outside) -> None:
        transport = create(home, description="d", carriage=Carriage(format=Format.PARQUET))
        assert home.book.transport(transport.id) == transport
        assert (transport.description, transport.carriage.format) == ("d", Format.PARQUET)
        assert (transport.revision, transport.created_at, transport.updated_at) == (1, NOON, NOON)

    def test_waits_for_its_schedule(self, home: Outside) -> None:
        assert create(home, schedule=NIGHTLY).next_fire_at == later(5.5 * 3600)

    def test_is_never_due_while_it_is_disabled(self, home: Outside) -> None:
        assert create(home, schedule=NIGHTLY, enabled=False).next_fire_at is None

    def test_gets_an_id_that_nobody_has(self, home: Outside) -> None:
        digits = iter(["0000000a", "0000000a", "0000000b"])
        repeating = replace(home, randomness=lambda: next(digits))
        assert [create(repeating).id, create(repeating).id] == [ID, "TRPID-0000000b"]

    def test_may_have_an_id_of_the_callers_choice(self, home: Outside) -> None:
        assert create_transport(a_draft(), transport_id=ID, outside=home).id == ID

    def test_may_not_take_the_id_of_another(self, home: Outside) -> None:
        create_transport(a_draft(), transport_id=ID, outside=home)
        with pytest.raises(TransportExists):
            create_transport(a_draft(name="other"), transport_id=ID, outside=home)
        assert home.book.transport(ID).name == "nightly"

    @pytest.mark.parametrize("chosen", [None, ID])
    def test_is_made_once_though_the_answer_was_lost(
        self, home: Outside, chosen: str | None
    ) -> None:
        forgetful = replace(home, book=ForgetfulBook(home.book, forgets=bool))
        made = create_transport(a_draft(), transport_id=chosen, outside=forgetful)
        assert home.book.transports(PageRequest()).items == (made,)

    @pytest.mark.parametrize("wrong", ["", "TRPID-1", "TRPID-0000000A", "JOB-1", f"{ID}\n"])
    def test_may_not_have_any_other_id(self, home: Outside, wrong: str) -> None:
        with pytest.raises(InvalidRequest) as refused:
            create_transport(a_draft(), transport_id=wrong, outside=home)
        assert list(refused.value.details) == ["id"]

    def test_is_not_stored_where_its_draft_is_wrong(self, home: Outside) -> None:
        with pytest.raises(InvalidRequest):
            create(home, name="")
        assert home.book.transports(PageRequest()).items == ()

    def test_needs_a_source_that_is_configured(self, home: Outside) -> None:
        with pytest.raises(InvalidRequest, match="no source ebs"):
            create(replace(home, source=no_source), source="ebs")


class TestAChange:
    def test_leaves_what_it_does_not_name(self, home: Outside) -> None:
        before = create(home, description="d", proof=Proof(count_rows=False))
        home.clock.wait(60)
        changes = {"name": "hourly", "numbers": NumbersAs.TEXT, "mixed_success": True}
        after = change_transport(before.id, changes, outside=home)
        assert after == replace(
            before,
            name="hourly",
            carriage=Carriage(numbers=NumbersAs.TEXT),
            proof=Proof(count_rows=False, mixed_success=True),
            revision=2,
            updated_at=later(60),
        )
        assert home.book.transport(before.id) == after

    def test_of_nothing_leaves_the_revision(self, home: Outside) -> None:
        before = create(home)
        home.clock.wait(60)
        assert change_transport(before.id, {}, outside=home) == before
        assert change_transport(before.id, {"name": "nightly"}, outside=home) == before

    def test_goes_by_the_revision_that_it_was_made_from(self, home: Outside) -> None:
        transport = create(home)
        change_transport(transport.id, {"name": "a"}, revision=1, outside=home)
        with pytest.raises(StaleRevision) as refused:
            change_transport(transport.id, {"name": "b"}, revision=1, outside=home)
        assert refused.value.details == {"revision": 2}
        assert home.book.transport(transport.id).name == "a"

    def test_of_the_schedule_sets_the_next_instant_anew(self, home: Outside) -> None:
        transport = create(home, schedule=NIGHTLY)
        hourly = {"schedule": Schedule(cron="0 * * * *")}
        assert change_transport(transport.id, hourly, outside=home).next_fire_at == later(3600)
        never = change_transport(transport.id, {"schedule": None}, outside=home)
        assert never.next_fire_at is None

    def test_of_anything_else_leaves_what_is_due_due(self, home: Outside) -> None:
        transport = create(home, schedule=Schedule(cron="0 * * * *"))
        home.clock.wait(7200)
        renamed = change_transport(transport.id, {"name": "b"}, outside=home)
        assert renamed.next_fire_at == later(3600)

    def test_that_switches_on_waits_for_the_next_instant(self, home: Outside) -> None:
        transport = create(home, schedule=Schedule(cron="0 * * * *"), enabled=False)
        home.clock.wait(7000)
        enabled = change_transport(transport.id, {"enabled": True}, outside=home)
        assert enabled.next_fire_at == later(7200)

    def test_that_makes_it_wrong_is_refused(self, home: Outside) -> None:
        transport = create(home)
        with pytest.raises(InvalidRequest) as refused:
            change_transport(transport.id, {"tables": ()}, outside=home)
        assert list(refused.value.details) == ["tables"]
        assert home.book.transport(transport.id) == transport

    def test_of_the_source_needs_one_that_is_configured(self, home: Outside) -> None:
        transport = create(home)
        away = replace(home, source=no_source)
        with pytest.raises(InvalidRequest, match="no source ebs"):
            change_transport(transport.id, {"source": "ebs"}, outside=away)
        assert change_transport(transport.id, {"name": "b"}, outside=away).name == "b"

    def test_does_not_undo_one_that_is_made_at_the_same_time(self, home: Outside) -> None:
        transport = create(home)
        changes: list[dict[str, Any]] = [
            {"name": "b"},
            {"description": "d"},
            {"prefix": "p"},
            {"parallel_tables": 9},
        ]
        all_at_once(
            [
                lambda change=change: change_transport(transport.id, change, outside=home)  # type: ignore[misc]
                for change in changes
            ]
        )
        stored = home.book.transport(transport.id)
        assert (stored.name, stored.description, stored.prefix) == ("b", "d", "p")
        assert (stored.parallel_tables, stored.revision) == (9, 5)

    def test_while_a_job_runs_is_for_the_next_one(self, home: Outside) -> None:
        transport = create(home)
        job = start(home, transport)
        changed = change_transport(transport.id, {"prefix": "later"}, outside=home)
        assert changed.running_job == job.id
        assert home.book.job(job.id).transport.prefix == ""

    def test_of_nobody_is_refused(self, home: Outside) -> None:
        with pytest.raises(NoSuchTransport):
            change_transport(ID, {"name": "b"}, outside=home)


class TestATransportThatComesAgainUnderItsId:
    def test_goes_on_with_the_versions_whose_objects_still_lie_there(
        self, home: Outside, source: MemorySource
    ) -> None:
        assert self.made_and_run(home).version == 1
        remove_transport(ID, outside=home)
        source.put("EMP", ((2, "another row"),))
        assert self.made_and_run(home).version == 2

    def made_and_run(self, home: Outside) -> Job:
        job = start(home, create_transport(a_draft(), transport_id=ID, outside=home))
        drain(home)
        job = home.book.job(job.id)
        assert job.status is JobStatus.COMPLETED, job.failure
        return job

    def test_is_shown_so_before_it_is_made(self, home: Outside) -> None:
        home.book.transact(lambda entries: entries.put_job(an_ended_job(version=7)))
        shown = check_creation(a_draft(), transport_id=ID, outside=home)
        assert shown.last_version == 7
        assert shown == create_transport(a_draft(), transport_id=ID, outside=home)


def an_ended_job(*, version: int) -> Job:
    transport = a_transport(ID)
    return a_job(transport=transport, version=version, status=JobStatus.FAILED)


class TestARemovedTransport:
    def test_is_gone_and_its_jobs_stay(self, home: Outside) -> None:
        transport = create(home)
        job = start(home, transport)
        home.book.transact(
            lambda entries: entries.put_transport(replace(transport, running_job=None))
        )
        remove_transport(transport.id, outside=home)
        with pytest.raises(NoSuchTransport):
            home.book.transport(transport.id)
        assert home.book.job(job.id).transport_id == transport.id

    def test_was_not_running(self, home: Outside) -> None:
        transport = create(home)
        job = start(home, transport)
        with pytest.raises(TransportIsRunning) as refused:
            remove_transport(transport.id, outside=home)
        assert refused.value.details == {"job_id": job.id}
        assert home.book.transport(transport.id).running_job == job.id

    def test_was_at_the_revision_that_was_named(self, home: Outside) -> None:
        transport = create(home)
        with pytest.raises(StaleRevision):
            remove_transport(transport.id, revision=2, outside=home)
        remove_transport(transport.id, revision=1, outside=home)

    def test_cannot_be_removed_again(self, home: Outside) -> None:
        with pytest.raises(NoSuchTransport):
            remove_transport(ID, outside=home)
