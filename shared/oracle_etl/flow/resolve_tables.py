"""Turn a transport's list into the tables of one job."""

from __future__ import annotations

import fnmatch
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from oracle_etl.flow.every_item import every_item
from oracle_etl.model.errors import InvalidRequest
from oracle_etl.model.job import Job, JobRequest
from oracle_etl.model.names import TableName, object_stem
from oracle_etl.model.progress import Stage, StageName
from oracle_etl.model.table_task import TableTask
from oracle_etl.model.transport import TableChoice, Transport
from oracle_etl.outside import Outside
from oracle_etl.ports import PageRequest, TableListing, TableSource

MOST_TABLES = 10_000
_PAGE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """One table of the list, and the entry that it came from."""

    table: TableName
    choice: TableChoice


def is_pattern(text: str) -> bool:
    """Tell whether an entry names many tables: `SALES.*`, `EMP?`."""
    return any(sign in text for sign in "*?")


def is_exclusion(text: str) -> bool:
    """Tell whether an entry takes tables out of what patterns found: `not *_TMP`."""
    return text.lower().startswith("not ")


def resolve_tables(
    choices: Sequence[TableChoice], *, source: Callable[[], TableSource]
) -> tuple[Resolved, ...]:
    """Return the named tables in the list's order, each once.

    A table named outright beats the same one found by a pattern, and what takes it out. Oracle is
    asked only where there is a pattern, or a name with and without an owner, so a plain list
    starts while the database is away.
    """
    place = _places(choices, source)
    named = _named_once(choices, place)
    exclusions = [_Pattern.of(choice.table[4:]) for choice in choices if is_exclusion(choice.table)]
    found: dict[TableName, Resolved] = {}
    for choice in choices:
        if _is_name(choice):
            at = place(TableName.parse(choice.table))
            found.setdefault(at, named[at])
        elif not is_exclusion(choice.table):
            for table in _matching(choice.table, exclusions, source()):
                found.setdefault(table, named.get(table) or _by_pattern(table, choice))
        if len(found) > MOST_TABLES:
            raise InvalidRequest(
                f"the list names more than {MOST_TABLES} tables", hint="split it over transports"
            )
    if not found:
        raise InvalidRequest(
            "no table matches the transport's list", hint="see `oracle-etl tables list`"
        )
    return tuple(found.values())


def resolved_for(
    transport: Transport, request: JobRequest, *, outside: Outside
) -> tuple[Resolved, ...]:
    """Return the tables that a request for a job of a transport means now."""
    resolved = resolve_tables(transport.tables, source=lambda: outside.source(transport.source))
    return chosen_subset(resolved, request.tables)


def chosen_subset(resolved: Sequence[Resolved], names: Sequence[str]) -> tuple[Resolved, ...]:
    """Return the tables that a subset run names; InvalidRequest for one that is not in the list."""
    if not names:
        return tuple(resolved)
    wanted = [TableName.parse(name) for name in names]
    by_table = {each.table: each for each in resolved}
    missing = [str(each) for each in wanted if each not in by_table]
    if missing:
        raise InvalidRequest(
            f"not in the transport's list: {', '.join(missing)}",
            hint="name tables as the transport lists them",
            details={"tables": missing},
        )
    return tuple(by_table[each] for each in dict.fromkeys(wanted))


def table_tasks(job: Job, resolved: Sequence[Resolved]) -> Iterator[TableTask]:
    """Yield the tasks of a job; the same list always gives the same ids and names."""
    owner_shown = len({each.table.owner for each in resolved}) > 1
    for position, each in enumerate(resolved):
        yield TableTask(
            job_id=job.id,
            table_id=table_id(each.table),
            position=position,
            table=each.table,
            choice=each.choice,
            stem=object_stem(each.table, owner_shown=owner_shown),
            stages=(Stage(name=StageName.PENDING, at=job.created_at),),
            tenant=job.tenant,
        )


def table_id(table: TableName) -> str:
    """Return a table's id within any job: spread evenly, and the same at every start."""
    spelled = f"{table.owner or ''}\x00{table.name}"
    return hashlib.sha256(spelled.encode()).hexdigest()[:20]


def _is_name(choice: TableChoice) -> bool:
    if choice.query is not None:
        return True
    return not is_exclusion(choice.table) and not is_pattern(choice.table)


def _places(
    choices: Sequence[TableChoice], source: Callable[[], TableSource]
) -> Callable[[TableName], TableName]:
    """Return what tells where a name is looked up: patterns find tables with their owners."""
    has_patterns = not all(_is_name(each) or is_exclusion(each.table) for each in choices)
    if not has_patterns and not _may_meet(
        [TableName.parse(each.table) for each in choices if _is_name(each)]
    ):
        return lambda table: table
    schema = source().schema()
    return lambda table: table if table.owner is not None else replace(table, owner=schema)


def _may_meet(names: Sequence[TableName]) -> bool:
    """Tell whether a name without an owner may be the same table as one with an owner."""
    unowned = {each.name for each in names if each.owner is None}
    return any(each.owner is not None and each.name in unowned for each in names)


def _named_once(
    choices: Sequence[TableChoice], place: Callable[[TableName], TableName]
) -> dict[TableName, Resolved]:
    """Return what is named outright, by its place; InvalidRequest where two names share one."""
    named: dict[TableName, Resolved] = {}
    for choice in filter(_is_name, choices):
        table = TableName.parse(choice.table)
        first = named.setdefault(place(table), Resolved(table=table, choice=choice))
        if first.table != table:
            raise InvalidRequest(
                f"{first.table} and {table} are the same table",
                hint="name it once; a query may be called otherwise",
                details={"tables": [str(first.table), str(table)]},
            )
    return named


def _by_pattern(table: TableName, choice: TableChoice) -> Resolved:
    return Resolved(table=table, choice=replace(choice, table=str(table)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pattern:
    owner: str | None
    name: str

    @classmethod
    def of(cls, text: str) -> _Pattern:
        owner, dot, name = text.strip().rpartition(".")
        return cls(owner=_folded(owner) if dot else None, name=_folded(name))

    def matches(self, table: TableName) -> bool:
        if self.owner is not None and not fnmatch.fnmatchcase(table.owner or "", self.owner):
            return False
        return fnmatch.fnmatchcase(table.name, self.name)


def _folded(text: str) -> str:
    unquoted = text.strip('"') if text.startswith('"') else text.upper()
    return unquoted.replace("[", "[[]")


def _matching(
    text: str, exclusions: Sequence[_Pattern], source: TableSource
) -> Iterator[TableName]:
    pattern = _Pattern.of(text)
    if pattern.owner is None:
        pattern = replace(pattern, owner=source.schema())
    owner = pattern.owner or ""
    schema = None if is_pattern(owner) else owner
    for listing in _listings(source, schema):
        table = listing.table
        if pattern.matches(table) and not any(each.matches(table) for each in exclusions):
            yield table


def _listings(source: TableSource, schema: str | None) -> Iterator[TableListing]:
    return every_item(
        lambda token: source.catalogue(PageRequest(size=_PAGE, token=token), schema=schema)
    )
