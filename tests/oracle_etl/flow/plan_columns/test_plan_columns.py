"""How columns are planned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from column_shapes import declared, shape_declared, shape_of
from column_types_page import PAGE, page
from oracle_etl.flow.plan_columns import plan_columns, with_moments_as_text
from oracle_etl.model.columns import CarriedColumn, WireForm
from oracle_etl.model.errors import UnreadableValue, UnsupportedColumn
from oracle_etl.model.transport import (
    Carriage,
    Format,
    Mask,
    MaskKind,
    NumbersAs,
    OnUnsupported,
    TableChoice,
)

CASES = [
    tuple(part.strip() for part in line.split(" | "))
    for line in (Path(__file__).parent / "columns.cases").read_text().splitlines()
    if not line.startswith("#")
]
WHOLE = TableChoice(table="HR.T")


def only_column(
    declaration: str,
    *,
    choice: TableChoice = WHOLE,
    carriage: Carriage | None = None,
    hashes_in_database: bool = False,
) -> CarriedColumn:
    shape = shape_of(declared("C", declaration), hashes_in_database=hashes_in_database)
    return plan_columns(shape, choice, carriage or Carriage()).columns[0]


class TestAColumnOfEachType:
    @pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
    def test_travels_as_the_table_says(self, case: tuple[str, ...]) -> None:
        declaration, *expected = case
        column = only_column(declaration)
        assert [
            column.form,
            column.arrow_type,
            column.json_type,
            column.bigquery_type,
            column.parquet_type,
            column.duckdb_type,
            column.expression,
        ] == expected

    @pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
    def test_shows_its_declaration(self, case: tuple[str, ...]) -> None:
        assert only_column(case[0]).oracle_type == case[0]

    def test_is_quoted_as_the_dictionary_spells_it(self) -> None:
        plan = plan_columns(shape_of(declared("Mixed case", "DATE")), WHOLE, Carriage())
        assert plan.columns[0].expression == '"Mixed case"'

    def test_stands_in_the_documentation(self) -> None:
        assert PAGE.read_text() == page()


class TestNumbers:
    @pytest.mark.parametrize("declaration", ["NUMBER", "NUMBER(38)", "NUMBER(10)", "NUMBER(9,2)"])
    def test_are_bare_where_the_transport_wants_digits(self, declaration: str) -> None:
        column = only_column(declaration, carriage=Carriage(numbers=NumbersAs.DIGITS))
        assert (column.as_number, column.json_type) == (True, "number")

    @pytest.mark.parametrize(
        ("declaration", "arrow_type"),
        [("NUMBER(15,2)", "double"), ("NUMBER(16,2)", "decimal128(16,2)")],
    )
    def test_of_more_digits_than_a_double_holds_travel_as_decimals(
        self, declaration: str, arrow_type: str
    ) -> None:
        column = only_column(declaration, carriage=Carriage(numbers=NumbersAs.DIGITS))
        assert (column.as_number, column.arrow_type) == (True, arrow_type)

    @pytest.mark.parametrize("declaration", ["NUMBER", "NUMBER(38)", "NUMBER(10)", "NUMBER(9,2)"])
    def test_are_quoted_where_the_transport_wants_text(self, declaration: str) -> None:
        column = only_column(declaration, carriage=Carriage(numbers=NumbersAs.TEXT))
        assert (column.as_number, column.json_type) == (False, "string")

    def test_of_binary_types_are_bare_always(self) -> None:
        column = only_column("BINARY_DOUBLE", carriage=Carriage(numbers=NumbersAs.TEXT))
        assert column.json_type == "number"


class TestTheColumnsOfATable:
    def test_come_in_the_order_of_the_table(self) -> None:
        plan = plan_columns(shape_declared(B="DATE", A="DATE"), WHOLE, Carriage())
        assert [each.name for each in plan.columns] == ["B", "A"]

    def test_that_are_named_come_in_the_order_of_the_names(self) -> None:
        choice = TableChoice(table="T", columns=("c", "A"))
        plan = plan_columns(shape_declared(A="DATE", B="DATE", C="DATE"), choice, Carriage())
        assert [each.name for each in plan.columns] == ["C", "A"]

    def test_that_are_excluded_are_not_selected(self) -> None:
        choice = TableChoice(table="T", exclude=("b",))
        plan = plan_columns(shape_declared(A="DATE", B="DATE"), choice, Carriage())
        assert [each.expression for each in plan.columns] == ['"A"']

    def test_may_exclude_one_that_cannot_be_carried(self) -> None:
        choice = TableChoice(table="T", exclude=("B",))
        assert plan_columns(shape_declared(A="DATE", B="BFILE"), choice, Carriage()).columns

    def test_keep_whether_they_are_nullable(self) -> None:
        shape = shape_of(declared("A", "DATE", nullable=False), declared("B", "DATE"))
        plan = plan_columns(shape, WHOLE, Carriage())
        assert [each.nullable for each in plan.columns] == [False, True]

    @pytest.mark.parametrize(
        "choice",
        [
            TableChoice(table="T", columns=("NOPE",)),
            TableChoice(table="T", exclude=("NOPE",)),
            TableChoice(table="T", masks=(Mask(column="NOPE", kind=MaskKind.NULL),)),
        ],
        ids=["columns", "exclude", "masks"],
    )
    def test_that_are_not_there_are_named(self, choice: TableChoice) -> None:
        with pytest.raises(UnsupportedColumn, match="has no column NOPE"):
            plan_columns(shape_declared(A="DATE"), choice, Carriage())

    def test_that_are_all_left_out_stop_the_table(self) -> None:
        choice = TableChoice(table="T", exclude=("A",))
        with pytest.raises(UnsupportedColumn, match="no column left"):
            plan_columns(shape_declared(A="DATE"), choice, Carriage())


class TestAnInvisibleColumn:
    SHAPE = shape_of(declared("A", "DATE"), replace(declared("B", "DATE"), invisible=True))

    def planned(self, choice: TableChoice) -> tuple[list[str], tuple[str, ...]]:
        plan = plan_columns(self.SHAPE, choice, Carriage())
        return [each.name for each in plan.columns], plan.warnings

    def test_is_left_out_as_by_select_star_and_the_plan_warns(self) -> None:
        names, [warning] = self.planned(WHOLE)
        assert names == ["A"]
        assert "column B is invisible" in warning

    def test_is_carried_where_it_is_named(self) -> None:
        assert self.planned(replace(WHOLE, columns=("b", "A"))) == (["B", "A"], ())

    def test_is_not_spoken_of_where_it_is_excluded(self) -> None:
        assert self.planned(replace(WHOLE, exclude=("B",))) == (["A"], ())


UNSUPPORTED = ["BFILE", "UROWID(4000)", "VECTOR", "SDO_GEOMETRY", "ANYDATA"]


class TestNamesOfColumnsThatBigqueryDoesNotTake:
    def warnings(self, *names: str) -> tuple[str, ...]:
        shape = shape_of(*(declared(each, "NUMBER(3)") for each in names))
        return plan_columns(shape, WHOLE, Carriage()).warnings

    def test_are_a_warning_that_names_them_and_a_way_out(self) -> None:
        [warning] = self.warnings("ID", "A$B", "x.y", "a", "A")
        assert "A$B, x.y, a, A" in warning
        assert "`query`" in warning

    @pytest.mark.parametrize("name", ["ID", "이름", "A#", "a b", "X-1", "9"])
    def test_are_few(self, name: str) -> None:
        assert self.warnings(name) == ()


class TestAJsonColumn:
    @pytest.mark.parametrize(
        ("format_", "type_"), [(Format.JSONL_GZ, "JSON"), (Format.PARQUET, "STRING")]
    )
    def test_is_for_bigquery_what_the_format_makes_of_it(self, format_: Format, type_: str) -> None:
        column = only_column("JSON", carriage=Carriage(format=format_))
        assert column.bigquery_type == type_


class TestAColumnThatCannotBeCarried:
    @pytest.mark.parametrize("declaration", UNSUPPORTED)
    def test_stops_the_table_by_its_name(self, declaration: str) -> None:
        with pytest.raises(UnsupportedColumn, match=r"HR\.T: column C is ") as raised:
            only_column(declaration)
        assert "on_unsupported" in raised.value.hint

    @pytest.mark.parametrize(
        ("declaration", "expression"),
        [
            ("UROWID(4000)", 'CAST("C" AS VARCHAR2(4000))'),
            ("VECTOR", 'FROM_VECTOR("C" RETURNING CLOB)'),
            ("SDO_GEOMETRY", 'XMLSERIALIZE(CONTENT XMLTYPE("C") AS CLOB)'),
        ],
    )
    def test_becomes_text_where_the_transport_says_so(
        self, declaration: str, expression: str
    ) -> None:
        column = only_column(declaration, carriage=Carriage(on_unsupported=OnUnsupported.TEXT))
        assert (column.expression, column.form) == (expression, WireForm.TEXT)

    def test_without_any_text_stops_the_table_even_so(self) -> None:
        with pytest.raises(UnsupportedColumn, match="no text form"):
            only_column("BFILE", carriage=Carriage(on_unsupported=OnUnsupported.TEXT))

    def test_becomes_null_where_the_transport_says_so_and_the_plan_warns(self) -> None:
        carriage = Carriage(on_unsupported=OnUnsupported.NULL)
        plan = plan_columns(shape_declared(A="DATE", B="BFILE"), WHOLE, carriage)
        assert plan.columns[1].form is WireForm.NOTHING
        assert plan.columns[1].nullable
        assert any("column B (BFILE)" in each for each in plan.warnings)

    def test_is_left_out_where_the_transport_says_so_and_the_plan_warns(self) -> None:
        carriage = Carriage(on_unsupported=OnUnsupported.SKIP)
        plan = plan_columns(shape_declared(A="DATE", B="BFILE"), WHOLE, carriage)
        assert plan.skipped == ("B",)
        assert any("column B" in each for each in plan.warnings)

    def test_follows_the_table_before_the_transport(self) -> None:
        choice = replace(WHOLE, on_unsupported=OnUnsupported.NULL)
        assert only_column("BFILE", choice=choice).form is WireForm.NOTHING


def foreign_text(declaration: str, character_set: str) -> CarriedColumn:
    shape = replace(shape_of(declared("C", declaration)), character_set=character_set)
    return plan_columns(shape, WHOLE, Carriage(source_encoding="cp949")).columns[0]


class TestTextUnderAnotherEncoding:
    def test_is_selected_as_bytes(self) -> None:
        column = only_column("VARCHAR2(2000)", carriage=Carriage(source_encoding="cp949"))
        assert column.expression == 'UTL_RAW.CAST_TO_RAW("C")'
        assert (column.form, column.encoding) == (WireForm.ENCODED_TEXT, "cp949")

    @pytest.mark.parametrize("character_set", ["US7ASCII", "WE8MSWIN1252", "WE8ISO8859P1"])
    def test_beyond_2000_bytes_is_selected_in_two_pieces(self, character_set: str) -> None:
        column = foreign_text("VARCHAR2(4000)", character_set)
        assert column.expression == 'UTL_RAW.CAST_TO_RAW(SUBSTRB("C",1,2000))'
        assert column.continuation == 'UTL_RAW.CAST_TO_RAW(SUBSTRB("C",2001))'

    @pytest.mark.parametrize(
        "character_set", ["AL32UTF8", "UTF8", "UTFE", "KO16MSWIN949", "JA16SJIS", "ZHS16GBK"]
    )
    def test_is_never_cut_where_a_character_may_have_several_bytes(
        self, character_set: str
    ) -> None:
        column = foreign_text("VARCHAR2(4000)", character_set)
        assert column.expression == 'UTL_RAW.CAST_TO_RAW("C")'
        assert column.continuation is None

    def test_in_the_national_character_set_is_selected_as_it_is(self) -> None:
        column = only_column("NVARCHAR2(20)", carriage=Carriage(source_encoding="cp949"))
        assert column.form is WireForm.TEXT

    @pytest.mark.parametrize("declaration", ["CLOB", "LONG", "XMLTYPE"])
    def test_that_oracle_gives_only_converted_stops_the_table(self, declaration: str) -> None:
        with pytest.raises(UnsupportedColumn, match=f"gives {declaration} only converted"):
            only_column(declaration, carriage=Carriage(source_encoding="cp949"))

    def test_follows_the_table_before_the_transport(self) -> None:
        choice = replace(WHOLE, source_encoding="euc_kr")
        column = only_column("CHAR(1)", choice=choice, carriage=Carriage(source_encoding="cp949"))
        assert column.encoding == "euc_kr"

    def test_follows_the_transport_before_the_source(self) -> None:
        shape = replace(shape_of(declared("C", "CHAR(1)")), source_encoding="cp949")
        of_source = plan_columns(shape, WHOLE, Carriage()).columns[0]
        of_transport = plan_columns(shape, WHOLE, Carriage(source_encoding="latin-1")).columns[0]
        assert (of_source.encoding, of_transport.encoding) == ("cp949", "latin-1")


def with_mask(
    kind: MaskKind, declaration: str, *, keep: int = 4, hashes_in_database: bool = False
) -> CarriedColumn:
    choice = TableChoice(table="T", masks=(Mask(column="c", kind=kind, keep=keep),))
    return only_column(declaration, choice=choice, hashes_in_database=hashes_in_database)


class TestAMask:
    @pytest.mark.parametrize("kind", [MaskKind.NULL, MaskKind.REDACT])
    @pytest.mark.parametrize("declaration", ["DATE", "NUMBER", "BLOB", "SDO_GEOMETRY", "BFILE"])
    def test_that_shows_nothing_fits_every_type(self, kind: MaskKind, declaration: str) -> None:
        assert with_mask(kind, declaration).mask == kind.value

    def test_null_never_selects_the_column(self) -> None:
        assert '"C"' not in with_mask(MaskKind.NULL, "VARCHAR2(10)").expression

    def test_redact_keeps_nulls_apart(self) -> None:
        column = with_mask(MaskKind.REDACT, "VARCHAR2(10)")
        assert column.expression == "CASE WHEN \"C\" IS NOT NULL THEN '***' END"

    def test_redact_never_selects_a_long(self) -> None:
        assert with_mask(MaskKind.REDACT, "LONG").expression == "'***'"

    def test_keep_last_cuts_in_the_select(self) -> None:
        column = with_mask(MaskKind.KEEP_LAST, "VARCHAR2(10)", keep=2)
        assert column.expression == (
            'CASE WHEN LENGTH("C")>2 THEN RPAD(\'*\',LENGTH("C")-2,\'*\')||SUBSTR("C",-2) '
            "ELSE RPAD('*',LENGTH(\"C\"),'*') END"
        )

    def test_keep_last_of_nothing_is_refused(self) -> None:
        # SUBSTR(c, -0) would be the whole value.
        with pytest.raises(UnsupportedColumn, match="at least 1"):
            with_mask(MaskKind.KEEP_LAST, "VARCHAR2(10)", keep=0)

    def test_year_selects_the_year_as_a_number(self) -> None:
        column = with_mask(MaskKind.YEAR, "DATE")
        assert column.expression == 'EXTRACT(YEAR FROM CAST("C" AS TIMESTAMP(9)))'
        assert (column.json_type, column.bigquery_type) == ("number", "INT64")

    @pytest.mark.parametrize(
        ("kind", "declaration"),
        [
            (MaskKind.YEAR, "VARCHAR2(10)"),
            (MaskKind.HASH, "BLOB"),
            (MaskKind.HASH, "SDO_GEOMETRY"),
            (MaskKind.KEEP_LAST, "CLOB"),
        ],
    )
    def test_that_does_not_fit_the_type_is_refused(self, kind: MaskKind, declaration: str) -> None:
        with pytest.raises(UnsupportedColumn, match="cannot be masked"):
            with_mask(kind, declaration)

    def test_hash_is_left_to_the_worker_where_dbms_crypto_is_not_granted(self) -> None:
        column = with_mask(MaskKind.HASH, "VARCHAR2(10)")
        assert column.hash_in_worker
        assert column.expression == '"C"'

    def test_hash_is_computed_by_oracle_where_dbms_crypto_is_granted(self) -> None:
        column = with_mask(MaskKind.HASH, "VARCHAR2(10)", hashes_in_database=True)
        assert not column.hash_in_worker
        assert column.expression == (
            'CASE WHEN "C" IS NOT NULL THEN LOWER(RAWTOHEX(DBMS_CRYPTO.MAC('
            "UTL_I18N.STRING_TO_RAW(\"C\",'AL32UTF8'),3,:oetl_mask_key))) END"
        )

    def test_hash_of_a_number_is_of_its_canonical_text(self) -> None:
        column = with_mask(MaskKind.HASH, "NUMBER", hashes_in_database=True)
        assert "REGEXP_REPLACE(TO_CHAR(" in column.expression
        assert with_mask(MaskKind.HASH, "NUMBER(5)").form is WireForm.NUMBER_TEXT

    def test_hash_of_foreign_text_is_left_to_the_worker(self) -> None:
        choice = TableChoice(
            table="T", masks=(Mask(column="C", kind=MaskKind.HASH),), source_encoding="cp949"
        )
        column = only_column("VARCHAR2(10)", choice=choice, hashes_in_database=True)
        assert (column.hash_in_worker, column.form) == (True, WireForm.ENCODED_TEXT)

    @pytest.mark.parametrize("declaration", ["NCHAR(10)", "NVARCHAR2(10)"])
    @pytest.mark.parametrize("kind", [MaskKind.HASH, MaskKind.KEEP_LAST])
    def test_of_national_text_is_what_it_is_without_another_encoding(
        self, declaration: str, kind: MaskKind
    ) -> None:
        choice = TableChoice(table="T", masks=(Mask(column="C", kind=kind),))
        foreign = replace(choice, source_encoding="cp949")
        assert only_column(declaration, choice=foreign) == only_column(declaration, choice=choice)

    def test_keep_last_of_foreign_text_is_refused(self) -> None:
        choice = TableChoice(
            table="T", masks=(Mask(column="C", kind=MaskKind.KEEP_LAST),), source_encoding="cp949"
        )
        with pytest.raises(UnsupportedColumn, match="cannot cut"):
            only_column("VARCHAR2(10)", choice=choice)


class TestATableWithYearsBeforeOne:
    def test_selects_its_moments_as_text_of_the_same_look(self) -> None:
        shape = shape_declared(
            D="DATE", T="TIMESTAMP(3)", L="TIMESTAMP(6) WITH LOCAL TIME ZONE", N="NUMBER"
        )
        plan = plan_columns(shape, WHOLE, Carriage())
        text = with_moments_as_text(plan, shape, Carriage())
        assert [each.expression for each in text.columns] == [
            'LTRIM(TO_CHAR("D",\'SYYYY-MM-DD"T"HH24:MI:SS\'))',
            'LTRIM(TO_CHAR("T",\'SYYYY-MM-DD"T"HH24:MI:SS.FF3\'))',
            'LTRIM(TO_CHAR(SYS_EXTRACT_UTC("L"),\'SYYYY-MM-DD"T"HH24:MI:SS.FF6"Z"\'))',
            plan.columns[3].expression,
        ]
        assert [each.json_type for each in text.columns] == ["string"] * 4

    def test_gives_them_no_type_that_does_not_hold_such_years(self) -> None:
        shape = shape_declared(D="DATE", L="TIMESTAMP(6) WITH LOCAL TIME ZONE", N="NUMBER(9)")
        text = with_moments_as_text(plan_columns(shape, WHOLE, Carriage()), shape, Carriage())
        types = [(each.bigquery_type, each.duckdb_type) for each in text.columns]
        assert types == [("STRING", "VARCHAR"), ("STRING", "VARCHAR"), ("INT64", "BIGINT")]

    def test_cannot_be_a_parquet_file(self) -> None:
        shape, carriage = shape_declared(D="DATE"), Carriage(format=Format.PARQUET)
        plan = plan_columns(shape, WHOLE, carriage)
        with pytest.raises(UnreadableValue, match="in one of D"):
            with_moments_as_text(plan, shape, carriage)
