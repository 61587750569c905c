"""Look whether everything that a job needs is there, and say what to do about what is not."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import asdict
from functools import partial
from itertools import chain

from command_line.data_folder import prepare_folder
from command_line.exits import NotWell
from command_line.output import Output, View
from oracle_etl.flow.check_up import Finding, Health, check_up
from oracle_etl.ports import ServerFacts
from oracle_etl.settings import Settings
from oracle_etl.wiring import wire_api
from oracle_etl.wiring.modes import mode_of_service
from oracle_etl.wiring.trials import wire_trial

FOUND = View(
    event="found",
    columns={
        "PART": lambda finding: finding["part"],
        "HEALTH": lambda finding: finding["health"],
        "FOUND": lambda finding: finding["found"],
        "WHAT TO DO": lambda finding: finding["advice"],
    },
)


def show_check_up(settings: Settings, output: Output) -> None:
    """Show how each part is; NotWell where one is broken."""
    broken: list[Finding] = []

    def told(findings: Iterable[Finding]) -> Iterator[dict[str, object]]:
        for finding in findings:
            if finding.health is Health.BROKEN:
                broken.append(finding)
            yield asdict(finding)

    prepare_folder(settings.home)
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
