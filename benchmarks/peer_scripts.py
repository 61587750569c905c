"""What others would write, each run with its own environment's Python: nothing here is ours.

A request comes in as JSON, a gzip file of JSON Lines is written, the figures go out.
"""

import contextlib
import gzip
import importlib
import itertools
import json
import sys
import time
from datetime import datetime
from typing import Any, BinaryIO

import oracledb

from benchmarks.peak_memory import peak_rss_mb

_ARRAY = 1000
_LEVEL = 6


def usual(cursor: oracledb.Cursor, request: dict[str, Any], target: BinaryIO) -> int:
    """Do as every tutorial does: cursor, json, gzip."""
    names = [each[0] for each in cursor.description or ()]
    rows = 0
    for row in itertools.islice(cursor, request["rows"]):
        line = json.dumps(dict(zip(names, row, strict=True)), default=_text)
        target.write(line.encode() + b"\n")
        rows += 1
    return rows


def fast_json(cursor: oracledb.Cursor, request: dict[str, Any], target: BinaryIO) -> int:
    """Do the same with orjson."""
    orjson = importlib.import_module("orjson")
    names = [each[0] for each in cursor.description or ()]
    rows = 0
    for row in itertools.islice(cursor, request["rows"]):
        target.write(
            orjson.dumps(
                dict(zip(names, row, strict=True)),
                default=_text,
                option=orjson.OPT_APPEND_NEWLINE,
            )
        )
        rows += 1
    return rows


def frames(cursor: oracledb.Cursor, request: dict[str, Any], target: BinaryIO) -> int:
    """Make pandas frames of chunks, and let them write themselves."""
    pandas = importlib.import_module("pandas")
    names = [each[0] for each in cursor.description or ()]
    rows = 0
    while rows < request["rows"] and (chunk := cursor.fetchmany(_ARRAY * 5)):
        frame = pandas.DataFrame(chunk, columns=names)
        text = frame.to_json(orient="records", lines=True, date_format="iso", date_unit="us")
        target.write(text.encode())
        rows += len(chunk)
    return rows


def _text(value: Any) -> str:  # noqa: ANN401  whatever the driver gives
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, datetime) else str(value)


def main() -> None:
    """Run one peer."""
    request = json.loads(sys.stdin.read())
    write = {"usual": usual, "orjson": fast_json, "pandas": frames}[request["peer"]]
    began, cpu_began = time.perf_counter(), time.process_time()
    # Numbers with a point become doubles, as every tutorial leaves them; large values come whole.
    oracledb.defaults.fetch_lobs = False
    with contextlib.ExitStack() as stack:
        connection = stack.enter_context(
            oracledb.connect(user=request["user"], password=request["password"], dsn=request["dsn"])
        )
        cursor = stack.enter_context(connection.cursor())
        cursor.arraysize = cursor.prefetchrows = _ARRAY
        target = stack.enter_context(gzip.open(request["file"], "wb", compresslevel=_LEVEL))
        cursor.execute(request["statement"])
        rows = write(cursor, request, target)
    figures = {
        "rows": rows,
        "seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time() - cpu_began,
        "peak_rss_mb": peak_rss_mb(),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
