"""Which ways the server leaves open to a job: its moment, its parts, its privileges."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from oracle_etl.flow.first_contact.verdicts import WayVerdict
from oracle_etl.flow.plan_columns import plan_columns
from oracle_etl.model.errors import TableLeft, TransportError, TryAgain
from oracle_etl.model.names import TableName
from oracle_etl.model.oracle_codes import code_of
from oracle_etl.model.reading import Reading
from oracle_etl.model.transport import Carriage, TableChoice
from oracle_etl.ports import ScratchSchema, ServerFacts, TableSource

_MOMENT_ADVICE = (
    "GRANT EXECUTE ON DBMS_FLASHBACK to the account; without any way to the SCN each table is "
    "read at a moment of its own"
)
_FLASHBACK_ADVICE = "GRANT FLASHBACK on the tables; without it each is read at a moment of its own"
_PARTS_ADVICE = "large tables are read in one part; look the code up in Oracle's documentation"
_UNDO_ADVICE = "GRANT SELECT ON V_$PARAMETER to be told how far back a job may read"
_HASH_ADVICE = "GRANT EXECUTE ON DBMS_CRYPTO if masks are to be made inside the database"
_TABLE_ADVICE = (
    "GRANT CREATE TABLE, and a quota on the account's tablespace, for the time of this test; "
    "jobs do not need them"
)

_ADVICE = {
    "DBMS_CRYPTO": _HASH_ADVICE,
    "undo_retention": _UNDO_ADVICE,
    "SCN by DBMS_FLASHBACK": _MOMENT_ADVICE,
}
"""By question. What is missing here is no loss: there are other ways."""


def try_ways(
    table: str, *, server: ServerFacts, source: TableSource, scratch: ScratchSchema
) -> tuple[WayVerdict, ...]:
    """Return what the server lets us do; SourceAway where it is gone for good, or TableLeft."""
    asked = [WayVerdict(what=what, works=True) for what in server.answers] + [
        WayVerdict(what=what, works=False, code=code, advice=_ADVICE.get(what, ""))
        for what, code in server.refusals.items()
    ]
    return (*sorted(asked, key=lambda each: each.what), *_on_a_table(table, source, scratch))


def _on_a_table(name: str, source: TableSource, scratch: ScratchSchema) -> Iterator[WayVerdict]:
    try:
        with scratch.table(name, '"N" NUMBER(9)') as table:
            for number in range(3):
                scratch.insert(table, (str(number),))
            tries = (
                _tried("AS OF SCN", lambda: _read_at_scn(table, source), _FLASHBACK_ADVICE),
                _tried("parts by ROWID", lambda: _cut(table, source), _PARTS_ADVICE),
            )
    except TableLeft:
        raise
    except TransportError as error:
        if isinstance(error, TryAgain):
            scratch.facts()  # it may have ended its session alone
        yield WayVerdict(
            what="a table of ours", works=False, code=code_of(error), advice=_TABLE_ADVICE
        )
        return
    yield WayVerdict(what="a table of ours", works=True)
    yield from tries


def _tried(what: str, act: Callable[[], bool], advice: str) -> WayVerdict:
    try:
        works, code = act(), ""
    except TransportError as error:
        works, code = False, code_of(error)
    return WayVerdict(what=what, works=works, code=code, advice="" if works else advice)


def _read_at_scn(table: TableName, source: TableSource) -> bool:
    scn = source.current_scn()
    return scn is not None and source.can_flash_back(table, scn)


def _cut(table: TableName, source: TableSource) -> bool:
    shape = source.shape(table)
    plan = plan_columns(shape, TableChoice(table=str(table)), Carriage())
    source.boundaries(Reading(table=table, plan=plan), parts=2)
    return True
