"""Other people's tools, unmodified and in environments of their own, read the sample schema.

Each environment is made when the proof runs; where that cannot be, the proof says so in a line.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import oracledb
import pytest

from oracle_standin.sample.serving import Account, running_sample

HERE = Path(__file__).parent
TABLES = ("departments", "employees", "customers", "products", "orders", "order_items", "vbrp")
DLT = ("dlt[sql_database]", "oracledb", "pyarrow")
AIRFLOW = (
    "apache-airflow",
    "apache-airflow-providers-google",
    "apache-airflow-providers-oracle",
)
LONGEST_INSTALLATION_SECONDS = 900

pytestmark = [pytest.mark.prove, pytest.mark.timeout(2 * LONGEST_INSTALLATION_SECONDS)]


def environment(folder: Path, packages: tuple[str, ...]) -> Path:
    """Make a virtual environment with packages; return its Python."""
    python = folder / "bin" / "python"
    for command in (
        (sys.executable, "-m", "venv", str(folder)),
        (str(python), "-m", "pip", "install", "--quiet", "uv"),
        (str(python), "-m", "uv", "pip", "install", "--quiet", "--python", str(python), *packages),
    ):
        done = subprocess.run(  # noqa: S603 - our own interpreter and packages named here
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST_INSTALLATION_SECONDS,
        )
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            pytest.skip(f"{packages[0]} cannot be installed here: {reason}")
    return python


def output(python: Path, script: str, *arguments: str, settings: Mapping[str, str]) -> str:
    """Run one of the reading scripts to its end, and return what it printed."""
    done = subprocess.run(  # noqa: S603 - our own script
        (str(python), str(HERE / script), *arguments),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **settings},  # noqa: TID251 - handed on, read by nobody here
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def sample() -> Iterator[Account]:
    with running_sample(event_rows=1) as account:
        yield account


@pytest.fixture(scope="module")
def dlt_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return environment(tmp_path_factory.mktemp("dlt"), DLT)


@pytest.fixture(scope="module")
def airflow_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return environment(tmp_path_factory.mktemp("airflow"), AIRFLOW)


def truth(sample: Account) -> dict[str, list[int]]:
    """Ask the stand-in itself for rows, and for a sum where there is something to add."""
    found = {}
    with oracledb.connect(user=sample.user, password=sample.password, dsn=sample.dsn) as asked:
        for table in TABLES:
            total = "SUM(quantity)" if table == "order_items" else "0"
            ((*figures,),) = asked.cursor().execute(f"SELECT COUNT(*), {total} FROM {table}")
            found[table] = figures
    return found


class TestDlt:
    @pytest.mark.parametrize("backend", ["sqlalchemy", "pyarrow"])
    def test_reads_the_tables_whole(
        self, dlt_python: Path, sample: Account, backend: str, tmp_path: Path
    ) -> None:
        address, _, service = sample.dsn.partition("/")
        url = f"oracle+oracledb://{sample.user}:{sample.password}@{address}/?service_name={service}"
        settings = {"RUNTIME__DLTHUB_TELEMETRY": "false", "DLT_DATA_DIR": str(tmp_path)}
        read = output(dlt_python, "reading_with_dlt.py", url, backend, *TABLES, settings=settings)
        assert json.loads(read) == truth(sample)


class TestAirflow:
    def test_exports_a_table_by_its_operator(
        self, airflow_python: Path, sample: Account, tmp_path: Path
    ) -> None:
        address, _, service = sample.dsn.partition("/")
        host, _, port = address.partition(":")
        account = {
            "conn_type": "oracle",
            "host": host,
            "port": int(port),
            "login": sample.user,
            "password": sample.password,
            "extra": {"service_name": service},
        }
        settings = {
            "AIRFLOW_HOME": str(tmp_path / "home"),
            "AIRFLOW_CONN_ORACLE_DEFAULT": json.dumps(account),
        }
        query = "SELECT * FROM order_items"
        output(airflow_python, "reading_with_airflow.py", str(tmp_path), query, settings=settings)
        lines = (tmp_path / "part-0.json").read_text().splitlines()
        quantities = sum(json.loads(line)["QUANTITY"] for line in lines)
        assert [len(lines), quantities] == truth(sample)["order_items"]
        names = [column["name"] for column in json.loads((tmp_path / "schema.json").read_text())]
        assert names == ["ORDER_ID", "LINE", "PRODUCT_ID", "QUANTITY", "PRICE"]
