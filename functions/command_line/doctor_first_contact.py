"""`oracle-etl doctor --first-contact`: try a source, and write down what came of it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from command_line.exits import BadUsage, TableStays, TypesDiffer, Unreachable
from command_line.output import Document, Output, View
from oracle_etl.flow.check_up import clock_differs_by
from oracle_etl.flow.first_contact import PREFIX, FirstContact, make_first_contact
from oracle_etl.model.errors import TryAgain
from oracle_etl.settings import Settings
from oracle_etl.wiring.trials import Trial, wire_trial


def _told(verdict: Document) -> str:
    """Return the code or the value that tells what is wrong, and what could not be tried."""
    left_out = verdict["left_out"]
    untried = (
        f"{left_out} values left out, whose letters the character set lacks" if left_out else ""
    )
    return "; ".join(part for part in (verdict["told"], untried) if part)


TRIED = View(
    event="tried_type",
    columns={
        "TYPE": lambda verdict: verdict["type"],
        "RESULT": lambda verdict: verdict["outcome"],
        "VALUES": lambda verdict: verdict["values"],
        "TOLD": _told,
    },
)
WAYS = View(
    event="tried_way",
    columns={
        "ASKED": lambda way: way["what"],
        "WORKS": lambda way: way["works"],
        "CODE": lambda way: way["code"],
        "WHAT TO DO": lambda way: way["advice"],
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be tried, and where the report goes."""

    source: str
    report: Path
    seed: int
    is_agreed: bool

    @property
    def text(self) -> Path:
        """Where the report for people goes."""
        return self.report.with_suffix(".txt")


def first_contact(asked: Asked, *, settings: Settings, output: Output) -> None:
    """Try the source, show and write the report.

    TypesDiffer where a type is not carried, TableStays where the schema is not as it was.
    """
    _refuse_unwritable(asked)
    _agree(asked)
    mode = settings.sources[asked.source].mode if asked.source in settings.sources else ""
    with closing(wire_trial(settings, asked.source, mode=mode)) as trial:
        contact = _contact(trial, asked)
    output.rows(WAYS, map(asdict, contact.ways))
    output.rows(TRIED, map(asdict, contact.types))
    _write(asked.report, json.dumps(contact.document(), indent=2, ensure_ascii=False) + "\n")
    _write(asked.text, "\n".join(lines_of(contact)) + "\n")
    output.event("first_contact", contact.document())
    output.note(f"the report is in {asked.report} and {asked.text}")
    _judge(contact, asked)


def _judge(contact: FirstContact, asked: Asked) -> None:
    if contact.left is not None:
        raise TableStays(contact.left.message, hint=contact.left.hint)
    if not contact.is_well:
        wrong = [each.type for each in contact.types if not each.is_well]
        raise TypesDiffer(
            f"not carried exactly: {', '.join(wrong)}",
            hint=f"exclude columns of these types, and send {asked.report} with a report of the "
            "fault: it names no host, no user and no data",
        )


def _refuse_unwritable(asked: Asked) -> None:
    """Refuse a name for the report that would be no use once everything was tried."""
    if asked.report == asked.text:
        raise BadUsage(
            f"{asked.report} is the name of the report for people, beside the one for programs",
            hint="name the one for programs with --report, as in --report first-contact.json",
        )
    if not os.access(asked.report.parent, os.W_OK):
        raise BadUsage(
            f"{asked.report} cannot be written: its folder is not there, or not to be written in",
            hint="name another file with --report",
        )


def is_asked() -> bool:
    """Tell whether somebody sits there who can be asked."""
    return sys.stdin.isatty()


def _agree(asked: Asked) -> None:
    if asked.is_agreed:
        return
    if not is_asked():
        raise BadUsage(
            "this makes and drops tables in the account's schema, and nobody can be asked",
            hint="say --yes",
        )
    click.confirm(
        f"Make tables {PREFIX}... in the schema of source {asked.source}'s account, and drop "
        "them again?",
        abort=True,
        err=True,
    )


def _contact(trial: Trial, asked: Asked) -> FirstContact:
    try:
        return make_first_contact(
            source=trial.source,
            scratch=trial.scratch,
            randomness=trial.randomness,
            seed=asked.seed,
        )
    except TryAgain as error:
        raise Unreachable(error.message, hint=error.hint or "try again") from error


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadUsage(
            f"{path} cannot be written: {error.strerror}", hint="name another file with --report"
        ) from error


def lines_of(contact: FirstContact) -> Iterator[str]:
    """Yield the report as a person reads it."""
    server = contact.server
    yield "oracle-etl first contact"
    yield ""
    yield f"Oracle {server.release} through {server.driver}"
    yield f"character sets {server.character_set} and {server.national_character_set}"
    yield f"its clock is {clock_differs_by(server)}"
    yield from (f"{what}: {answer}" for what, answer in server.answers.items())
    yield f"privileges: {', '.join(sorted(server.privileges)) or 'none'}"
    yield ""
    yield from (_way_line(each) for each in map(asdict, contact.ways))
    yield ""
    yield from (_type_line(each) for each in map(asdict, contact.types))
    yield ""
    if contact.table_left is not None:
        yield f"LEFT IN THE SCHEMA, and nothing tried after it: {contact.table_left}"
    yield "all types came back as they were put in" if contact.is_well else "NOT ALL IS WELL"


def _way_line(way: Document) -> str:
    works = "works" if way["works"] else f"does not work ({way['code'] or 'no answer'})"
    return f"{way['what']}: {works}" + (f"; {way['advice']}" if way["advice"] else "")


def _type_line(verdict: Document) -> str:
    tried = f"{verdict['type']}: {verdict['outcome']}, {verdict['values']} values"
    return ": ".join(part for part in (tried, _told(verdict)) if part)
