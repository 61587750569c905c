"""`oracle-etl doctor`: look whether everything that a job needs is there."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import asdict
from functools import partial
from itertools import chain
from pathlib import Path

import click

from command_line.doctor_first_contact import Asked, first_contact
from command_line.exits import DataDiffers
from command_line.output import Output, View
from command_line.session import examples, says_how_it_ends
from oracle_etl.flow.check_up import Finding, Health, check_up
from oracle_etl.ports import ServerFacts
from oracle_etl.settings import Settings
from oracle_etl.wiring import wire_api
from oracle_etl.wiring.modes import mode_of_service
from oracle_etl.wiring.trials import wire_trial


class NotWell(DataDiffers):
    """Something that jobs need is broken."""

    code = "NOT_WELL"


FOUND = View(
    event="found",
    columns={
        "PART": lambda finding: finding["part"],
        "HEALTH": lambda finding: finding["health"],
        "FOUND": lambda finding: finding["found"],
        "WHAT TO DO": lambda finding: finding["advice"],
    },
)


@click.command(
    "doctor",
    epilog=examples(
        "oracle-etl doctor",
        "oracle-etl doctor --first-contact",
        "oracle-etl doctor --first-contact --source erp --report erp.json --yes",
    ),
)
@click.option(
    "--first-contact",
    "is_first_contact",
    is_flag=True,
    help="Try every type and privilege on the database, in tables of our own that are dropped.",
)
@click.option("--source", default="default", show_default=True, help="Which source is tried.")
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    default="first-contact.json",
    show_default=True,
    help="Where the report is written; as text beside it.",
)
@click.option("--seed", default=1, show_default=True, help="Draws the random values.")
@click.option("--yes", "is_agreed", is_flag=True, help="Make and drop tables without asking.")
@says_how_it_ends
def doctor(
    output: Output,
    *,
    is_first_contact: bool,
    source: str,
    report: Path,
    seed: int,
    is_agreed: bool,
) -> None:
    """Look at settings, state, queue, store, disk and every source, and say what to do.

    With --first-contact, a source is tried as no job has tried it: edge values of every type and
    random ones are put into tables of our own, read as a job reads them, and compared. The tables
    are made in the account's own schema, their names begin with ORACLE_ETL_TRY_, and each is
    dropped at once. The report names no host, no user and no data. Reads with the settings of
    this machine, not through the API.
    """
    settings = Settings.from_environment()
    if is_first_contact:
        first_contact(
            Asked(source=source, report=report, seed=seed, is_agreed=is_agreed),
            settings=settings,
            output=output,
        )
    else:
        _check_up(settings, output)


def _check_up(settings: Settings, output: Output) -> None:
    broken: list[Finding] = []

    def told(findings: Iterable[Finding]) -> Iterator[dict[str, object]]:
        for finding in findings:
            if finding.health is Health.BROKEN:
                broken.append(finding)
            yield asdict(finding)

    with closing(wire_api(settings)) as outside:
        servers = {name: _server(settings, name) for name in _sources(settings)}
        findings = check_up(outside, servers, free_bytes=_free_bytes(settings))
        output.rows(FOUND, told(chain([_read(settings)], findings)))
    if broken:
        raise NotWell(
            f"broken: {', '.join(each.part for each in broken)}",
            hint="what to do about each stands with it",
        )


def _read(settings: Settings) -> Finding:
    """Return that the settings are usable; where they are not, the command ends before."""
    configured = [name for name, source in settings.sources.items() if source.is_configured]
    return Finding(
        part="settings",
        health=Health.WELL,
        found=f"usable; sources: {', '.join(configured) or 'none'}",
    )


def _sources(settings: Settings) -> list[str]:
    """Return the sources to look at: the default one too, unless others stand in its place."""
    configured = [name for name, source in settings.sources.items() if source.is_configured]
    return configured or ["default"]


def _server(settings: Settings, name: str) -> Callable[[], ServerFacts]:
    return partial(_facts, settings, name)


def _facts(settings: Settings, name: str) -> ServerFacts:
    mode = mode_of_service(settings).connects
    with closing(wire_trial(settings, name, mode=mode)) as trial:
        return trial.scratch.facts()


def _free_bytes(settings: Settings) -> int | None:
    if settings.home.home != "embedded":
        return None
    return shutil.disk_usage(settings.home.data_folder).free
