"""VBRP: SAP's billing items, 274 columns, as wide as tables of real systems are."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from decimal import Decimal

from oracle_standin.engine import codec
from oracle_standin.engine.storage.blocks import Row
from oracle_standin.port import Cell, ColumnType, OracleType

WIDE_ROWS = 3_000
WIDE_COLUMNS = 274
POOL = 60
CONTENTS = 200
POSITIONS = 5
FIRST_DOCUMENT = 90_000_000
SEED = 274
KEYS = ("MANDT VARCHAR2(9)", "VBELN VARCHAR2(30)", "POSNR VARCHAR2(18)")
TYPES = (
    ("VARCHAR2(12)", 90),
    ("VARCHAR2(40)", 70),
    ("VARCHAR2(24)", 46),
    ("NUMBER(15,2)", 35),
    ("NUMBER(13,3)", 20),
    ("NUMBER(5)", 10),
)


def wide_statement() -> str:
    """Return the CREATE TABLE of VBRP; columns as SAP has them: NOT NULL, text dates."""
    named: list[str] = []
    for written, count in TYPES:
        for _ in range(count):
            number = len(named) + len(KEYS) + 1
            named.append(f"F{number:03d} {written} DEFAULT {_default(written)} NOT NULL")
    columns = [*(f"{key} NOT NULL" for key in KEYS), *named[: WIDE_COLUMNS - len(KEYS)]]
    return f"CREATE TABLE VBRP ({', '.join(columns)}, PRIMARY KEY (MANDT, VBELN, POSNR))"


def _default(written: str) -> str:
    return "0" if written.startswith("NUMBER") else "' '"


def wide_rows(kinds: Sequence[ColumnType]) -> Iterator[Row]:
    """Yield the rows of VBRP: a pool of contents under keys of their own."""
    choose = random.Random(SEED)
    contents = {kind: _cells(kind, choose) for kind in dict.fromkeys(kinds[len(KEYS) :])}
    pool = [
        tuple(choose.choice(contents[kind]) for kind in kinds[len(KEYS) :]) for _ in range(POOL)
    ]
    client, document, position = (codec.encoder(kind) for kind in kinds[: len(KEYS)])
    client_800 = client("800")
    positions = [position(f"{number:06d}") for number in range(1, POSITIONS + 1)]
    for number in range(WIDE_ROWS // POSITIONS):
        billing = document(f"{FIRST_DOCUMENT + number:010d}")
        for place, written in enumerate(positions):
            yield (client_800, billing, written, *pool[(number * POSITIONS + place) % POOL])


def _cells(kind: ColumnType, choose: random.Random) -> list[Cell]:
    """Return some contents of a type, the usual ones as often as they are usual."""
    encode = codec.encoder(kind)
    return [encode(_value(kind, choose)) for _ in range(CONTENTS)]


def _value(kind: ColumnType, choose: random.Random) -> object:
    if kind.type is not OracleType.NUMBER:
        return _text(kind.size, choose)
    if choose.random() < 0.4:  # noqa: PLR2004 -- SAP's numbers are often zero
        return Decimal(0)
    digits = min(kind.precision, 9)
    return Decimal(choose.randrange(10**digits)).scaleb(-kind.scale)


def _text(size: int, choose: random.Random) -> str:
    kind = choose.random()
    if kind < 0.45:  # noqa: PLR2004 -- SAP's texts are often one blank
        return " "
    if kind < 0.6:  # noqa: PLR2004 -- and some hold Korean
        return "청구항목"[: size // 3]
    return "".join(choose.choices("ABCDEFGHIJ0123456789", k=choose.randrange(1, size // 2)))
