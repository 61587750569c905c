"""Airflow's OracleToGCSOperator, run with its own environment's Python.

Its upload is redirected to a file, with gzip as its hook would do it.
"""

import gzip
import json
import os
import shutil
import sys
import tempfile
import time
from contextlib import redirect_stdout
from typing import Any

from benchmarks.peak_memory import peak_rss_mb


def main() -> None:
    """Run the operator as a task would."""
    request = json.loads(sys.stdin.read())
    with tempfile.TemporaryDirectory(prefix="oracle-etl-airflow-") as folder:
        _set(AIRFLOW_HOME=folder, AIRFLOW_CONN_ORACLE_DEFAULT=_account(request))
        _set(AIRFLOW__LOGGING__LOGGING_LEVEL="ERROR", AIRFLOW__CORE__LOAD_EXAMPLES="False")
        carry = _operator(request)
        began, cpu_began = time.perf_counter(), time.process_time()
        carry()
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
    with gzip.open(request["file"], "rb") as lines:
        rows = sum(1 for _ in lines)
    figures = {
        "rows": rows,
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "peak_rss_mb": peak_rss_mb(),
    }
    with redirect_stdout(sys.__stdout__):
        print(json.dumps(figures))


def _set(**settings: str) -> None:
    os.environ.update(settings)  # noqa: TID251  Airflow is configured so


def _account(request: dict[str, Any]) -> str:
    address, service = request["dsn"].split("/")
    host, port = address.split(":")
    return json.dumps(
        {
            "conn_type": "oracle",
            "host": host,
            "port": int(port),
            "login": request["user"],
            "password": request["password"],
            # A locator cannot be written as JSON: the operator fails unless its hook is told so.
            "extra": {"service_name": service, "fetch_lobs": False},
        }
    )


def _operator(request: dict[str, Any]) -> Any:  # noqa: ANN401  Airflow is not installed here
    # Airflow reads its settings from the environment when it is loaded, and prints as it likes.
    sys.stdout = sys.stderr
    from airflow.providers.google.cloud.transfers.oracle_to_gcs import (  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415
        OracleToGCSOperator,
    )

    class IntoAFile(OracleToGCSOperator):  # type: ignore[misc]
        """The operator, whose uploads go no further than this machine."""

        def _upload_to_gcs(self, file_to_upload: dict[str, Any]) -> None:
            with (
                open(file_to_upload["file_handle"].name, "rb") as plain,  # noqa: PTH123
                gzip.open(request["file"], "ab") as target,
            ):
                shutil.copyfileobj(plain, target)

    task = IntoAFile(
        task_id="carry",
        sql=request["limited_statement"],
        bucket="none",
        filename="part-{}.json",
        export_format="json",
        gzip=True,
    )
    return lambda: task.execute({})


if __name__ == "__main__":
    main()
