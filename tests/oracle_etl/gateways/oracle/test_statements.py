"""The SQL of readings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from column_shapes import shape_declared
from oracle_etl.flow.plan_columns import plan_columns
from oracle_etl.gateways.oracle.statements import (
    Statement,
    count_rows,
    sample_blocks,
    select_rows,
)
from oracle_etl.model.errors import InvalidRequest
from oracle_etl.model.names import TableName
from oracle_etl.model.reading import Reading
from oracle_etl.model.table_task import RowidRange
from oracle_etl.model.transport import Carriage, TableChoice

PLAN = plan_columns(
    shape_declared(ID="NUMBER(9)", Name="CHAR(3)"), TableChoice(table="T"), Carriage()
)
WHOLE = Reading(table=TableName(owner="HR", name="Emp"), plan=PLAN)


class TestAReading:
    def test_of_a_whole_table_selects_its_columns_by_name(self) -> None:
        statement = select_rows(WHOLE)
        assert statement.text == 'SELECT "ID","Name" FROM "HR"."Emp"'
        assert statement.binds == {}

    def test_at_an_scn_binds_it(self) -> None:
        statement = select_rows(replace(WHOLE, scn=7))
        assert statement.text.endswith('FROM "HR"."Emp" AS OF SCN :oetl_scn')
        assert statement.binds == {"oetl_scn": 7}

    @pytest.mark.parametrize(
        ("bounds", "conditions", "binds"),
        [
            (RowidRange(low="L"), "ROWID>=CHARTOROWID(:oetl_low)", {"oetl_low": "L"}),
            (RowidRange(high="H"), "ROWID<CHARTOROWID(:oetl_high)", {"oetl_high": "H"}),
            (
                RowidRange(low="L", high="H"),
                "ROWID>=CHARTOROWID(:oetl_low) AND ROWID<CHARTOROWID(:oetl_high)",
                {"oetl_low": "L", "oetl_high": "H"},
            ),
        ],
    )
    def test_of_a_part_bounds_the_rowids(
        self, bounds: RowidRange, conditions: str, binds: dict[str, str]
    ) -> None:
        statement = select_rows(replace(WHOLE, rows_of=bounds))
        assert statement.text == f'SELECT "ID","Name" FROM "HR"."Emp" WHERE {conditions}'
        assert statement.binds == binds

    def test_with_a_predicate_keeps_it_in_parentheses(self) -> None:
        reading = replace(WHOLE, where="A = :a OR B = 1", binds={"a": 5}, limit=9)
        statement = select_rows(reading, also="C=1")
        assert statement.text.endswith(" WHERE (A = :a OR B = 1) AND ROWNUM<=:oetl_limit AND C=1")
        assert statement.binds == {"a": 5, "oetl_limit": 9}

    def test_in_order_quotes_the_columns(self) -> None:
        reading = replace(WHOLE, order=("id desc", '"Name" nulls  first'))
        assert select_rows(reading).text.endswith(' ORDER BY "ID" DESC,"Name" NULLS FIRST')

    def test_in_order_with_a_limit_orders_before_it_cuts(self) -> None:
        statement = select_rows(replace(WHOLE, order=("ID",), limit=3))
        assert statement.text == (
            'SELECT C1,C2 FROM (SELECT "ID" AS C1,"Name" AS C2 FROM "HR"."Emp" ORDER BY "ID") '
            "WHERE ROWNUM<=:oetl_limit"
        )

    @pytest.mark.parametrize("term", ["1; DROP", "ID, (SELECT 1 FROM DUAL)", "LOWER(X)", "-ID"])
    def test_in_an_order_of_anything_but_columns_is_refused(self, term: str) -> None:
        with pytest.raises(InvalidRequest, match="which is no column"):
            select_rows(replace(WHOLE, order=(term,)))

    def test_of_a_query_reads_it_as_a_table(self) -> None:
        reading = replace(WHOLE, query="SELECT * FROM A WHERE X = :x", binds={"x": 1})
        statement = select_rows(reading)
        assert statement.text == 'SELECT "ID","Name" FROM (SELECT * FROM A WHERE X = :x)'
        assert statement.binds == {"x": 1}

    def test_of_a_query_has_no_scn(self) -> None:
        with pytest.raises(InvalidRequest, match="SCN"):
            select_rows(replace(WHOLE, query="SELECT * FROM A", scn=7))

    def test_that_hashes_without_a_key_is_refused(self) -> None:
        column = replace(PLAN.columns[0], expression='F("ID",:oetl_mask_key)')
        reading = replace(WHOLE, plan=replace(PLAN, columns=(column,)))
        with pytest.raises(InvalidRequest, match="no key"):
            select_rows(reading)
        assert select_rows(replace(reading, mask_key=b"k")).binds == {"oetl_mask_key": b"k"}

    def test_shows_its_key_to_nobody(self) -> None:
        assert "sesame" not in repr(replace(WHOLE, mask_key=b"sesame"))


class TestACount:
    def test_asks_for_the_same_rows(self) -> None:
        reading = replace(WHOLE, scn=7, where="A=1", order=("ID",), rows_of=RowidRange(low="L"))
        assert count_rows(reading).text == (
            'SELECT COUNT(*) FROM "HR"."Emp" AS OF SCN :oetl_scn '
            "WHERE ROWID>=CHARTOROWID(:oetl_low) AND (A=1)"
        )

    def test_of_limited_rows_counts_no_more_than_the_limit(self) -> None:
        statement = count_rows(replace(WHOLE, limit=5, order=("ID",)))
        assert statement.text == (
            'SELECT COUNT(*) FROM (SELECT 1 FROM "HR"."Emp" WHERE ROWNUM<=:oetl_limit)'
        )


class TestASampleOfBlocks:
    def test_lets_oracle_put_the_rowids_in_order(self) -> None:
        assert sample_blocks(WHOLE, percent=12.5).text == (
            "SELECT ROWIDTOCHAR(FIRST_ROW) FROM (SELECT MIN(ROWID) AS FIRST_ROW FROM "
            '"HR"."Emp" SAMPLE BLOCK (12.500000) GROUP BY SUBSTR(ROWIDTOCHAR(ROWID),1,15)) '
            "ORDER BY FIRST_ROW"
        )

    def test_of_all_blocks_samples_nothing(self) -> None:
        assert "SAMPLE" not in sample_blocks(WHOLE, percent=None).text

    def test_of_a_part_stays_between_its_bounds(self) -> None:
        part = replace(WHOLE, rows_of=RowidRange(low="L", high="H"))
        statement = sample_blocks(part, percent=None)
        assert "WHERE ROWID>=CHARTOROWID(:oetl_low) AND ROWID<CHARTOROWID(:oetl_high) GROUP" in (
            statement.text
        )
        assert statement.binds == {"oetl_low": "L", "oetl_high": "H"}


class TestAStatement:
    def test_shows_no_values_of_binds(self) -> None:
        statement = Statement(text="SELECT :key FROM DUAL", binds={"key": b"secret"})
        assert "secret" not in repr(statement)
