"""Talk to a running service over HTTP, and over nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import requests

from journey_homes.event_stream import Event, whole_stream
from journey_homes.waiting import until

Document = dict[str, Any]

ENDED = {"completed", "failed", "cancelled"}
_ANSWER_SECONDS = 60.0


class Api:
    """One service's HTTP API; answers that are no success raise, unless `ask` is used."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()

    def ask(self, method: str, path: str, **request: Any) -> requests.Response:  # noqa: ANN401 - passed on
        """Return whatever is answered."""
        return self._session.request(
            method, f"{self.url}/api{path}", timeout=_ANSWER_SECONDS, **request
        )

    def get(self, path: str) -> Document:
        """Read a document."""
        return _said(self.ask("GET", path))

    def post(self, path: str, body: Document | None = None) -> Document:
        """Send a document."""
        return _said(self.ask("POST", path, json=body or {}))

    def create(self, tables: list[Any], **fields: Any) -> str:  # noqa: ANN401 - fields of any type
        """Create a transport and return its id."""
        body = {"name": "A journey", "tables": tables, **fields}
        transport: str = self.post("/transports", body)["id"]
        return transport

    def execute(self, transport: str, **fields: Any) -> str:  # noqa: ANN401 - fields of any type
        """Start a job and return its id."""
        job: str = self.post(f"/transports/{transport}/execute", fields)["id"]
        return job

    def job(self, job: str) -> Document:
        """Return a job."""
        return self.get(f"/jobs/{job}")

    def tables(self, job: str) -> dict[str, Document]:
        """Return a job's tables by their names without the owner."""
        return {_bare(each["table_name"]): each for each in self._pages(f"/jobs/{job}/tables")}

    def _pages(self, path: str) -> Iterator[Document]:
        token = ""
        while token is not None:
            page = self.get(f"{path}?page_size=100" + (f"&page_token={token}" if token else ""))
            yield from page["tables"]
            token = page["next_page_token"]

    def watch(self, job: str, *, reconnect_after: int | None = None) -> Iterator[Event]:
        """Yield a job's events to the last one."""
        return whole_stream(f"{self.url}/api/jobs/{job}/events", reconnect_after=reconnect_after)

    def ended(self, job: str, *, within_seconds: float = 60.0) -> Document:
        """Wait for the end of a job, and return it."""
        return until(
            lambda: found if (found := self.job(job))["status"] in ENDED else None,
            within_seconds=within_seconds,
            what=f"the end of {job}",
        )

    def carried_some(self, job: str, *, within_seconds: float = 30.0) -> Document:
        """Wait until a running job has carried its first rows, and return it."""

        def look() -> Document | None:
            found = self.job(job)
            assert found["status"] not in ENDED, f"{job} ended too soon: {found['error']}"
            return found if found["total_rows"] else None

        return until(look, within_seconds=within_seconds, what=f"the first rows of {job}")


def _said(response: requests.Response) -> Document:
    assert response.ok, f"{response.request.method} {response.url}: {response.text}"
    document: Document = response.json()
    return document


def _bare(name: str) -> str:
    return name.rpartition(".")[2]
