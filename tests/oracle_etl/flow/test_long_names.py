"""Tables whose names are longer than a file's name may be, once they are encoded."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from fakes.memory_source import MemorySource
from flow_home import a_home, manifest, put_transport, rows, settle, start
from oracle_etl.model.job import JobStatus

NAMES = ("가" * 41 + "나", "가" * 41 + "다")


def test_are_carried_apart_and_the_manifest_tells_which_is_which(tmp_path: Path) -> None:
    source = MemorySource()
    for number, name in enumerate(NAMES):
        source.put(name, ((number, name),))
    home = a_home(tmp_path, source=source)
    job = settle(home, start(home, put_transport(home, *NAMES)).id)
    assert job.status is JobStatus.COMPLETED, job.failure
    for number, table in enumerate(manifest(home, job)["tables"]):
        (written,) = table["objects"]
        assert table["table"] == NAMES[number]
        assert max(map(len, written["name"].split("/"))) <= 255
        assert rows(home, written["name"]) == Counter([(number, NAMES[number])])
    home.close()
