from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from command_line.exits import BadUsage
from command_line.transport_files import Wanted, compare, read_files, write_yaml
from command_line.transport_form import filled

BOMB = "transports:\n- name: n\n  description: &a0 xxxxxxxxxx\n" + "".join(
    f"  tables{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 10)}]\n"
    for number in range(1, 9)
)
"""A few lines, in which each stands for ten of the one before."""


def a_file(folder: Path, text: str, name: str = "t.yaml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def wanted(**fields: Any) -> Wanted:  # noqa: ANN401 - what a file says
    return Wanted(fields={"name": "Sales", "tables": ["T"], **fields}, file="t.yaml")


def held(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - what a server says
    kept = {"id": "TRPID-00000001", "name": "Sales", "tables": ["T"], "parallel_tables": 4}
    return {**filled({**kept, **fields}), "status": "idle", "revision": 3}


class TestAFileOfTransports:
    @pytest.mark.parametrize(
        "text",
        [
            "transports:\n- name: Sales\n  tables: [T]\n",
            '{"transports": [{"name": "Sales", "tables": ["T"]}]}',
        ],
    )
    def test_is_yaml_or_json(self, tmp_path: Path, text: str) -> None:
        file = a_file(tmp_path, text)
        [entry] = read_files([file])
        assert entry.fields == {"name": "Sales", "tables": ["T"]}
        assert entry.key == ("name", "Sales")

    def test_finds_a_transport_by_its_id_where_it_says_one(self, tmp_path: Path) -> None:
        file = a_file(tmp_path, "transports: [{name: n, id: TRPID-00000001, tables: [T]}]")
        assert read_files([file])[0].key == ("id", "TRPID-00000001")

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "not a file of transports"),
            ("- name: Sales", "not a file of transports"),
            ("transports: {}", "not a file of transports"),
            ("transports: []\nversion: 1", "not a file of transports"),
            ("transports: [T]", "entry 1 has no name"),
            ("transports: [{name: n}, {tables: [T]}]", "entry 2 has no name"),
            ("transports: [{name: n, where_to: [T]}]", "no field where_to"),
            ("transports: [", "cannot be read"),
            ("transports: !!python/object/apply:os.getcwd []", "cannot be read"),
            ("[" * 5000, "cannot be read"),
            ("transports: [{name: n, max_row_drop_percent: .nan}]", "cannot be read"),
            ("transports: [{name: n, prefix: !!binary aGk=}]", "cannot be read"),
            ("transports: [{name: n, tables: !!set {T}}]", "cannot be read"),
            ("transports: [{name: n, prefix: !!timestamp 2026-01-18}]", "cannot be read"),
            ("transports: &all [{name: n, tables: *all}]", "cannot be read"),
            (f"transports: [{{name: n, parallel_tables: {'9' * 5000}}}]", "cannot be read"),
            ("transports: [{name: n, tables: [A], tables: [B]}]", "'tables' stands twice"),
            ("transports: [{name: n, tables: [{table: A, table: B}]}]", "'table' stands twice"),
            ('{"transports": [], "transports": []}', "'transports' stands twice"),
            (BOMB, "more than 4194304 bytes"),
        ],
    )
    def test_that_is_none_is_refused(self, tmp_path: Path, text: str, said: str) -> None:
        with pytest.raises(BadUsage, match=said):
            read_files([a_file(tmp_path, text)])

    def test_may_say_once_what_several_entries_share(self, tmp_path: Path) -> None:
        text = """transports:
        - &first {name: a, tables: [T], prefix: p}
        - {<<: *first, name: b}
        """
        first, second = read_files([a_file(tmp_path, text)])
        assert second.fields == {**first.fields, "name": "b"}

    def test_may_lay_over_a_mapping_what_itself_lies_over_another(self, tmp_path: Path) -> None:
        text = """transports:
        - {name: a, tables: [{table: T, binds: &one {day: 1, year: 2026}}]}
        - {name: b, tables: [{table: U, binds: &other {<<: *one, day: 2}}]}
        - {name: c, tables: [{table: V, <<: *other}]}
        """
        _, second, third = read_files([a_file(tmp_path, text)])
        assert second.fields["tables"] == [{"table": "U", "binds": {"day": 2, "year": 2026}}]
        assert third.fields["tables"] == [{"table": "V", "day": 2, "year": 2026}]

    @pytest.mark.parametrize("date", ["2026-01-18", "2026-01-18 10:30:00", "2026-99-99"])
    def test_holds_dates_as_they_are_written(self, tmp_path: Path, date: str) -> None:
        text = f"transports: [{{name: n, tables: [{{table: T, binds: {{since: {date}}}}}]}}]"
        [entry] = read_files([a_file(tmp_path, text)])
        assert entry.fields["tables"] == [{"table": "T", "binds": {"since": date}}]
        assert f"since: '{date}'" in compare(entry, None).diff

    def test_that_is_not_there_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(BadUsage, match="cannot be read"):
            read_files([tmp_path / "nowhere.yaml"])

    def test_that_is_too_large_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(BadUsage, match="larger"):
            read_files([a_file(tmp_path, "#" * (4 * 1024 * 1024 + 1))])

    def test_may_not_say_what_another_says(self, tmp_path: Path) -> None:
        text = "transports: [{name: n, tables: [T]}]"
        files = [a_file(tmp_path, text, "a.yaml"), a_file(tmp_path, text, "b.yaml")]
        with pytest.raises(BadUsage, match=r"a\.yaml and again in .*b\.yaml"):
            read_files(files)


class TestAnEntry:
    def test_of_an_unknown_transport_creates_it(self) -> None:
        change = compare(wanted(), None)
        assert (change.action, change.fields) == ("create", {"name": "Sales", "tables": ["T"]})
        assert "+name: Sales" in change.diff

    def test_that_says_what_is_so_changes_nothing(self) -> None:
        change = compare(wanted(description=""), held())
        assert (change.action, change.fields, change.diff) == ("unchanged", {}, "")

    def test_changes_the_fields_that_differ_and_shows_them(self) -> None:
        change = compare(wanted(tables=["T", "U"], prefix="p"), held(prefix="p"))
        assert change.action == "update"
        assert set(change.fields) == {"tables"}
        assert "+- U" in change.diff

    def test_puts_a_field_that_it_leaves_out_back_to_its_default(self) -> None:
        change = compare(wanted(), held(enabled=False, schedule={"cron": "0 3 * * *"}))
        assert change.fields == {"enabled": True, "schedule": None}
        assert "-enabled: false" in change.diff

    def test_leaves_what_only_the_server_has_a_default_for(self) -> None:
        change = compare(wanted(), held(parallel_tables=9, target_bucket="b"))
        assert change.action == "unchanged"

    def test_shows_korean_as_it_is(self) -> None:
        assert "+description: 매출" in compare(wanted(description="매출"), held()).diff


def test_what_is_written_reads_the_same(tmp_path: Path) -> None:
    content = {"transports": [{"name": "매출: daily", "tables": ["T", {"table": "not X"}]}]}
    file = a_file(tmp_path, write_yaml(content))
    assert [entry.fields for entry in read_files([file])] == content["transports"]
