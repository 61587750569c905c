from __future__ import annotations

import pytest

from builders import a_job
from fakes.memory_source import MemorySource
from oracle_etl.flow.resolve_tables import chosen_subset, resolve_tables, table_id, table_tasks
from oracle_etl.model.errors import InvalidRequest
from oracle_etl.model.names import TableName
from oracle_etl.model.transport import Mask, MaskKind, TableChoice
from oracle_etl.ports import TableSource


def source(*names: str) -> MemorySource:
    memory = MemorySource()
    for name in names:
        memory.put(name, ())
    return memory


def resolved(*texts: str, memory: MemorySource | None = None) -> list[str]:
    choices = [TableChoice(table=text) for text in texts]
    return [str(each.table) for each in resolve_tables(choices, source=lambda: memory or source())]


class TestAListOfNames:
    def test_is_taken_in_its_order_without_asking_oracle(self) -> None:
        def unreachable() -> TableSource:
            raise AssertionError("Oracle was asked")

        choices = [TableChoice(table="b"), TableChoice(table="hr.a")]
        names = [str(each.table) for each in resolve_tables(choices, source=unreachable)]
        assert names == ["B", "HR.A"]

    def test_names_each_table_once(self) -> None:
        assert resolved("EMP", "emp") == ["EMP"]

    @pytest.mark.parametrize("more", [(), ("D*",)], ids=["alone", "beside a pattern"])
    @pytest.mark.parametrize("texts", [("EMP", "HR.EMP"), ("hr.emp", "DEPT", "emp")])
    def test_with_and_without_its_owner_is_refused(
        self, texts: tuple[str, ...], more: tuple[str, ...]
    ) -> None:
        with pytest.raises(InvalidRequest, match=r"EMP and .*EMP are the same table") as refused:
            resolved(*texts, *more, memory=source("EMP", "DEPT"))
        named = [each for each in texts if each.casefold().endswith("emp")]
        assert refused.value.details["tables"] == [each.upper() for each in named]

    def test_may_name_tables_of_several_owners_alike(self) -> None:
        assert resolved("EMP", "SALES.EMP", "HR.DEPT") == ["EMP", "SALES.EMP", "HR.DEPT"]

    def test_holds_queries_by_their_names(self) -> None:
        choice = TableChoice(table="TOP", query="SELECT * FROM EMP")
        (only,) = resolve_tables([choice], source=source)
        assert (only.table, only.choice) == (TableName(name="TOP"), choice)


class TestAPattern:
    def test_finds_tables_of_the_schema_it_names(self) -> None:
        memory = source("ORDERS", "ORDER_LINES", "STAFF")
        assert resolved("HR.ORDER*", memory=memory) == ["HR.ORDERS", "HR.ORDER_LINES"]

    def test_without_a_schema_looks_in_the_accounts_own(self) -> None:
        assert resolved("e?p", memory=source("EMP", "EEP", "DEPT")) == ["HR.EEP", "HR.EMP"]

    def test_for_the_schema_looks_everywhere(self) -> None:
        assert resolved("*.EMP", memory=source("EMP")) == ["HR.EMP"]
        assert resolved("X*.*", "EMP", memory=source("EMP")) == ["EMP"]

    def test_passes_over_what_an_exclusion_names(self) -> None:
        memory = source("A", "A_TMP", "B_TMP")
        assert resolved("HR.*", "not *_TMP", memory=memory) == ["HR.A"]
        assert resolved("HR.*", "not XX.*_TMP", memory=memory) == ["HR.A", "HR.A_TMP", "HR.B_TMP"]

    def test_never_excludes_what_is_named_outright(self) -> None:
        memory = source("A_TMP")
        assert resolved("HR.A_TMP", "HR.*", "not *_TMP", memory=memory) == ["HR.A_TMP"]

    def test_leaves_a_table_to_its_own_entry(self) -> None:
        own = TableChoice(table="HR.EMP", where="ID > 1")
        chosen = resolve_tables(
            [TableChoice(table="HR.*"), own], source=lambda: source("EMP", "DEPT")
        )
        assert {str(each.table): each.choice for each in chosen}["HR.EMP"] == own

    def test_leaves_a_table_of_the_accounts_own_to_its_entry_without_an_owner(self) -> None:
        masked = TableChoice(table="EMP", masks=(Mask(column="NAME", kind=MaskKind.NULL),))
        for choices in ((masked, TableChoice(table="E*")), (TableChoice(table="E*"), masked)):
            found = resolve_tables(choices, source=lambda: source("EMP", "DEPT"))
            assert [each.choice for each in found if each.table.name == "EMP"] == [masked]

    def test_hands_its_options_to_each_table(self) -> None:
        (only,) = resolve_tables(
            [TableChoice(table="HR.*", exclude=("SSN",))], source=lambda: source("EMP")
        )
        assert only.choice == TableChoice(table="HR.EMP", exclude=("SSN",))

    def test_takes_brackets_and_quotes_for_what_they_are(self) -> None:
        memory = source("A[1]", "A1", "low")
        assert resolved("HR.A[1]*", memory=memory) == ["HR.A[1]"]
        assert resolved('HR."lo*"', memory=memory) == ["HR.low"]

    def test_goes_through_all_pages_of_the_catalogue(self) -> None:
        memory = source(*(f"T{number:05d}" for number in range(2500)))
        assert len(resolved("HR.*", memory=memory)) == 2500

    def test_that_finds_nothing_is_refused(self) -> None:
        with pytest.raises(InvalidRequest):
            resolved("HR.NOTHING*", memory=source("EMP"))

    def test_that_finds_too_much_is_refused(self) -> None:
        memory = source(*(f"T{number:05d}" for number in range(10_001)))
        with pytest.raises(InvalidRequest, match="10000"):
            resolved("HR.*", memory=memory)


class TestASubset:
    def test_is_taken_from_the_list_in_the_callers_order(self) -> None:
        everything = resolve_tables(
            [TableChoice(table=name) for name in ("A", "B", "C")], source=source
        )
        chosen = chosen_subset(everything, ("c", "A", "c"))
        assert [each.table.name for each in chosen] == ["C", "A"]

    def test_of_nothing_is_everything(self) -> None:
        everything = resolve_tables([TableChoice(table="A")], source=source)
        assert chosen_subset(everything, ()) == everything

    def test_that_names_a_stranger_is_refused_by_name(self) -> None:
        everything = resolve_tables([TableChoice(table="A")], source=source)
        with pytest.raises(InvalidRequest, match="B"):
            chosen_subset(everything, ("A", "B"))


class TestTheTasksOfAJob:
    def test_are_the_same_every_time(self) -> None:
        chosen = resolve_tables([TableChoice(table="HR.A"), TableChoice(table="B")], source=source)
        assert tuple(table_tasks(a_job(), chosen)) == tuple(table_tasks(a_job(), chosen))

    def test_show_owners_in_names_only_where_a_job_spans_owners(self) -> None:
        one = resolve_tables([TableChoice(table="HR.A"), TableChoice(table="HR.B")], source=source)
        two = resolve_tables([TableChoice(table="HR.A"), TableChoice(table="FI.A")], source=source)
        assert [each.stem for each in table_tasks(a_job(), one)] == ["A", "B"]
        assert [each.stem for each in table_tasks(a_job(), two)] == ["HR.A", "FI.A"]

    def test_have_ids_that_tell_owner_and_name_apart(self) -> None:
        names = [
            TableName(owner="A", name="B.C"),
            TableName(owner="A.B", name="C"),
            TableName(name="A.B.C"),
        ]
        assert len({table_id(each) for each in names}) == 3
