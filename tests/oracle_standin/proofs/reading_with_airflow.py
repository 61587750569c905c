"""Run by Airflow's own environment: `FOLDER QUERY`; its operator's uploads land in the folder."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

from airflow.providers.google.cloud.transfers.oracle_to_gcs import (  # type: ignore[import-not-found,unused-ignore]
    OracleToGCSOperator,
)


def main(folder: str, query: str) -> None:
    """Run the operator as a task would."""

    class IntoAFolder(OracleToGCSOperator):  # type: ignore[misc]
        """The operator, whose uploads go no further than this machine."""

        def _upload_to_gcs(self, file_to_upload: dict[str, Any]) -> None:
            name = Path(folder) / file_to_upload["file_name"]
            shutil.copyfile(file_to_upload["file_handle"].name, name)

    IntoAFolder(
        task_id="read",
        sql=query,
        bucket="none",
        filename="part-{}.json",
        schema_filename="schema.json",
        export_format="json",
    ).execute({})


if __name__ == "__main__":
    main(*sys.argv[1:])
