from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_etl.model.errors import InvalidRequest
from oracle_etl.model.names import (
    TableName,
    is_job_id,
    is_transport_id,
    new_job_id,
    new_transport_id,
    object_stem,
    quote_identifier,
    version_label,
)

IDENTIFIERS = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters='"'), min_size=1, max_size=30
)
LONG_IDENTIFIERS = st.one_of(
    IDENTIFIERS,
    st.integers(1, 42).map(lambda length: "가" * length),
    st.tuples(st.just("가" * 41), st.sampled_from("가나다Aa._")).map("".join),
)
OWNED = st.builds(TableName, owner=LONG_IDENTIFIERS, name=LONG_IDENTIFIERS)
LONGEST = TableName(owner="나" * 42, name="가" * 42)


class TestATableNameAsPeopleWriteIt:
    @pytest.mark.parametrize(
        ("text", "owner", "name"),
        [
            ("emp", None, "EMP"),
            ("hr.emp", "HR", "EMP"),
            ('"Mixed Case"', None, "Mixed Case"),
            ('"Hr"."a.b"', "Hr", "a.b"),
            ("hr.V_$X#1", "HR", "V_$X#1"),
            ("사원", None, "사원"),
        ],
    )
    def test_is_read_as_oracle_reads_it(self, text: str, owner: str | None, name: str) -> None:
        assert TableName.parse(text) == TableName(owner=owner, name=name)

    @pytest.mark.parametrize(
        "text", ["", "a b", "1EMP", "a;b", '"', '""', "a.b.c", "emp--", '"a"b"', "a'b", '"x\n"']
    )
    def test_is_refused_with_what_would_be_right(self, text: str) -> None:
        with pytest.raises(InvalidRequest) as refused:
            TableName.parse(text)
        assert refused.value.hint

    def test_over_128_bytes_is_refused(self) -> None:
        with pytest.raises(InvalidRequest):
            TableName(name="가" * 43)

    @given(OWNED)
    def test_in_quotes_comes_back_as_it_went(self, table: TableName) -> None:
        assert TableName.parse(table.quoted) == table

    def test_shows_its_owner_only_where_it_has_one(self) -> None:
        assert (str(TableName(name="E")), str(TableName(owner="H", name="E"))) == ("E", "H.E")


class TestAnIdentifierInAStatement:
    @given(IDENTIFIERS)
    def test_stands_between_two_quotes_and_holds_none(self, identifier: str) -> None:
        assert re.fullmatch(r'"[^"]+"', quote_identifier(identifier))

    @pytest.mark.parametrize("odd", ["売上\u3000明細", "a\u00a0b", "a\u200bb", "a b"])
    def test_may_hold_blanks_of_any_width(self, odd: str) -> None:
        assert quote_identifier(odd) == f'"{odd}"'

    @pytest.mark.parametrize(
        "hostile", ['x" FROM dual --', "a\x00b", "", "a\nb", "a\x7f", "\ud800"]
    )
    def test_that_is_none_is_refused(self, hostile: str) -> None:
        with pytest.raises(InvalidRequest):
            quote_identifier(hostile)


class TestTheObjectNameOfATable:
    @given(OWNED, OWNED)
    def test_is_one_to_one(self, one: TableName, other: TableName) -> None:
        same = object_stem(one, owner_shown=True) == object_stem(other, owner_shown=True)
        assert same == (one == other)

    @given(OWNED)
    def test_holds_only_bytes_that_are_safe_everywhere(self, table: TableName) -> None:
        assert re.fullmatch(r"[A-Za-z0-9_$#%.~-]+", object_stem(table, owner_shown=True))

    @given(OWNED, st.booleans())
    def test_is_a_files_name_with_any_ending(self, table: TableName, owner_shown: bool) -> None:  # noqa: FBT001 - drawn
        assert len(object_stem(table, owner_shown=owner_shown) + ".schema.json") <= 255

    def test_that_is_too_long_is_cut_between_letters_and_ends_with_a_digest(self) -> None:
        stem = object_stem(LONGEST, owner_shown=True)
        kept, _, digest = stem.partition("~")
        assert unquote(kept).rstrip("나가\ufffd.") == ""
        assert re.fullmatch(r"(?:%[0-9A-F]{2}|\.)+", kept)
        assert re.fullmatch(r"[0-9a-f]{40}", digest)

    def test_with_a_tilde_of_its_own_is_no_digest(self) -> None:
        assert "~" not in object_stem(TableName(name="A~B"), owner_shown=False)

    @given(OWNED)
    def test_is_never_a_path_step(self, table: TableName) -> None:
        assert object_stem(table, owner_shown=False).strip(".")

    def test_is_the_plain_name_for_plain_tables(self) -> None:
        assert object_stem(TableName(owner="HR", name="EMP$1#"), owner_shown=False) == "EMP$1#"

    def test_shows_the_owner_where_a_job_spans_owners(self) -> None:
        assert object_stem(TableName(owner="HR", name="EMP"), owner_shown=True) == "HR.EMP"

    def test_has_no_owner_to_show_where_none_is_known(self) -> None:
        assert object_stem(TableName(name="EMP"), owner_shown=True) == "EMP"


class TestIds:
    def test_of_a_transport(self) -> None:
        assert new_transport_id("0123456789abcdef") == "TRPID-01234567"
        assert is_transport_id("TRPID-01234567")
        assert not is_transport_id("TRPID-01234567\n")

    def test_of_a_job_show_its_start_in_utc(self) -> None:
        seoul = timezone(timedelta(hours=9))
        at = datetime(2026, 3, 1, 8, 30, 1, tzinfo=seoul)
        assert new_job_id(at, "beef0123") == "JOB-20260228-233001-beef"
        assert is_job_id("JOB-20260228-233001-beef")
        assert not is_job_id("JOB-1")
        assert not is_job_id("JOB-2026022\N{ARABIC-INDIC DIGIT EIGHT}-233001-beef")

    def test_of_a_version(self) -> None:
        assert [version_label(each) for each in (1, 42, 1000)] == ["v001", "v042", "v1000"]

    def test_the_time_of_a_job_is_the_same_in_every_zone(self) -> None:
        at = datetime(2026, 3, 1, tzinfo=UTC)
        assert new_job_id(at, "0000") == new_job_id(
            at.astimezone(timezone(timedelta(hours=9))), "0000"
        )
