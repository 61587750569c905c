from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import NOON, a_job, a_table, a_transport
from model_values import values_of
from oracle_etl.gateways import stored_documents
from oracle_etl.gateways.stored_documents import Document, Placed, StoredForm, plain
from oracle_etl.model.columns import ColumnPlan
from oracle_etl.model.errors import BookAway, InvalidRequest
from oracle_etl.model.job import Counts, Job, Totals
from oracle_etl.model.progress import Progress
from oracle_etl.model.table_task import PartTask, TableTask
from oracle_etl.model.transport import TableChoice, Transport
from oracle_etl.ports import Receipt, SessionSlot

FORMS: list[tuple[StoredForm[Any], type]] = [
    (stored_documents.TRANSPORTS, Transport),
    (stored_documents.JOBS, Job),
    (stored_documents.TABLES, TableTask),
    (stored_documents.PLACED, Placed),
    (stored_documents.PARTS, PartTask),
    (stored_documents.PLANS, ColumnPlan),
    (stored_documents.RECEIPTS, Receipt),
    (stored_documents.SLOTS, SessionSlot),
    (stored_documents.PROGRESS, Progress),
    (stored_documents.TOTALS, Totals),
]

ANY_VALUE = st.sampled_from(FORMS).flatmap(
    lambda form: st.tuples(st.just(form[0]), values_of(form[1]))
)


def leaves(value: object) -> Iterator[object]:
    match value:
        case dict():
            for name, each in value.items():
                yield name
                yield from leaves(each)
        case list():
            for each in value:
                yield from leaves(each)
        case _:
            yield value


class TestEveryValue:
    @settings(max_examples=150, deadline=None)
    @given(ANY_VALUE)
    def test_comes_back_from_bytes(self, drawn: tuple[StoredForm[Any], object]) -> None:
        form, value = drawn
        assert form.from_bytes(form.to_bytes(value)) == value

    @settings(max_examples=150, deadline=None)
    @given(ANY_VALUE)
    def test_comes_back_from_plain_values(self, drawn: tuple[StoredForm[Any], object]) -> None:
        form, value = drawn
        document = form.to_document(value)
        assert form.from_document(document) == value
        assert {type(leaf) for leaf in leaves(document)} <= {
            str,
            int,
            float,
            bool,
            datetime,
            type(None),
        }

    @settings(max_examples=50, deadline=None)
    @given(values_of(Transport))
    def test_keeps_the_types_of_binds(self, transport: Transport) -> None:
        form = stored_documents.TRANSPORTS
        for found in (
            form.from_bytes(form.to_bytes(transport)),
            form.from_document(form.to_document(transport)),
        ):
            assert [
                [type(value) for value in choice.binds.values()] for choice in found.tables
            ] == [[type(value) for value in choice.binds.values()] for choice in transport.tables]


class TestADocument:
    def test_carries_its_schema_version(self) -> None:
        form = stored_documents.TRANSPORTS
        assert json.loads(form.to_bytes(a_transport()))["schema_version"] == 1
        assert form.to_document(a_transport())["schema_version"] == 1

    def test_holds_times_as_times_enums_as_texts_and_tuples_as_lists(self) -> None:
        document = stored_documents.TRANSPORTS.to_document(a_transport())
        assert document["created_at"] is NOON
        assert type(document["status"]) is str
        assert document["tables"][0]["columns"] == []

    def test_leaves_out_what_the_home_keeps_elsewhere(self) -> None:
        job = a_job(counts=Counts(rows=5), totals=Totals(rows=7))
        form = stored_documents.JOBS
        elsewhere = {"counts", "totals"}
        body = form.to_bytes(job, without=elsewhere)
        assert elsewhere.isdisjoint(json.loads(body))
        assert elsewhere.isdisjoint(form.to_document(job, without=elsewhere))
        assert form.from_bytes(body) == replace(job, counts=Counts(), totals=Totals())

    def test_takes_in_again_what_was_kept_elsewhere(self) -> None:
        table = a_table(progress=Progress(rows=5), parts_rows=7)
        form = stored_documents.TABLES
        body = form.to_bytes(table, without={"progress", "parts_rows"})
        progress = stored_documents.PROGRESS.to_bytes(table.progress)
        assert form.from_bytes(body, columns={"progress": progress, "parts_rows": 7}) == table

    def test_of_an_earlier_release_takes_defaults_for_what_it_lacks(self) -> None:
        document = stored_documents.TRANSPORTS.to_document(a_transport())
        for new in ("tenant", "schedule", "proof"):
            del document[new]
        assert stored_documents.TRANSPORTS.from_document(document) == a_transport()

    def test_of_a_later_release_is_read_without_what_is_unknown(self) -> None:
        document = stored_documents.TRANSPORTS.to_document(a_transport())
        assert stored_documents.TRANSPORTS.from_document({**document, "new": 1}) == a_transport()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    grams: int


def in_grams(document: Document) -> Document:
    return {"schema_version": 2, "grams": document["kilograms"] * 1000}


def doubled(document: Document) -> Document:
    return {"schema_version": 3, "grams": document["grams"] * 2}


class TestADocumentOfAnotherVersion:
    form = StoredForm(Parcel, version=3, upgrades={1: in_grams, 2: doubled})

    def test_is_upgraded_step_by_step(self) -> None:
        assert self.form.from_bytes(b'{"schema_version":1,"kilograms":2}') == Parcel(grams=4000)
        assert self.form.from_document({"schema_version": 2, "grams": 5}) == Parcel(grams=10)

    def test_is_upgraded_with_what_was_kept_elsewhere(self) -> None:
        assert self.form.from_bytes(b'{"schema_version":2}', columns={"grams": 5}) == Parcel(
            grams=10
        )

    @pytest.mark.parametrize("version", [0, 4, None, "1", 1.5])
    def test_that_nobody_can_upgrade_is_left_to_another_release(self, version: object) -> None:
        with pytest.raises(BookAway, match="schema version"):
            self.form.from_document({"schema_version": version, "grams": 1})


class TestWhatCannotBeStored:
    def test_is_refused_when_it_is_not_unicode(self) -> None:
        with pytest.raises(InvalidRequest, match="Transport"):
            stored_documents.TRANSPORTS.to_bytes(a_transport(name="\ud800"))

    @pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**30])
    def test_is_refused_when_a_number_passes_64_bits(self, number: int) -> None:
        with pytest.raises(InvalidRequest, match=str(number)) as caught:
            plain(TableChoice(table="EMP", binds={"n": number}))
        assert "64 bits" in caught.value.hint

    @pytest.mark.parametrize("number", [2**63 - 1, -(2**63)])
    def test_is_not_the_last_of_64_bits(self, number: int) -> None:
        assert plain(number) == number


class TestADamagedDocument:
    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b"null", b'{"schema_version":1}', b'{"schema_version":1,"id":5}']
    )
    def test_is_named_without_its_content(self, body: bytes) -> None:
        with pytest.raises(BookAway, match="Transport") as caught:
            stored_documents.TRANSPORTS.from_bytes(body)
        assert caught.value.hint

    def test_does_not_show_what_it_holds(self) -> None:
        body = b'{"schema_version":1,"id":["confidential"]}'
        with pytest.raises(BookAway) as caught:
            stored_documents.TRANSPORTS.from_bytes(body)
        assert "confidential" not in str(caught.value)
