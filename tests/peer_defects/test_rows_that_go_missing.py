"""Rows that other tools were seen to lose without a word, and that are missed here."""

from __future__ import annotations

import gzip
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from carried_through import carry
from journey_homes.embedded_home import EmbeddedHome
from journey_homes.oracle import Oracle
from oracle_standin.faults import Action, Rule

MANY = 12_345


@pytest.fixture(scope="module")
def filled(oracle: Oracle) -> Oracle:
    oracle.make_table(
        "MANY", "ID NUMBER(9), NOTE VARCHAR2(40)", [(n, f"n{n}") for n in range(MANY)]
    )
    oracle.make_table("NOTHING", "ID NUMBER(9), NOTE VARCHAR2(40)", [])
    oracle.make_table("SEVENS", "ID NUMBER(9)", [(n % 7,) for n in range(2000)])
    return oracle


class TestATableOfManyRows:
    """A task of Airflow's once ended well with 302,014 rows of 890,206."""

    def test_has_as_many_rows_as_oracle_counts(self, home: EmbeddedHome, filled: Oracle) -> None:
        carried = carry(home, "SHOP.MANY")
        assert [row["ID"] for row in carried.rows("MANY")] == list(range(MANY))
        table = carried.of_manifest("MANY")
        assert (table["rows"], table["counted_rows"]) == (MANY, MANY)
        assert table["proof"] == "counted at the same SCN"

    def test_whose_equal_rows_are_all_there(self, home: EmbeddedHome, filled: Oracle) -> None:
        carried = carry(home, "SHOP.SEVENS")
        assert sorted(row["ID"] for row in carried.rows("SEVENS")) == sorted(
            n % 7 for n in range(2000)
        )


class TestATableThatBreaksOffEachTime:
    """ora2pg once said `job got completed` after ORA-01555."""

    def test_fails_and_leaves_no_object(self, home: EmbeddedHome, filled: Oracle) -> None:
        gone = Rule(action=Action.ERROR, statement='SELECT "ID"', code=1555, times=None)
        with filled.going_wrong(gone):
            carried = carry(home, "SHOP.MANY")
        assert carried.job["status"] == "failed"
        assert "UNDO_RETENTION" in carried.tables["MANY"]["failure"]["hint"]
        assert [name for name in carried.version.names if "MANY" in name] == []
        assert "_SUCCESS" not in carried.version.names


class TestAnEmptyTable:
    """Others write no object for it, so that the one of yesterday stays."""

    def test_is_an_empty_object_in_every_format(self, home: EmbeddedHome, filled: Oracle) -> None:
        lines = carry(home, "SHOP.NOTHING").version.read("NOTHING.jsonl.gz")
        assert gzip.decompress(lines) == b""
        packed = carry(home, "SHOP.NOTHING", format="jsonl.zst").version.read("NOTHING.jsonl.zst")
        assert pa.CompressedInputStream(pa.BufferReader(packed), "zstd").read() == b""
        file = carry(home, "SHOP.NOTHING", format="parquet").version.read("NOTHING.parquet")
        table = pq.read_table(io.BytesIO(file))
        assert (table.num_rows, table.column_names) == (0, ["ID", "NOTE"])
