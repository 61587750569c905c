"""The peers: each installed into an environment of its own, measured, and read back."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from benchmarks.cases import Case, Declared, Value
from benchmarks.replay_database import PASSWORD, USER

_HERE = Path(__file__).parent
_DLT = ("oracledb", "dlt[filesystem]", "sqlalchemy", "pyarrow", "numpy")
_SHARE_OF_ROWS = 10
"""Peers carry a tenth of a table: their rate does not depend on its length."""
_SECONDS = 300
_LAST_LINE = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One other way to do it; `skipped` says why it cannot be measured."""

    name: str
    packages: tuple[str, ...] = ()
    script: str = "peer_scripts.py"
    skipped: str = ""


_UNWRITTEN = "no script runs it here yet"
PEERS = (
    Peer(name="usual", packages=("oracledb",)),
    Peer(name="orjson", packages=("oracledb", "orjson")),
    Peer(name="pandas", packages=("oracledb", "pandas")),
    Peer(name="dlt-sqlalchemy", packages=_DLT, script="peer_dlt.py"),
    Peer(name="dlt-pyarrow", packages=_DLT, script="peer_dlt.py"),
    Peer(name="airflow", skipped=_UNWRITTEN),
)


def measure_peers(case: Case, dsn: str, folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each peer's figures, or why there are none."""
    for peer in PEERS:
        try:
            yield peer.name, _measured(peer, case, dsn, folder)
        except subprocess.SubprocessError as error:
            said = str(getattr(error, "stderr", "") or error).strip().splitlines()
            yield peer.name, {"skipped": said[_LAST_LINE][:200]}


def _measured(peer: Peer, case: Case, dsn: str, folder: Path) -> dict[str, Any]:
    if peer.skipped:
        return {"skipped": peer.skipped}
    python = _environment(peer, folder)
    file = folder / f"{case.name}-{peer.name}.jsonl.gz"
    columns = ",".join(f'"{column.name}"' for column in case.columns)
    request = {
        "peer": peer.name,
        "dsn": dsn,
        "user": USER,
        "password": PASSWORD,
        "table": f"{case.name.upper()}_0",
        "columns": [_for_sqlalchemy(column) for column in case.columns],
        "statement": f'SELECT {columns} FROM "SCOTT"."{case.name.upper()}_0"',
        "rows": max(1000, case.rows // _SHARE_OF_ROWS),
        # What every tutorial leaves as it is: numbers with a point become doubles.
        "decimals": False,
        "file": str(file),
    }
    figures: dict[str, Any] = json.loads(
        _run([python, str(_HERE / peer.script)], said=json.dumps(request))
    )
    different = sum(_differences(case, file))
    values = figures["rows"] * len(case.columns)
    return {
        "rows_per_second": figures["rows"] / figures["seconds"],
        "rows_per_cpu_second": figures["rows"] / figures["cpu_seconds"],
        "peak_rss_mb": figures["peak_rss_mb"],
        "values": values,
        "differences": different,
    }


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
    home = folder / f"environment-{peer.name}"
    python = str(home / "bin" / "python")
    if not home.exists():
        uv = str(Path(sys.executable).with_name("uv"))
        _run([uv, "venv", "--quiet", "--python", sys.executable, str(home)])
        _run([uv, "pip", "install", "--quiet", "--python", python, *peer.packages])
    return python


def _run(command: Sequence[str], *, said: str = "") -> str:
    # uv and Python, on a script that lies beside this one.
    done = subprocess.run(  # noqa: S603
        command, input=said, capture_output=True, text=True, check=True, timeout=_SECONDS
    )
    return done.stdout


def _differences(case: Case, file: Path) -> Iterator[int]:
    """Yield for each line how many values are not those of the source."""
    with gzip.open(file, "rb") as lines:
        for number, line in enumerate(lines):
            parsed = json.loads(line, parse_float=Decimal)
            given = {name.upper(): value for name, value in parsed.items()}
            # The replay repeats its pool of rows.
            wanted = case.row(number % min(case.pool, case.rows))
            yield sum(
                not is_same(given.get(column.name), value)
                for column, value in zip(case.columns, wanted, strict=True)
            )


def is_same(given: Any, wanted: Value) -> bool:  # noqa: ANN401  whatever a peer wrote
    """Tell whether a value came through; how it is spelt is left to the peer."""
    if given is None or wanted is None:
        return given is None and wanted is None
    if isinstance(wanted, datetime):
        return _moment(given) == wanted
    if isinstance(wanted, int | Decimal):
        return _number(given) == wanted
    return bool(given == (wanted.hex() if isinstance(wanted, bytes) else wanted))


def _moment(given: Any) -> datetime | None:  # noqa: ANN401  as above
    try:
        return datetime.fromisoformat(str(given)).replace(tzinfo=None)
    except ValueError:
        return None


def _number(given: Any) -> Decimal | None:  # noqa: ANN401  as above
    try:
        return Decimal(str(given))
    except InvalidOperation:
        return None
