"""The fields of a transport that people write, and the defaults of those they leave out."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from typing import Any

from oracle_etl.model.transport import Carriage, Mask, Proof, Schedule, TableChoice, Transport

Fields = dict[str, Any]

OWN = ("description", "source", "prefix", "enabled", "schedule")
"""The transport's own fields whose defaults are the same on every server."""

ORDER = (
    *("id", "name", "description", "source", "tables", "target_bucket", "prefix"),
    *("parallel_tables", "enabled", "schedule"),
    *(each.name for each in (*fields(Carriage), *fields(Proof))),
)
"""What can be written, in the order in which it is written."""


def _default(field: Field[Any]) -> object:
    if field.default is not MISSING:
        found = field.default
    else:
        found = field.default_factory() if field.default_factory is not MISSING else MISSING
    match found:
        case enum.Enum():
            return found.value
        case tuple():
            return list(found)
        case _:
            return found


def _defaults(kind: type) -> Fields:
    declared = {each.name: _default(each) for each in fields(kind)}
    return {name: value for name, value in declared.items() if value is not MISSING}


_CHOICE = _defaults(TableChoice)
_MASK = _defaults(Mask)
_SCHEDULE = _defaults(Schedule)
_TRANSPORT = {
    **{name: value for name, value in _defaults(Transport).items() if name in OWN},
    **_defaults(Carriage),
    **_defaults(Proof),
}


def filled(entry: Mapping[str, Any]) -> Fields:
    """Return what was written with every default that was left out.

    `target_bucket` and `parallel_tables` have defaults that only the server knows.
    """
    whole: Fields = {**_TRANSPORT, **entry}
    return {name: _filled_field(name, value) for name, value in whole.items()}


def _filled_field(name: str, value: object) -> object:
    match name, value:
        case "tables", list():
            return [_filled_choice(each) for each in value]
        case "schedule", dict():
            return {**_SCHEDULE, **value}
        case _:
            return value


def _filled_choice(choice: object) -> object:
    match choice:
        case str():
            return {**_CHOICE, "table": choice}
        case dict():
            masks = choice.get("masks")
            whole = [_filled_mask(mask) for mask in masks] if isinstance(masks, list) else masks
            return {**_CHOICE, **choice, "masks": whole or []}
        case _:
            return choice


def _filled_mask(mask: object) -> object:
    return {**_MASK, **mask} if isinstance(mask, dict) else mask


def short(transport: Mapping[str, Any]) -> Fields:
    """Return what a person would write to get this transport: `filled` turned around."""
    return {
        name: _short_field(name, transport[name])
        for name in ORDER
        if name in transport and (name not in _TRANSPORT or transport[name] != _TRANSPORT[name])
    }


def _short_field(name: str, value: object) -> object:
    match name, value:
        case "tables", list():
            return [_short_choice(each) for each in value]
        case "schedule", dict():
            return _without(value, _SCHEDULE)
        case _:
            return value


def _short_choice(choice: object) -> object:
    if not isinstance(choice, dict):
        return choice
    said = _without(choice, _CHOICE)
    if list(said) == ["table"]:
        return said["table"]
    masks = said.get("masks")
    if isinstance(masks, list):
        said["masks"] = [_without(mask, _MASK) for mask in masks]
    return said


def _without(value: Mapping[str, Any], defaults: Mapping[str, Any]) -> Fields:
    return {
        name: each for name, each in value.items() if name not in defaults or each != defaults[name]
    }
