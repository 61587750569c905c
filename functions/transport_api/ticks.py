"""The scheduler's operation."""

from __future__ import annotations

import logging
from dataclasses import asdict

from oracle_etl.flow.tick import tick
from transport_api.call import Call, Reply
from transport_api.requests import Nothing, NothingAsked
from transport_api.service_answers import TickAnswer

LOGGER = logging.getLogger(__name__)


def run_tick(call: Call[NothingAsked, Nothing]) -> Reply:
    """Repair what was left behind, and start what is due."""
    report = tick(outside=call.outside)
    for problem in report.problems:
        LOGGER.warning("the tick could not do all: %s", problem)
    return Reply(content=TickAnswer.model_validate(asdict(report)))
