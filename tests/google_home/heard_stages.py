"""The stages that a listener was told, and what docs/watch.md promises of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

WATCH_PAGE = Path(__file__).parents[2] / "docs" / "watch.md"
SOON_SECONDS = 2.0


def code_of_page(language: str) -> str:
    """Return the page's one block of code in a language."""
    pattern = rf"^```{language}\n(.*?)^```$"
    [found] = re.findall(pattern, WATCH_PAGE.read_text(), re.MULTILINE | re.DOTALL)
    text: str = found
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A stage that a listener was told, and when."""

    table: str
    stage: str
    at: datetime
    heard_at: datetime


Stages = Mapping[str, Sequence[tuple[str, datetime]]]
"""By table: the stages in their order, each with its time to the millisecond."""


def stages_told(heard: Iterable[Heard]) -> Stages:
    """Return what a listener knows in the end."""
    told = defaultdict(list)
    for each in heard:
        told[each.table].append((each.stage, to_the_millisecond(each.at)))
    return told


def stages_written(tables: Mapping[str, Mapping[str, Any]]) -> Stages:
    """Return what the book says of tables as the API shows them."""
    return {
        name: [
            (stage["name"], to_the_millisecond(datetime.fromisoformat(stage["at"])))
            for stage in table["stages"]
        ]
        for name, table in tables.items()
    }


def to_the_millisecond(time: datetime) -> datetime:
    """Cut a time off where JavaScript's clock ends."""
    return time.replace(microsecond=time.microsecond // 1000 * 1000)
