"""dlt's sql_database to files of JSON Lines, run with its own environment's Python.

Its questions to the data dictionary are answered here from the request: they are not measured.
"""

import gzip
import importlib
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.peak_memory import peak_rss_mb

_LARGEST_CHUNK = 10_000


def main() -> None:
    """Run one of the two backends."""
    request = json.loads(sys.stdin.read())
    with tempfile.TemporaryDirectory(prefix="oracle-etl-dlt-") as folder:
        _set(RUNTIME__DLTHUB_TELEMETRY="false")
        _set(DESTINATION__FILESYSTEM__BUCKET_URL=f"file://{folder}/out")
        began, cpu_began = time.perf_counter(), time.process_time()
        _carry(request, folder)
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        rows = _gathered(Path(folder), Path(request["file"]))
    figures = {
        "rows": rows,
        "seconds": seconds,
        "cpu_seconds": cpu_seconds + children.ru_utime + children.ru_stime,
        "peak_rss_mb": peak_rss_mb(),
    }
    print(json.dumps(figures))


def _set(**settings: str) -> None:
    os.environ.update(settings)  # noqa: TID251  dlt is configured so


def _carry(request: dict[str, Any], folder: str) -> None:
    # dlt reads its settings from the environment when it is loaded.
    dlt = importlib.import_module("dlt")
    sqlalchemy = importlib.import_module("sqlalchemy")
    sql_database = importlib.import_module("dlt.sources.sql_database")
    reflection = importlib.import_module("sqlalchemy.engine.reflection")

    def told(_inspector: object, table: Any, *_: object, **__: object) -> None:  # noqa: ANN401  SQLAlchemy's
        for column in request["columns"]:
            kind = getattr(sqlalchemy, column["kind"])(*column["sizes"])
            table.append_column(sqlalchemy.Column(column["name"], kind))

    reflection.Inspector.reflect_table = told
    chunk = min(_LARGEST_CHUNK, request["rows"])
    host, service = request["dsn"].split("/")
    login = f"{request['user']}:{request['password']}"
    engine = sqlalchemy.create_engine(f"oracle+oracledb://{login}@{host}/?service_name={service}")
    table = sql_database.sql_table(
        engine,
        table=request["table"],
        schema=request["user"],
        backend=request["peer"].removeprefix("dlt-"),
        chunk_size=chunk,
    )
    pipeline = dlt.pipeline(
        "peer", destination="filesystem", dataset_name="peer", pipelines_dir=f"{folder}/state"
    )
    limited = table.add_limit(request["rows"] // chunk)
    pipeline.run(limited, loader_file_format="jsonl")


def _gathered(folder: Path, file: Path) -> int:
    """Put what was written together, and count its lines."""
    rows = 0
    with gzip.open(file, "wb", compresslevel=1) as target:
        for part in sorted(folder.glob(f"out/peer/{file.name.split('-')[0]}_0/*")):
            with gzip.open(part, "rb") as lines:
                for line in lines:
                    target.write(line)
                    rows += 1
    return rows


if __name__ == "__main__":
    main()
