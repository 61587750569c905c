"""Transports kept in files: read, written, and compared with what a server holds.

A file is YAML or JSON with one list, `transports`. An entry stands for one transport: the one
with its `id`, or without an `id` the one with its `name`. What an entry leaves out has its default.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from command_line.exits import BadUsage
from command_line.transport_form import ORDER, Fields, filled, short
from oracle_etl.distinct_keys import DistinctKeys

_LARGEST_FILE = 4 * 1024 * 1024
_FORM = "a file holds `transports:`, a list of mappings that each have a `name` and `tables`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One entry of a file."""

    fields: Fields
    file: str

    @property
    def key(self) -> tuple[str, str]:
        """How its transport is found: the field, and the value it must have."""
        field = "id" if "id" in self.fields else "name"
        return field, str(self.fields[field])


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What has to be done so that the server holds an entry; no fields where it does already."""

    transport_id: str | None
    """None where it has to be created."""
    name: str
    fields: Fields
    diff: str

    @property
    def action(self) -> str:
        """What will happen, in a word."""
        if self.transport_id is None:
            return "create"
        return "update" if self.fields else "unchanged"


def read_files(files: Sequence[Path]) -> list[Wanted]:
    """Return the entries of all files; BadUsage for what is no such file or stands there twice."""
    wanted = [entry for file in files for entry in _entries(file)]
    first: dict[tuple[str, str], Wanted] = {}
    for entry in wanted:
        other = first.setdefault(entry.key, entry)
        if other is not entry:
            raise BadUsage(f"{entry.key[1]!r} stands in {other.file} and again in {entry.file}")
    return wanted


def _entries(file: Path) -> Iterator[Wanted]:
    content = _content(file)
    listed = content.get("transports") if isinstance(content, dict) and len(content) == 1 else None
    if not isinstance(listed, list):
        raise BadUsage(f"{file} is not a file of transports", hint=_FORM)
    for position, entry in enumerate(listed, start=1):
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            raise BadUsage(f"{file}: entry {position} has no name", hint=_FORM)
        if unknown := [str(each) for each in entry if each not in ORDER]:
            raise BadUsage(
                f"{file}: entry {position} has no field {', '.join(unknown)}",
                hint=f"the fields are {', '.join(ORDER)}",
            )
        yield Wanted(fields=entry, file=str(file))


def _content(file: Path) -> object:
    try:
        with file.open("rb") as opened:
            text = opened.read(_LARGEST_FILE + 1)
        if len(text) > _LARGEST_FILE:
            raise BadUsage(f"{file} is larger than {_LARGEST_FILE} bytes")
        # JSON is YAML, so one reader does for both.
        content = yaml.load(text, Loader=_JsonInYaml)  # noqa: S506 - a safe loader of ours
        _check_is_json(content, file)
    except (OSError, yaml.YAMLError, RecursionError, TypeError, ValueError) as error:
        raise BadUsage(f"{file} cannot be read: {error}", hint=_FORM) from error
    return content


class _JsonInYaml(DistinctKeys):
    """Reads the YAML that is JSON too: a date is the text that it is written as."""


_JsonInYaml.yaml_implicit_resolvers = {
    first: [each for each in resolvers if each[0] != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _check_is_json(content: object, file: Path) -> None:
    """Raise TypeError or ValueError for what cannot be sent, such as .nan or !!binary."""
    size = 0
    # Piece by piece: aliases of aliases make of little YAML more JSON than any memory holds.
    for piece in json.JSONEncoder(allow_nan=False).iterencode(content):
        size += len(piece)
        if size > _LARGEST_FILE:
            raise BadUsage(f"{file} stands for more than {_LARGEST_FILE} bytes of JSON")


def compare(wanted: Wanted, held: Mapping[str, Any] | None) -> Change:
    """Return what an entry changes, given its transport as the server holds it."""
    if held is None:
        return Change(
            transport_id=None,
            name=wanted.fields["name"],
            fields=wanted.fields,
            diff=_diff({}, short(wanted.fields), wanted),
        )
    before, after = filled(held), filled(wanted.fields)
    changed = {name: value for name, value in after.items() if before.get(name) != value}
    return Change(
        transport_id=str(held["id"]),
        name=wanted.fields["name"],
        fields=changed,
        diff=_diff(short(held), short({**held, **changed}), wanted),
    )


def _diff(before: Fields, after: Fields, wanted: Wanted) -> str:
    old = write_yaml(before).splitlines() if before else []
    new = write_yaml(after).splitlines()
    lines = difflib.unified_diff(old, new, "on the server", wanted.file, lineterm="", n=1)
    return "\n".join(lines)


def write_yaml(content: object) -> str:
    """Return content as YAML, in its own order and with its own letters."""
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
