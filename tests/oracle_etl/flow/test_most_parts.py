"""How many parts a table may have: as many as its document can tell of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pytest

from builders import a_table
from fakes.memory_source import MemorySource
from flow_home import SMALL_PARTS, put_transport, settle, start, tables
from oracle_etl.flow import divide_work as dividing
from oracle_etl.flow.claim_work import Claim, claim_work
from oracle_etl.flow.divide_work import MOST_HALVINGS, divide_work
from oracle_etl.flow.plan_table import plan_table
from oracle_etl.flow.split_table import MOST_PARTS
from oracle_etl.gateways.google.firestore import documents
from oracle_etl.model.errors import SnapshotGone, UndoGone
from oracle_etl.model.objects import FinalObject, Intent, Piece, StoredObject
from oracle_etl.model.reading import Reading
from oracle_etl.model.table_task import TableTask
from oracle_etl.model.work import WorkRef
from oracle_etl.outside import Outside

LARGEST_DOCUMENT_BYTES = 1024**2
LARGE = 10**11


@pytest.fixture
def source() -> MemorySource:
    memory = MemorySource()
    memory.put("EMP", tuple((number, None) for number in range(3000)))
    return memory


LONGEST_FOLDER = f"{'p' * 300}/TRPID-00000000/v001/{'T' * 240}"
LONGEST_BUCKET = "b" * 222


def claimed(ref: WorkRef, home: Outside) -> Claim:
    claim = claim_work(ref, owner=f"of-{ref.part}", outside=home)
    assert isinstance(claim, Claim), claim
    return claim


def name_of(number: int, *, of: int) -> str:
    return f"{LONGEST_FOLDER}/part-{number:05d}-of-{of:05d}.jsonl.gz"


def intents(chance: Random, *, of: int) -> tuple[Intent, ...]:
    return tuple(
        Intent(
            name=name_of(number, of=of), size=chance.randrange(LARGE), crc32c=chance.getrandbits(32)
        )
        for number in range(of)
    )


def left_part(number: int, chance: Random) -> FinalObject:
    size, rows, sha256 = chance.randrange(LARGE), chance.randrange(LARGE), chance.randbytes(32)
    stored = StoredObject(
        bucket=LONGEST_BUCKET,
        name=name_of(number, of=MOST_PARTS),
        generation=str(chance.randrange(10**15, 10**16)),
        size=size,
        crc32c=chance.getrandbits(32),
    )
    piece = Piece(first_byte=10, bytes=size, rows=rows, sha256=sha256.hex())
    whole = chance.randbytes(32).hex()
    return FinalObject(
        object=stored, rows=rows, sha256=whole, pieces=(piece,), plain_bytes=chance.randrange(LARGE)
    )


def stored_size(value: object) -> int:
    """Return how many bytes Firestore counts for a value."""
    if isinstance(value, dict):
        return sum(stored_size(name) + stored_size(each) for name, each in value.items())
    if isinstance(value, list):
        return sum(map(stored_size, value))
    if isinstance(value, str):
        return len(value.encode()) + 1
    return len(value) if isinstance(value, bytes) else 8


@pytest.fixture(scope="module")
def largest() -> TableTask:
    """Return a table with all that it may have to tell of the most parts, under long names."""
    chance = Random(7)  # noqa: S311 - test values, no secrets
    return a_table(
        objects=tuple(left_part(number, chance) for number in range(MOST_PARTS)),
        intents=intents(chance, of=MOST_PARTS),
        leftovers=(*intents(chance, of=MOST_PARTS - 1), *intents(chance, of=MOST_PARTS)),
    )


class TestATableLeftInTheMostParts:
    def test_fits_into_one_document(self, largest: TableTask) -> None:
        expire_at = datetime(2026, 6, 1, tzinfo=UTC)
        document = documents.table_document(largest, expire_at=expire_at)
        assert stored_size(document) < LARGEST_DOCUMENT_BYTES / 2
        assert documents.table_in({**document, **documents.table_counters(largest)}) == largest


class TestAPlan:
    def test_leaves_numbers_for_parts_that_undo_halves(
        self, home: Outside, source: MemorySource
    ) -> None:
        source.estimated_bytes = 10**9
        job = start(home, put_transport(home, "EMP", carriage=SMALL_PARTS))
        planned = plan_table(claimed(tables(home, job)["EMP"].ref, home), outside=home)
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

    def test_is_not_halved_past_them_by_two_workers_at_once(
        self, home: Outside, source: MemorySource, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Overtaken(MemorySource):
            """A source whose other part is halved while it looks for a boundary."""

            def boundaries(self, reading: Reading, *, parts: int) -> Sequence[str]:
                if waiting:
                    divide_work(waiting.pop(), UndoGone("ORA-01555"), outside=home)
                return super().boundaries(reading, parts=parts)

        monkeypatch.setattr(dividing, "MOST_PARTS", 3)
        job = start(home, put_transport(home, "EMP", carriage=SMALL_PARTS))
        table = tables(home, job)["EMP"].ref
        plan_table(claimed(table, home), outside=home)
        first, second = (claimed(replace(table, part=number), home) for number in (1, 2))
        waiting = [second]
        slow = Overtaken(states=source.states)
        with pytest.raises(SnapshotGone):
            divide_work(first, UndoGone("ORA-01555"), outside=replace(home, source=lambda _: slow))
        assert tables(home, job)["EMP"].parts_total == 3


class TestAPartThatCameOfTheMostHalvings:
    def test_is_halved_no_further(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP", carriage=SMALL_PARTS))
        table = tables(home, job)["EMP"].ref
        plan_table(claimed(table, home), outside=home)
        claim = claimed(replace(table, part=1), home)
        assert claim.part is not None
        often = replace(claim, part=replace(claim.part, depth=MOST_HALVINGS))
        with pytest.raises(SnapshotGone):
            divide_work(often, UndoGone("ORA-01555"), outside=home)
        assert tables(home, job)["EMP"].parts_total == 2
