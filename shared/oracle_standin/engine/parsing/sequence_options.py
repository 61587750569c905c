"""The options of a sequence, its own or an identity column's."""

from __future__ import annotations

from dataclasses import dataclass

from oracle_standin.engine.errors import not_done_here, ora
from oracle_standin.engine.parsing.lexer import Tokens

ASCENDING_MAXIMUM = 10**28 - 1
DESCENDING_MINIMUM = -(10**27) + 1
NUMBERED = ("START", "INCREMENT", "MAXVALUE", "MINVALUE", "CACHE")
FLAGS = {
    "NOMAXVALUE": "", "NOMINVALUE": "", "CYCLE": "CYCLE", "NOCYCLE": "", "NOCACHE": "NOCACHE",
    "ORDER": "ORDER", "NOORDER": "", "NOKEEP": "", "NOSCALE": "", "GLOBAL": "",
}  # fmt: skip
NOT_DONE = {"KEEP", "SCALE", "SHARD", "SESSION"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceOptions:
    """Where a sequence starts, how it goes on and where it ends."""

    start: int = 1
    step: int = 1
    minimum: int = 1
    maximum: int = ASCENDING_MAXIMUM
    cycles: bool = False
    ordered: bool = False
    cache: int = 20


def sequence_options(tokens: Tokens) -> SequenceOptions:
    """Read options up to the first word that is none; ORA-04002, 04006, 04008 for odd ones."""
    numbers: dict[str, int] = {}
    flags: set[str] = set()
    while _one(tokens, numbers, flags):
        pass
    step = numbers.get("INCREMENT", 1)
    if step == 0:
        raise ora(4002)
    up = step > 0
    minimum = numbers.get("MINVALUE", 1 if up else DESCENDING_MINIMUM)
    maximum = numbers.get("MAXVALUE", ASCENDING_MAXIMUM if up else -1)
    start = numbers.get("START", minimum if up else maximum)
    if start < minimum:
        raise ora(4006)
    if start > maximum:
        raise ora(4008)
    return SequenceOptions(
        start=start,
        step=step,
        minimum=minimum,
        maximum=maximum,
        cycles="CYCLE" in flags,
        ordered="ORDER" in flags,
        cache=0 if "NOCACHE" in flags else numbers.get("CACHE", 20),
    )


def _one(tokens: Tokens, numbers: dict[str, int], flags: set[str]) -> bool:
    word = tokens.next.text
    if word in NUMBERED:
        tokens.take()
        if word in {"START", "INCREMENT"}:
            tokens.expect("WITH" if word == "START" else "BY")
        numbers[word] = tokens.number()
    elif word in FLAGS:
        tokens.take()
        flags.add(FLAGS[word])
    elif word in NOT_DONE:
        raise not_done_here(f"{word} of a sequence")
    else:
        return False
    return True
