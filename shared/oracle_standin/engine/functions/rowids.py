"""DBMS_ROWID: ROWIDs taken apart and put together."""

from __future__ import annotations

from decimal import Decimal

from oracle_standin.engine import kinds
from oracle_standin.engine.errors import ora
from oracle_standin.engine.functions.registry import function
from oracle_standin.engine.kinds import NUMBER
from oracle_standin.engine.settings import Settings
from oracle_standin.engine.storage.addresses import address, address_parts

PARTS = ("ROWID_OBJECT", "ROWID_RELATIVE_FNO", "ROWID_BLOCK_NUMBER", "ROWID_ROW_NUMBER")
EXTENDED = 1


def _taking(part: int, name: str) -> None:
    @function(f"DBMS_ROWID.{name}", kinds.ROWID, gives=NUMBER)
    def take(_settings: Settings, at: int) -> Decimal:
        return Decimal(address_parts(at)[part])


for _part, _name in enumerate(PARTS):
    _taking(_part, _name)


@function("DBMS_ROWID.ROWID_CREATE", NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, gives=kinds.ROWID)
def rowid_create(_settings: Settings, form: Decimal, *parts: Decimal) -> int:
    """Put an extended ROWID together; ORA-01410 for the restricted form of old releases."""
    if form != EXTENDED:
        raise ora(1410)
    return address(*(int(part) for part in parts))
