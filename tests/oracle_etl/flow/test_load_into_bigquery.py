"""The command that loads a table into BigQuery, as the reference of `bq` has it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.memory_source import MemorySource
from flow_home import BUCKET, a_home, drain, put_transport, settle, start
from google_fakes.anonymous import store_on
from google_fakes.cloud_storage_server import FakeCloudStorage
from oracle_etl.flow.findings import Depth
from oracle_etl.flow.load_into_bigquery import BigqueryLoad, load_command, load_into_bigquery
from oracle_etl.flow.read_manifest import read_manifest
from oracle_etl.flow.tables_of import tables_of
from oracle_etl.flow.verify_job import verify_job
from oracle_etl.model.job import Job
from oracle_etl.model.names import TableName, object_stem
from oracle_etl.model.transport import Carriage, Format
from oracle_etl.outside import Outside

FLAGS = {"--replace", "--source_format"}
"""Of those that the reference of `bq load` names."""
IDENTIFIERS = st.text(
    st.characters(exclude_categories=["C", "Z"], exclude_characters='"'), min_size=1, max_size=20
)
ROWS = tuple((number, f"name {number}") for number in range(25))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Outside]:
    """A home whose objects lie in Cloud Storage."""
    source = MemorySource()
    source.put("EMP", ROWS)
    source.put("A$B", ROWS[:2])
    cloud = FakeCloudStorage(BUCKET)
    with cloud.serving(), store_on(cloud, chunk_bytes=8 * 1024 * 1024) as store:
        home = a_home(tmp_path, source=source, store=store)
        yield home
        home.close()


def carried(home: Outside, carriage: Carriage, table: str = "EMP", **asked: object) -> Job:
    transport = put_transport(home, table, carriage=carriage)
    job = start(home, transport, **asked)
    drain(home)
    return settle(home, job.id)


def load_of(job: Job, home: Outside) -> BigqueryLoad | None:
    [table] = tables_of(job.id, outside=home)
    return load_into_bigquery(table, job, outside=home)


def command_of(job: Job, home: Outside) -> str:
    load = load_of(job, home)
    assert load is not None
    assert load.command is not None
    return load.command


class TestATableInCloudStorage:
    @pytest.mark.parametrize(
        ("format_", "called"),
        [(Format.JSONL_GZ, "NEWLINE_DELIMITED_JSON"), (Format.PARQUET, "PARQUET")],
    )
    def test_is_loaded_with_its_schema_which_is_fetched_first(
        self, home: Outside, format_: Format, called: str
    ) -> None:
        job = carried(home, Carriage(format=format_))
        folder = f"gs://{BUCKET}/{job.transport.id}/v001"
        assert command_of(job, home) == (
            f"gcloud storage cp {folder}/EMP.schema.json . && "
            f"bq load --replace --source_format={called} DATASET.EMP "
            f"{folder}/EMP.{format_} ./EMP.schema.json"
        )

    def test_in_parts_is_named_by_one_wildcard(self, home: Outside) -> None:
        job = carried(home, Carriage(part_bytes=4096, leave_parts=True))
        [table] = tables_of(job.id, outside=home)
        assert len(table.objects) > 1
        words = shlex.split(command_of(job, home))
        parts = f"part-*-of-{len(table.objects):05d}.jsonl.gz"
        assert words[-2:] == [
            f"gs://{BUCKET}/{job.transport.id}/v001/EMP/{parts}",
            "./EMP.schema.json",
        ]

    def test_says_what_becomes_of_rows_that_are_there(self, home: Outside) -> None:
        load = load_of(carried(home, Carriage()), home)
        assert load is not None
        assert "what DATASET.EMP holds is replaced" in load.hint

    def test_that_bigquery_would_not_name_so_gets_a_name_that_it_would(self, home: Outside) -> None:
        words = shlex.split(command_of(carried(home, Carriage(), '"A$B"'), home))
        assert "DATASET.A_B" in words

    def test_has_its_command_in_the_manifest_which_still_verifies(self, home: Outside) -> None:
        job = carried(home, Carriage())
        manifest = json.loads(b"".join(read_manifest(job.id, outside=home).chunks))
        assert manifest["tables"][0]["bq_load"] == command_of(job, home)
        assert not verify_job(job.id, outside=home, depth=Depth.OBJECTS).differs


class TestNoCommand:
    def test_is_there_for_zstandard_and_the_hint_names_formats(self, home: Outside) -> None:
        load = load_of(carried(home, Carriage(format=Format.JSONL_ZST)), home)
        assert load is not None
        assert (load.command, "jsonl.gz or parquet" in load.hint) == (None, True)

    @pytest.mark.parametrize(
        "carriage",
        [Carriage(), Carriage(part_bytes=4096, leave_parts=True)],
        ids=["whole", "parts"],
    )
    def test_is_there_for_a_folder_and_the_hint_says_how_to_copy_it(
        self, tmp_path: Path, carriage: Carriage
    ) -> None:
        source = MemorySource()
        source.put("EMP", ROWS)
        home = a_home(tmp_path, source=source)
        job = carried(home, carriage)
        load = load_of(job, home)
        home.close()
        assert load is not None
        assert load.command is None
        folder = tmp_path / "objects" / BUCKET / job.folder
        assert f"gcloud storage cp --recursive {folder} gs://BUCKET/" in load.hint

    def test_is_there_for_a_test_run_whose_rows_would_replace_all(self, home: Outside) -> None:
        assert load_of(carried(home, Carriage(), limit=1), home) is None

    def test_is_there_for_a_table_without_objects(self, home: Outside) -> None:
        job = carried(home, Carriage())
        [table] = tables_of(job.id, outside=home)
        assert load_into_bigquery(replace(table, objects=()), job, outside=home) is None

    def test_is_there_before_the_job_is_complete(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        assert load_of(job, home) is None

    def test_is_there_for_a_job_that_failed(self, home: Outside) -> None:
        transport = put_transport(home, "EMP", "NOT_THERE")
        job = start(home, transport)
        drain(home)
        failed = settle(home, job.id)
        loads = [
            load_into_bigquery(each, failed, outside=home)
            for each in tables_of(failed.id, outside=home)
        ]
        assert loads == [None, None]


class TestAnyName:
    @given(
        owner=IDENTIFIERS,
        name=IDENTIFIERS,
        format_=st.sampled_from([Format.JSONL_GZ, Format.PARQUET]),
    )
    def test_stays_one_word_for_the_shell_and_every_flag_is_one_of_bq(
        self, owner: str, name: str, format_: Format
    ) -> None:
        stem = object_stem(TableName(owner=owner, name=name), owner_shown=True)
        folder = "gs://lake/TRPID-00000001/v001"
        one = f"{folder}/{stem}.{format_}"
        schema = f"{folder}/{stem}.schema.json"
        command = load_command("DATASET.X", [one], schema=schema, format_=format_)
        fetch, load = commands(command)
        assert fetch == ["gcloud", "storage", "cp", schema, "."]
        assert load[:2] == ["bq", "load"]
        assert {each.partition("=")[0] for each in load if each.startswith("--")} <= FLAGS
        assert load[-2:] == [one, f"./{stem}.schema.json"]


def commands(line: str) -> Sequence[Sequence[str]]:
    """Return the words of each command of a line, as a shell reads them."""
    found: list[list[str]] = [[]]
    lexer = shlex.shlex(line, posix=True, punctuation_chars="&|;<>()")
    lexer.whitespace_split = True
    for word in lexer:
        if word == "&&":
            found.append([])
        else:
            found[-1].append(word)
    return found
