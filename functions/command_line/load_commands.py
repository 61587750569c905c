"""Say how a job's tables get into BigQuery."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from command_line.api_client import path
from command_line.output import Document
from command_line.printable import printable
from command_line.session import Session

_TOLD_AFTER_WATCHING = 10
"""Tables; a job may have thousands."""
_IN_CLOUD_STORAGE = "gs://"


class LoadCommands:
    """Collects from tables that pass by how each is loaded."""

    def __init__(self) -> None:
        self._commands: list[str] = []
        self._hints: dict[str, None] = {}

    def noting(self, tables: Iterable[Document]) -> Iterator[Document]:
        """Pass tables on."""
        for table in tables:
            if load := table["bq_load"]:
                if load["command"]:
                    self._commands.append(load["command"])
                self._hints[load["hint"]] = None
            yield table

    def lines(self) -> Iterator[str]:
        """Yield what people are told: the commands, or what hinders them; nothing of no table."""
        if self._commands:
            yield "to load it into BigQuery, with your data set in place of DATASET:"
            yield from self._commands
        else:
            yield from self._hints


def tell_how_to_load(session: Session, job: Document) -> None:
    """Tell, after a job was watched, how the first of its tables are loaded."""
    if not job["location"].startswith(_IN_CLOUD_STORAGE):
        return
    commands = LoadCommands()
    tables = session.api.pages(
        path("jobs", job["id"], "tables"),
        "tables",
        query={"page_size": _TOLD_AFTER_WATCHING},
        most=_TOLD_AFTER_WATCHING,
    )
    for _ in commands.noting(tables):
        """Each is noted as it passes."""
    for line in commands.lines():
        session.output.note(printable(line))
    if job["tables_total"] > _TOLD_AFTER_WATCHING:
        session.output.note(f"`oracle-etl jobs show {job['id']}` has those of all tables")
