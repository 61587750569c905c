"""The peers: each installed into an environment of its own, measured, and read back.

Each carries the first rows of a table, as many as the case says, from the same replay into JSON
Lines under gzip; and so do we, for the comparison of values.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.cases import Case, Declared
from benchmarks.measured import Figures, Request
from benchmarks.peer_values import differences
from benchmarks.processes import run_measured
from benchmarks.replay_cells import PASSWORD, USER

_ROOT = Path(__file__).parent.parent
_DLT = ("oracledb", "dlt[filesystem]", "sqlalchemy", "pyarrow", "numpy")
_AIRFLOW = (
    "apache-airflow",
    "apache-airflow-providers-google",
    "apache-airflow-providers-oracle",
)
_SECONDS = 600
_LAST_LINE = -1
_LONGEST_REASON = 200
_RAW_DEFLATE = -15


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerFigures:
    """What a peer took, and what it did to the values."""

    rows: int
    rows_per_second: float
    rows_per_cpu_second: float
    peak_rss_mb: float
    values: int
    differences: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One other way to do it."""

    name: str
    packages: tuple[str, ...]
    script: str


PEERS = (
    Peer(name="usual", packages=("oracledb",), script="peer_scripts"),
    Peer(name="orjson", packages=("oracledb", "orjson"), script="peer_scripts"),
    Peer(name="pandas", packages=("oracledb", "pandas"), script="peer_scripts"),
    Peer(name="dlt-sqlalchemy", packages=_DLT, script="peer_dlt"),
    Peer(name="dlt-pyarrow", packages=_DLT, script="peer_dlt"),
    Peer(name="airflow", packages=_AIRFLOW, script="peer_airflow"),
)


def measure_peers(
    case: Case, dsn: str, folder: Path, *, share: float
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield our own figures for the same rows, then each peer's, or why there are none."""
    yield "ours", asdict(_ours(case, dsn, share=share))
    for peer in PEERS:
        yield peer.name, _figures(peer, case, dsn, folder)


def _figures(peer: Peer, case: Case, dsn: str, folder: Path) -> dict[str, Any]:
    try:
        python = _environment(peer, folder)
    except subprocess.SubprocessError as error:
        return {"skipped": _reason(error)}
    try:
        return asdict(_measured(peer, case, dsn, python, folder))
    except subprocess.SubprocessError as error:
        return {"failed": _reason(error)}


def _reason(error: subprocess.SubprocessError) -> str:
    said = str(getattr(error, "stderr", "") or error).strip().splitlines()
    return said[_LAST_LINE][:_LONGEST_REASON]


def _ours(case: Case, dsn: str, *, share: float) -> PeerFigures:
    with tempfile.TemporaryDirectory(prefix="oracle-etl-bench-") as folder:
        figures = run_measured(
            Request(
                what="ours",
                case=case.name,
                dsn=dsn,
                folder=folder,
                end_row=case.peer_rows,
                share=share,
            )
        )
        [written] = Path(folder).glob("objects/**/t*-a*")
        return _judged(case, figures, _plain_lines(written))


def _plain_lines(written: Path) -> Iterator[bytes]:
    """Yield the lines of one of our objects; a part has no header of its own yet."""
    content = written.read_bytes()
    is_whole = content.startswith(b"\x1f\x8b")
    plain = zlib.decompressobj(31 if is_whole else _RAW_DEFLATE).decompress(content)
    yield from plain.splitlines()


def _measured(peer: Peer, case: Case, dsn: str, python: str, folder: Path) -> PeerFigures:
    file = folder / f"{case.name}-{peer.name}.jsonl.gz"
    columns = ",".join(f'"{column.name}"' for column in case.columns)
    statement = f'SELECT {columns} FROM "SCOTT"."{case.name.upper()}_0"'
    request = {
        "peer": peer.name,
        "dsn": dsn,
        "user": USER,
        "password": PASSWORD,
        "table": f"{case.name.upper()}_0",
        "columns": [_for_sqlalchemy(column) for column in case.columns],
        "statement": statement,
        "limited_statement": f"{statement} FETCH FIRST {case.peer_rows} ROWS ONLY",
        "rows": case.peer_rows,
        "file": str(file),
    }
    said = _run([python, "-m", f"benchmarks.{peer.script}"], said=json.dumps(request))
    with gzip.open(file, "rb") as lines:
        return _judged(case, Figures(**json.loads(said)), lines)


def _judged(case: Case, figures: Figures, lines: Iterator[bytes] | gzip.GzipFile) -> PeerFigures:
    return PeerFigures(
        rows=figures.rows,
        rows_per_second=figures.rows / figures.seconds,
        rows_per_cpu_second=figures.rows / figures.cpu_seconds,
        peak_rss_mb=figures.peak_rss_mb,
        values=figures.rows * len(case.columns),
        differences=sum(differences(case, lines)),
    )


def _for_sqlalchemy(column: Declared) -> dict[str, Any]:
    """Return a column as SQLAlchemy's reflection would tell of it."""
    if column.type == "NUMBER":
        sizes = [] if column.precision is None else [column.precision, column.scale]
        return {"name": column.name, "kind": "Numeric", "sizes": sizes}
    if column.type == "VARCHAR2":
        return {"name": column.name, "kind": "String", "sizes": [column.size]}
    kind = {"CLOB": "Text", "BLOB": "LargeBinary"}.get(column.type, "DateTime")
    return {"name": column.name, "kind": kind, "sizes": []}


def _environment(peer: Peer, folder: Path) -> str:
    """Return the Python of a peer's environment, made when it is first asked for."""
    home = folder / f"environment-{peer.packages[-1]}"
    python = str(home / "bin" / "python")
    if not home.exists():
        uv = str(Path(sys.executable).with_name("uv"))
        _run([uv, "venv", "--quiet", "--python", sys.executable, str(home)])
        _run([uv, "pip", "install", "--quiet", "--python", python, *peer.packages])
    return python


def _run(command: Sequence[str], *, said: str = "") -> str:
    done = subprocess.run(  # noqa: S603  uv and Python, on a script that lies beside this one
        command,
        input=said,
        capture_output=True,
        text=True,
        check=True,
        timeout=_SECONDS,
        cwd=_ROOT,
    )
    return done.stdout
