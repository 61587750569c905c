"""Compose the command that loads a table's objects into BigQuery."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from oracle_etl.flow.encode.schema_files import SCHEMA_SUFFIX, schema_name
from oracle_etl.model.job import Job, JobKind, JobStatus
from oracle_etl.model.table_task import TableTask
from oracle_etl.model.transport import Format
from oracle_etl.model.work import WorkStatus
from oracle_etl.outside import Outside

_DATA_SET = "DATASET"
_FORMATS = {Format.JSONL_GZ: "NEWLINE_DELIMITED_JSON", Format.PARQUET: "PARQUET"}
"""BigQuery reads no Zstandard around JSON."""
_NO_FORMAT = "BigQuery reads no Zstandard around JSON: let the transport write jsonl.gz or parquet"
_PART = re.compile(r"/part-\d+-of-(\d+)(\.[a-z.]+)\Z")
_NOT_IN_A_NAME = re.compile(r"\W")


@dataclass(frozen=True, slots=True, kw_only=True)
class BigqueryLoad:
    """How a table gets into BigQuery."""

    command: str | None
    """For a shell; None where BigQuery cannot read the objects where they are."""
    hint: str


def load_into_bigquery(table: TableTask, job: Job, *, outside: Outside) -> BigqueryLoad | None:
    """Return how to load a table, None until its job is complete, and for a test run's rows."""
    is_ready = job.status is JobStatus.COMPLETED and table.status is WorkStatus.COMPLETED
    if not is_ready or job.kind is JobKind.TEST or not table.objects:
        return None
    format_ = job.transport.carriage.format
    if format_ not in _FORMATS:
        return BigqueryLoad(command=None, hint=_NO_FORMAT)
    first = table.objects[0].object
    schema = outside.store.location(first.bucket, schema_name(first.name, format_))
    if not schema.startswith("gs://"):
        return BigqueryLoad(command=None, hint=_from_a_folder(schema.rpartition("/")[0]))
    locations = [
        outside.store.location(each.object.bucket, each.object.name) for each in table.objects
    ]
    into = f"{_DATA_SET}.{_bigquery_name(schema)}"
    return BigqueryLoad(
        command=load_command(into, locations, schema=schema, format_=format_),
        hint=f"put your data set in place of {_DATA_SET}; what {into} holds is replaced, and "
        "without --replace kept beside these rows",
    )


def load_command(into: str, locations: Sequence[str], *, schema: str, format_: Format) -> str:
    """Return a command for a shell, which fetches the schema first.

    `bq` takes schemas from files only, never from Cloud Storage. Parquet needs one too: left to
    itself BigQuery takes local times for instants, and refuses decimals of 38 digits.
    """
    fetch = ["gcloud", "storage", "cp", schema, "."]
    load = ["bq", "load", "--replace", f"--source_format={_FORMATS[format_]}"]
    fetched = f"./{schema.rpartition('/')[2]}"
    return f"{shlex.join(fetch)} && {shlex.join([*load, into, _source(locations), fetched])}"


def _source(locations: Sequence[str]) -> str:
    """Return the objects as `bq` takes them; one wildcard says all parts of a table."""
    patterns = dict.fromkeys(_PART.sub(r"/part-*-of-\1\2", each) for each in locations)
    return ",".join(patterns)


def _bigquery_name(schema: str) -> str:
    """Return the table's name as far as BigQuery allows it: letters, digits and underscores."""
    stem = unquote(schema.rpartition("/")[2].removesuffix(SCHEMA_SUFFIX))
    return _NOT_IN_A_NAME.sub("_", stem)


def _from_a_folder(folder: str) -> str:
    copy = shlex.join(["gcloud", "storage", "cp", "--recursive", folder, "gs://BUCKET/"])
    return (
        f"BigQuery loads from Cloud Storage: let the transport write into a bucket there, or copy "
        f"the version with `{copy}`"
    )
