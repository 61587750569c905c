"""How many parts a table may have: as many as its document can tell of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from builders import a_table
from fakes.memory_source import MemorySource
from flow_home import SMALL_PARTS, a_home, put_transport, settle, start, tables
from oracle_etl.flow import divide_work as dividing
from oracle_etl.flow.claim_work import Claim, claim_work
from oracle_etl.flow.plan_table import plan_table
from oracle_etl.flow.split_table import MOST_PARTS
from oracle_etl.gateways.stored_documents import TABLES
from oracle_etl.model.objects import FinalObject, Piece, StoredObject
from oracle_etl.outside import Outside

LARGEST_DOCUMENT_BYTES = 1024**2
LARGE = 10**11


@pytest.fixture
def source() -> MemorySource:
    memory = MemorySource()
    memory.put("EMP", tuple((number, None) for number in range(3000)))
    return memory


@pytest.fixture
def home(tmp_path: Path, source: MemorySource) -> Iterator[Outside]:
    made = a_home(tmp_path, source=source)
    yield made
    made.close()


def left_part(number: int) -> FinalObject:
    stored = StoredObject(
        bucket="a-bucket-with-quite-a-long-name-in-europe",
        name=f"exports/of/sap/TRPID-00000000/v001/OWNER.TABLE/part-{number:05d}-of-02000.jsonl.gz",
        generation="1700000000000000",
        size=LARGE,
        crc32c=2**32 - 1,
    )
    piece = Piece(first_byte=10, bytes=LARGE, rows=LARGE, sha256="0" * 64)
    return FinalObject(object=stored, rows=LARGE, sha256=None, pieces=(piece,), plain_bytes=LARGE)


def test_a_table_left_in_the_most_parts_fits_into_one_document() -> None:
    table = replace(a_table(), objects=tuple(map(left_part, range(MOST_PARTS))))
    assert len(TABLES.to_bytes(table)) < LARGEST_DOCUMENT_BYTES


class TestAPlan:
    def test_leaves_numbers_for_parts_that_undo_halves(
        self, home: Outside, source: MemorySource
    ) -> None:
        source.estimated_bytes = 10**9
        job = start(home, put_transport(home, "EMP", carriage=SMALL_PARTS))
        claim = claim_work(tables(home, job)["EMP"].ref, owner="w1", outside=home)
        assert isinstance(claim, Claim)
        planned = plan_table(claim, outside=home)
        assert 1 < planned.table.parts_total <= MOST_PARTS // 2


class TestATableWithTheMostParts:
    def test_is_halved_no_further(
        self, home: Outside, source: MemorySource, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(dividing, "MOST_PARTS", 2)
        source.rows_undo_reaches = 500
        job = settle(home, start(home, put_transport(home, "EMP", carriage=SMALL_PARTS)).id)
        table = tables(home, job)["EMP"]
        assert table.parts_total == 2
        assert table.failure.code == "SNAPSHOT_GONE"
