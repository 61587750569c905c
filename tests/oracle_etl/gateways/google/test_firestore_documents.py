"""How values become documents of Firestore."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from typing import NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import NOON, a_job, a_part, a_plan, a_table, a_transport, later
from model_values import values_of
from oracle_etl.gateways.google.firestore import documents
from oracle_etl.gateways.google.firestore.changes import table_changes
from oracle_etl.gateways.google.firestore.client import Database
from oracle_etl.gateways.stored_documents import plain
from oracle_etl.model.errors import BookAway, GiveUp, InvalidRequest
from oracle_etl.model.job import Counts, Job, Totals
from oracle_etl.model.table_task import Step, TableTask
from oracle_etl.model.transport import Transport
from oracle_etl.model.work import Hold, WorkStatus
from oracle_etl.ports import PartCounts

SOON = later(60)
EXPIRES = later(90 * 86_400)
any_text = st.text(max_size=30)
odd_text = st.sampled_from(["", ".", "..", "__x__", "/", "a/b", "%", "%2E", "%2E2E", ":", "__"])


def stored(table: TableTask) -> dict[str, object]:
    return documents.table_document(table, expire_at=EXPIRES)


class TestAnId:
    @given(first=any_text | odd_text, second=any_text | odd_text)
    def test_is_one_step_of_a_path_and_tells_texts_apart(self, first: str, second: str) -> None:
        one, other = documents.document_id(first), documents.document_id(second)
        assert (one == other) == (first == second)
        assert "/" not in one
        assert ":" not in one
        assert one not in {"", ".", ".."}
        assert not (one.startswith("__") and one.endswith("__"))

    @pytest.mark.parametrize(
        "text", ["JOB-20260301-120000-0001", "TRPID-0a1b2c3d", "HR.EMP$", "t1"]
    )
    def test_of_our_own_making_is_what_it_was(self, text: str) -> None:
        assert documents.document_id(text) == text

    @pytest.mark.parametrize("text", ["x" * 1501, "한" * 500, "\ud800"])
    def test_that_firestore_cannot_hold_is_refused(self, text: str) -> None:
        with pytest.raises(InvalidRequest):
            documents.document_id(text)

    def test_of_a_receipt_says_nothing_of_its_key(self) -> None:
        assert "my-secret-key" not in documents.receipt_path("my-secret-key")
        assert documents.receipt_path("a") != documents.receipt_path("b")


class TestWhatMayBeClaimed:
    def test_is_free_work_at_once(self) -> None:
        assert stored(a_table())["claimable_from"] == documents.model_fields(
            documents.part_document(a_part(), expire_at=EXPIRES)
        ).get("claimable_from")

    def test_is_held_work_when_its_lease_lapses(self) -> None:
        held = Hold(fence=1, owner="w1", expires_at=SOON)
        assert stored(a_table(status=WorkStatus.RUNNING, hold=held))["claimable_from"] == SOON

    def test_is_nothing_that_ended_or_waits_for_its_parts(self) -> None:
        assert stored(a_table(status=WorkStatus.FAILED))["claimable_from"] is None
        assert stored(a_table(step=Step.PARTS))["claimable_from"] is None


class TestCounters:
    def test_are_no_part_of_what_is_put(self) -> None:
        job = a_job(counts=Counts(rows=1), totals=Totals(rows=2))
        assert {"counts", "totals"} & documents.job_document(job).keys() == set()
        assert set(documents.TABLE_COUNTERS) & stored(a_table(parts_rows=3)).keys() == set()

    def test_are_all_that_the_model_has(self) -> None:
        assert documents.job_counters(Counts(rows=7)).keys() == {
            "counts.tables_completed",
            "counts.tables_failed",
            "counts.tables_cancelled",
            "counts.rows",
            "counts.bytes",
        }
        added = PartCounts(completed=1, failed=2, rows=3, bytes=4)
        assert documents.part_counters(added) == {
            "parts_completed": 1,
            "parts_failed": 2,
            "parts_rows": 3,
            "parts_bytes": 4,
        }


class TestATransport:
    @settings(max_examples=40, deadline=None)
    @given(values_of(Transport))
    def test_comes_back_with_its_packed_list(self, transport: Transport) -> None:
        document = documents.transport_document(transport)
        assert isinstance(document["tables"], bytes)
        assert documents.transport_in(document) == transport

    @settings(max_examples=40, deadline=None)
    @given(values_of(Job))
    def test_comes_back_within_a_job(self, job: Job) -> None:
        beside = {"counts": plain(job.counts), "totals": plain(job.totals)}
        document = documents.job_document(job)
        assert isinstance(document["transport"]["tables"], bytes)
        assert documents.job_in({**document, **beside}) == job

    def test_whose_list_is_damaged_is_named(self) -> None:
        document = documents.transport_document(a_transport())
        with pytest.raises(BookAway, match="a stored Listed cannot be read"):
            documents.transport_in({**document, "tables": b"damaged"})
        with pytest.raises(BookAway, match="a stored Listed cannot be read"):
            documents.job_in({**documents.job_document(a_job()), "transport": None})


class TestATable:
    @settings(max_examples=40, deadline=None)
    @given(values_of(TableTask))
    def test_comes_back_with_what_was_packed(self, table: TableTask) -> None:
        assert documents.table_in({**stored(table), **documents.table_counters(table)}) == table

    @pytest.mark.parametrize("damage", [None, b"", b"not packed", "text"])
    def test_whose_packed_part_is_damaged_is_named(self, damage: object) -> None:
        with pytest.raises(BookAway, match="a stored Placed cannot be read") as away:
            documents.table_in({**stored(a_table()), "placed": damage})
        assert "backup" in away.value.hint


class TestAPlan:
    def test_of_a_thousand_columns_fits(self) -> None:
        plan = a_plan(*(f"C{number:04d}_{'X' * 100}" for number in range(1000)))
        packed = documents.plan_document(plan, expire_at=EXPIRES)
        assert documents.plan_in(packed) == plan
        assert len(packed["packed"]) < 100_000

    def test_that_does_not_fit_is_given_up_with_what_to_do(self) -> None:
        # Hexadecimal digits that look random pack by half and no better.
        notes = "".join(hashlib.sha256(b"%d" % at).hexdigest() for at in range(40_000))
        plan = replace(a_plan("ID"), warnings=(notes,))
        with pytest.raises(GiveUp, match="1 columns") as given_up:
            documents.plan_document(plan, expire_at=EXPIRES)
        assert given_up.value.hint


class TestNestedFields:
    def test_are_put_where_their_paths_lead(self) -> None:
        assert documents.nested({"a": 1, "b.c": 2, "b.d": 3}) == {"a": 1, "b": {"c": 2, "d": 3}}


class TestACursorThatNobodyGave:
    @given(cursor=any_text | st.binary(max_size=80).map(lambda raw: raw.hex()))
    def test_is_refused_before_anything_is_asked(self, cursor: str) -> None:
        with pytest.raises(InvalidRequest):
            table_changes(Database(unreachable), "JOB", after=cursor, limit=1, now=NOON)

    @pytest.mark.parametrize(
        "told",
        [
            '["0001-01-01T00:00:00+00:00",null,null]',
            '["2026-01-01T00:00:00",null,null]',
            '[null,null,["2026-01-01T00:00:00+00:00","a/b"]]',
            '[null,null,["2026-01-01T00:00:00+00:00",7]]',
            "[1,2,3]",
            "[" * 2000,
        ],
    )
    def test_is_refused_also_where_it_looks_like_one(self, told: str) -> None:
        cursor = base64.urlsafe_b64encode(told.encode()).decode()
        with pytest.raises(InvalidRequest):
            table_changes(Database(unreachable), "JOB", after=cursor, limit=1, now=NOON)


def unreachable() -> NoReturn:
    raise AssertionError("nothing may be asked")
