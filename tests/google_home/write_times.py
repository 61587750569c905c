"""When Firestore took each stage, as Firestore says.

A stage's own time is from before its write, which on the emulator may wait for seconds while
others hold the locks that it needs.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

import requests

from emulators.google_emulators import firestore_address
from google_home.heard_stages import Heard

_LOOK_EVERY_SECONDS = 0.1
_ANSWER_SECONDS = 30.0


class WriteTimes:
    """The first update time with which each stage was seen: it was written then or earlier."""

    def __init__(self, project: str, job: str) -> None:
        documents = f"projects/{project}/databases/(default)/documents"
        self._url = f"http://{firestore_address()}/v1/{documents}/jobs/{job}/tables"
        self._times: dict[tuple[str, int], datetime] = {}

    def look(self, session: requests.Session) -> None:
        """Take the tables as they are now."""
        answer = session.get(
            self._url, headers={"Authorization": "Bearer owner"}, timeout=_ANSWER_SECONDS
        )
        answer.raise_for_status()
        for document in answer.json()["documents"]:
            fields = document["fields"]
            name = fields["table"]["mapValue"]["fields"]["name"]["stringValue"]
            written_at = datetime.fromisoformat(document["updateTime"])
            for number in range(len(fields["stages"]["arrayValue"]["values"])):
                self._times.setdefault((name, number), written_at)

    def lags(self, heard: Iterable[Heard]) -> Iterator[float]:
        """Yield for each stage the seconds from its write to its telling.

        What was written before a listener began, it is told at its beginning.
        """
        told = list(heard)
        began = min(each.heard_at for each in told)
        numbers: dict[str, int] = {}
        for each in told:
            number = numbers.get(each.table, 0)
            numbers[each.table] = number + 1
            written_at = max(self._times[each.table, number], began)
            yield (each.heard_at - written_at).total_seconds()


@contextmanager
def write_times(project: str, job: str) -> Iterator[WriteTimes]:
    """Look at a job's tables until the block ends."""
    times, ended = WriteTimes(project, job), threading.Event()

    def look_on() -> None:
        with requests.Session() as session:
            while not ended.wait(_LOOK_EVERY_SECONDS):
                times.look(session)
            times.look(session)

    thread = threading.Thread(target=look_on, name="write times")
    thread.start()
    try:
        yield times
    finally:
        ended.set()
        thread.join()
