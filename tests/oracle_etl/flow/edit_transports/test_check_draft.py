# ruff: noqa: ANN401 - a draft takes any field of its model

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from oracle_etl.flow.check_draft import check_draft, is_bucket
from oracle_etl.flow.draft_transport import TransportDraft
from oracle_etl.model.errors import InvalidRequest
from oracle_etl.model.transport import (
    Carriage,
    Format,
    Mask,
    MaskKind,
    Proof,
    Schedule,
    TableChoice,
)

EMP = TableChoice(table="EMP")


def a_draft(**changes: Any) -> TransportDraft:
    return TransportDraft(**{"name": "nightly", "tables": (EMP,), **changes})


def findings(**changes: Any) -> dict[str, Any]:
    """Return what is wrong with a draft, by field."""
    try:
        check_draft(a_draft(**changes))
    except InvalidRequest as refused:
        return refused.details
    return {}


def findings_of_entries(*entries: TableChoice | str) -> dict[str, Any]:
    return findings(
        tables=tuple(TableChoice(table=each) if isinstance(each, str) else each for each in entries)
    )


def findings_of_entry(**fields: Any) -> dict[str, Any]:
    return findings_of_entries(TableChoice(**{"table": "EMP", **fields}))


class TestADraftAsPeopleWriteIt:
    def test_is_kept(self) -> None:
        whole = a_draft(
            name="월말 매출",
            description="first line\n\tsecond line",
            source="ebs-2",
            target_bucket="oracle-etl-data",
            prefix="/exports/sap/year=2026/",
            parallel_tables=100,
            carriage=Carriage(compression_level=6, source_encoding="cp949", part_bytes=2**28),
            proof=Proof(max_row_drop_percent=12.5),
            schedule=Schedule(cron="30 2 * * MON-FRI", time_zone="Asia/Seoul"),
            tables=(
                TableChoice(table="VBRP", where='"MANDT" = :client', binds={"client": "100"}),
                TableChoice(table='"/BIC/AFACT"', columns=("A", "b c")),
                TableChoice(table="hr.emp", exclude=("SALARY",), order=("ID",)),
                TableChoice(
                    table="SALES.*", masks=(Mask(column="PHONE", kind=MaskKind.KEEP_LAST),)
                ),
                TableChoice(table="not SALES.*_TMP"),
                TableChoice(table="BIG", query="SELECT * FROM BIG_ONES"),
            ),
        )
        check_draft(whole)

    def test_tells_all_that_is_wrong_at_once(self) -> None:
        found = findings(
            name="", source="", prefix="..", parallel_tables=0, tables=(TableChoice(table="a b"),)
        )
        assert set(found) == {"name", "source", "prefix", "parallel_tables", "tables[0]"}

    def test_shows_the_first_faults_in_the_message(self) -> None:
        with pytest.raises(InvalidRequest, match="name must have 1 to 200 printable characters"):
            check_draft(a_draft(name=""))


class TestTexts:
    @pytest.mark.parametrize("name", ["", " ", " a", "a ", "a\nb", "a\0", "x" * 201])
    def test_that_cannot_be_a_name_are_refused(self, name: str) -> None:
        assert list(findings(name=name)) == ["name"]

    @pytest.mark.parametrize("description", ["x" * 2001, "a\0", "\x1b[31m"])
    def test_that_cannot_be_a_description_are_refused(self, description: str) -> None:
        assert list(findings(description=description)) == ["description"]

    @pytest.mark.parametrize("source", ["", "a b", "../x", "-a", "x" * 65, "a\n"])
    def test_that_cannot_name_a_source_are_refused(self, source: str) -> None:
        assert list(findings(source=source)) == ["source"]


class TestABucket:
    @pytest.mark.parametrize("name", ["abc", "a-b_c.d", "0ab", "x" * 63, "a.b.com"])
    def test_has_a_name_as_cloud_storage_allows(self, name: str) -> None:
        assert is_bucket(name)
        assert findings(target_bucket=name) == {}

    @pytest.mark.parametrize(
        "name",
        [
            *("ab", "x" * 64, "Abc", "a b", "-ab", "ab-", "a..b", "192.168.0.1", "a/b", "abc\n"),
            *("goog-x", "my-google-lake", "gs://abc", f"{'x' * 64}.abc", ".".join(["x" * 60] * 4)),
        ],
    )
    def test_of_any_other_name_is_refused(self, name: str) -> None:
        assert not is_bucket(name)
        assert list(findings(target_bucket=name)) == ["target_bucket"]


class TestAPrefix:
    @pytest.mark.parametrize("prefix", ["", "/", "a", "a/b", "/a/", "year=2026/v1.0/_x"])
    def test_of_plain_folders_is_kept(self, prefix: str) -> None:
        assert findings(prefix=prefix) == {}

    @pytest.mark.parametrize(
        "prefix",
        ["..", "a/../b", ".", "a//b", "a b", "a\\b", "한글", "a/_attempts", "a\n", "x" * 301],
    )
    def test_that_could_lead_elsewhere_is_refused(self, prefix: str) -> None:
        assert list(findings(prefix=prefix)) == ["prefix"]

    @given(st.text(alphabet="ab./\\_-~ \n\0é", max_size=12))
    @example("/a/b_/")
    @example("a/../b")
    def test_is_kept_where_it_stays_below_its_bucket(self, prefix: str) -> None:
        parts = prefix.strip("/").split("/")
        stays = parts == [""] or not {"", ".", ".."} & set(parts)
        assert (findings(prefix=prefix) == {}) == (stays and set(prefix) <= set("ab./_-"))


class TestNumbers:
    @pytest.mark.parametrize("number", [0, -1, 101])
    def test_of_parallel_tables_are_bounded(self, number: int) -> None:
        assert list(findings(parallel_tables=number)) == ["parallel_tables"]

    @pytest.mark.parametrize(
        ("carriage", "field"),
        [
            (Carriage(compression_level=10), "compression_level"),
            (Carriage(format=Format.PARQUET, compression_level=0), "compression_level"),
            (Carriage(format=Format.JSONL_ZST, compression_level=23), "compression_level"),
            (Carriage(part_bytes=1000), "part_bytes"),
            (Carriage(part_bytes=2**41), "part_bytes"),
            (Carriage(source_encoding="klingon"), "source_encoding"),
            (Carriage(source_encoding="hex"), "source_encoding"),
            (Carriage(source_encoding="a\0"), "source_encoding"),
        ],
    )
    def test_of_the_carriage_are_bounded(self, carriage: Carriage, field: str) -> None:
        assert list(findings(carriage=carriage)) == [field]

    @pytest.mark.parametrize("percent", [-0.1, 100.1])
    def test_of_the_proof_are_bounded(self, percent: float) -> None:
        assert list(findings(proof=Proof(max_row_drop_percent=percent))) == ["max_row_drop_percent"]


class TestASchedule:
    def test_names_its_own_faults(self) -> None:
        assert list(findings(schedule=Schedule(cron="often"))) == ["schedule.cron"]
        zone = Schedule(cron="0 0 * * *", time_zone="Mars", grace_seconds=-1)
        assert set(findings(schedule=zone)) == {"schedule.time_zone", "schedule.grace_seconds"}


class TestAListOfTables:
    def test_must_take_something(self) -> None:
        assert list(findings(tables=())) == ["tables"]
        assert list(findings_of_entries("not *_TMP")) == ["tables"]

    def test_ends_at_a_thousand_entries(self) -> None:
        assert findings_of_entries(*(f"T{number}" for number in range(1000))) == {}
        assert list(findings_of_entries(*(f"T{number}" for number in range(1001)))) == ["tables"]

    @pytest.mark.parametrize(
        ("first", "second"),
        [("EMP", "emp"), ("hr.emp", '"HR"."EMP"'), ("SALES.*", "sales.*"), ("EMP", " EMP ")],
    )
    def test_names_each_table_once_however_it_is_spelled(self, first: str, second: str) -> None:
        found = findings_of_entries(first, "OTHER", second)
        assert found == {"tables[2]": "must not name the same table as tables[0]"}

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ("EMP", '"Emp"'),
            ("HR.EMP", "EMP"),
            ("EMP", "not EMP"),
            ("E*", "E"),
            ("HR.EMP", '"HR.EMP"'),
        ],
    )
    def test_may_name_tables_that_only_look_alike(self, first: str, second: str) -> None:
        assert findings_of_entries(first, second) == {}

    def test_counts_a_query_as_a_table_of_its_name(self) -> None:
        query = TableChoice(table="Emp", query="SELECT 1 FROM DUAL")
        assert list(findings_of_entries("EMP", query)) == ["tables[1]"]


class TestAnEntry:
    @pytest.mark.parametrize(
        "text",
        [
            *("", " ", "a b", "a.b.c", 'x"y', "EMP;", "1EMP", "a\0b", '"', "not ", "not a b"),
            *("*.*.*", "SAL ES.*", "*;", "X" * 301, "*'--", '"X"."Y"."*"'),
        ],
    )
    def test_that_names_nothing_is_refused(self, text: str) -> None:
        assert "tables[0]" in findings_of_entries(text, "DEPT")

    def test_that_takes_tables_out_says_nothing_more(self) -> None:
        choice = TableChoice(table="not EMP", columns=("A",))
        assert list(findings_of_entries("DEPT", choice)) == ["tables[1]"]

    def test_does_not_both_choose_and_exclude(self) -> None:
        found = findings_of_entry(columns=("A",), exclude=("B",))
        assert list(found) == ["tables[0].exclude"]

    @pytest.mark.parametrize("kind", ["columns", "exclude"])
    def test_names_each_column_once(self, kind: str) -> None:
        assert list(findings_of_entry(**{kind: ("A", "B", "A")})) == [f"tables[0].{kind}[2]"]
        assert list(findings_of_entry(**{kind: ("A", "")})) == [f"tables[0].{kind}[1]"]
        assert list(findings_of_entry(**{kind: ('A"B',)})) == [f"tables[0].{kind}[0]"]

    def test_has_no_more_columns_than_oracle(self) -> None:
        many = tuple(f"C{number}" for number in range(1001))
        assert list(findings_of_entry(columns=many)) == ["tables[0].columns"]

    def test_keeps_a_sane_number_of_characters_behind_a_mask(self) -> None:
        mask = Mask(column="A", kind=MaskKind.KEEP_LAST, keep=0)
        assert list(findings_of_entry(masks=(mask,))) == ["tables[0].masks[0].keep"]

    def test_masks_a_column_once(self) -> None:
        mask = Mask(column="A", kind=MaskKind.NULL)
        assert list(findings_of_entry(masks=(mask, mask))) == ["tables[0].masks[1]"]

    @pytest.mark.parametrize("kind", ["where", "query"])
    @pytest.mark.parametrize("text", ["", "  ", "x" * 32_001])
    def test_says_something_where_it_speaks(self, kind: str, text: str) -> None:
        assert list(findings_of_entry(**{kind: text})) == [f"tables[0].{kind}"]

    @pytest.mark.parametrize(
        "where", ["1=1; DROP TABLE EMP", "1=1 -- all", "(1=1", "A IN (SELECT 1 FROM DUAL)", "A='"]
    )
    def test_tries_no_more_than_a_predicate(self, where: str) -> None:
        assert list(findings_of_entry(where=where)) == ["tables[0].where"]

    @pytest.mark.parametrize("query", ["DELETE FROM EMP", "SELECT 1 FROM DUAL; COMMIT", "BEGIN"])
    def test_tries_no_more_than_a_query(self, query: str) -> None:
        assert list(findings_of_entry(query=query)) == ["tables[0].query"]

    def test_is_ordered_by_columns(self) -> None:
        assert findings_of_entry(order=("A", "b DESC", '"C d" ASC NULLS LAST')) == {}
        assert list(findings_of_entry(order=("A", " "))) == ["tables[0].order[1]"]
        assert list(findings_of_entry(order=("A;--",))) == ["tables[0].order[0]"]
        assert list(findings_of_entry(order=("A",) * 33)) == ["tables[0].order"]

    def test_names_an_encoding_that_exists(self) -> None:
        assert findings_of_entry(source_encoding="cp949") == {}
        assert list(findings_of_entry(source_encoding="no")) == ["tables[0].source_encoding"]


class TestBinds:
    def test_are_used(self) -> None:
        assert list(findings_of_entry(binds={"a": 1})) == ["tables[0].binds.a"]
        assert list(findings_of_entry(where="X = :ab", binds={"ab": 1, "a": 1})) == [
            "tables[0].binds.a"
        ]
        query = "SELECT * FROM EMP WHERE X = :A"
        assert findings_of_entry(query=query, binds={"a": 1}) == {}

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("1a", 1),
            ("a-b", 1),
            ("", 1),
            ("a" * 31, 1),
            ("a", "x" * 4001),
            ("a", float("inf")),
            ("a", float("nan")),
        ],
    )
    def test_have_names_and_values_that_oracle_takes(self, name: str, value: object) -> None:
        found = findings_of_entry(where="A = 1", binds={name: value})
        assert f"tables[0].binds.{name[:30]}" in found
        assert "must be used" not in next(iter(found.values()))

    @pytest.mark.parametrize("value", ["x", "\ud800", 1, 1.5, None])
    def test_may_be_texts_numbers_and_nulls(self, value: object) -> None:
        assert findings_of_entry(where="A = :a", binds={"a": value}) == {}

    def test_that_are_used_are_given(self) -> None:
        assert list(findings_of_entry(where="A = :a")) == ["tables[0].where"]

    def test_are_not_endless(self) -> None:
        many = {f"a{number}": number for number in range(101)}
        where = " OR ".join(f"A = :{name}" for name in many)
        assert list(findings_of_entry(where=where, binds=many)) == ["tables[0].binds"]


class TestWhateverIsWritten:
    @given(st.text(max_size=40))
    def test_in_the_list_is_kept_or_refused_by_name(self, text: str) -> None:
        found = findings_of_entries(text, "DEPT")
        assert set(found) <= {"tables[0]", "tables[1]"}
