"""COMMIT, ROLLBACK, SAVEPOINT, SET TRANSACTION, SET ROLE."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from oracle_standin.engine.errors import not_done_here, ora
from oracle_standin.engine.parsing.lexer import Tokens
from oracle_standin.engine.storage.blocks import Snapshot
from oracle_standin.port import Bind, Outcome

if TYPE_CHECKING:
    from oracle_standin.engine.session import Session


def run(session: Session, statement: str, bind_rows: Sequence[Sequence[Bind]]) -> Outcome:
    """Run a statement about the transaction."""
    del bind_rows
    tokens = Tokens(statement)
    word = tokens.take().text
    if word == "COMMIT":
        _commit_clauses(tokens)
        session.commit()
    elif word == "ROLLBACK":
        _rollback(session, tokens)
    elif word == "SAVEPOINT":
        name = tokens.name()
        tokens.end()
        transaction = session.begun()
        transaction.savepoints[name] = transaction.mark()
    elif word == "SET":
        _set(session, tokens)
    else:
        raise not_done_here("LOCK TABLE")
    return Outcome()


def _commit_clauses(tokens: Tokens) -> None:
    """Step over what changes nothing in a COMMIT."""
    tokens.took("WORK")
    if tokens.took("COMMENT"):
        tokens.take()
    if tokens.took("WRITE"):
        for words in (("WAIT",), ("NOWAIT",), ("IMMEDIATE",), ("BATCH",)):
            tokens.took(*words)
    if tokens.at("FORCE"):
        raise not_done_here("COMMIT FORCE")
    tokens.end()


def _rollback(session: Session, tokens: Tokens) -> None:
    tokens.took("WORK")
    if not tokens.took("TO"):
        tokens.end()
        session.rollback()
        return
    tokens.took("SAVEPOINT")
    name = tokens.name()
    tokens.end()
    transaction = session.transaction
    if transaction is None or name not in transaction.savepoints:
        raise ora(1086, name)
    with session.database.writing:
        transaction.back_to(transaction.savepoints[name])


def _set(session: Session, tokens: Tokens) -> None:
    if tokens.took("ROLE"):
        _role(tokens)
        return
    if tokens.at("CONSTRAINT") or tokens.at("CONSTRAINTS"):
        raise not_done_here("SET CONSTRAINTS")
    if not tokens.took("TRANSACTION"):
        raise tokens.error(922)
    _transaction(session, tokens)


def _role(tokens: Tokens) -> None:
    if not (tokens.took("ALL") or tokens.took("NONE")):
        raise not_done_here("SET ROLE of some roles")
    tokens.end()


def _transaction(session: Session, tokens: Tokens) -> None:
    if session.in_transaction():
        raise ora(1453)
    if tokens.took("READ", "ONLY"):
        _name(tokens)
        session.read_only = Snapshot(scn=session.database.history.current)
    elif _ordinary(tokens):
        _name(tokens)
    elif tokens.at("ISOLATION", "LEVEL", "SERIALIZABLE"):
        raise not_done_here("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
    else:
        raise tokens.error(900)


def _ordinary(tokens: Tokens) -> bool:
    committed = tokens.took("ISOLATION", "LEVEL", "READ", "COMMITTED")
    return committed or tokens.took("READ", "WRITE") or tokens.at("NAME")


def _name(tokens: Tokens) -> None:
    if tokens.took("NAME"):
        tokens.take()
    tokens.end()
