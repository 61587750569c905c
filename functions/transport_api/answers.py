"""What all answers are: JSON documents whose figures are rounded for people."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from oracle_etl.model.names import version_label


class Answer(BaseModel):
    """A JSON document for a caller; every field is always there, null where nothing is known."""

    model_config = ConfigDict(
        frozen=True, serialize_by_alias=True, json_schema_serialization_defaults_required=True
    )


def duration_seconds(began: datetime | None, ended: datetime | None) -> float | None:
    """Return the seconds between two moments, None where one is unknown."""
    if began is None or ended is None:
        return None
    return round((ended - began).total_seconds(), 3)


def rounded(value: float | None) -> float | None:
    """Return a figure for people, to one decimal."""
    return None if value is None else round(value, 1)


def version_of(number: int | None) -> str | None:
    """Return a version as callers see it: v001; None where there is none."""
    return None if number is None else version_label(number)
