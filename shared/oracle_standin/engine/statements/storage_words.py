"""Clauses about storage, which are read and mean nothing here."""

from __future__ import annotations

from oracle_standin.engine.parsing.lexer import Tokens

ALONE = {
    "LOGGING", "NOLOGGING", "COMPRESS", "NOCOMPRESS", "CACHE", "NOCACHE", "PARALLEL", "NOPARALLEL",
    "MONITORING", "NOMONITORING", "ROWDEPENDENCIES", "NOROWDEPENDENCIES", "OVERFLOW", "REVERSE",
    "ONLINE", "COMPUTE", "STATISTICS", "LOCAL", "GLOBAL", "VISIBLE", "INVISIBLE", "BASIC",
    "ADVANCED", "INMEMORY", "REJECT", "UNLIMITED", "BITMAP", "ORDER", "NOORDER", "CYCLE",
    "NOCYCLE", "NOMAXVALUE", "NOMINVALUE", "KEEP", "NOKEEP", "HEAP", "ORGANIZATION",
}  # fmt: skip
WITH_VALUE = {
    "TABLESPACE", "PCTFREE", "PCTUSED", "INITRANS", "MAXTRANS", "PCTTHRESHOLD", "MINVALUE",
    "MAXVALUE", "SIZE", "HASHKEYS",
}  # fmt: skip


def skip_storage(tokens: Tokens) -> bool:
    """Step over one such clause; tell whether there was one."""
    word = tokens.next.text
    if word in ALONE:
        tokens.take()
    elif word in WITH_VALUE:
        tokens.take()
        tokens.take()
    elif word == "STORAGE":
        tokens.take()
        tokens.skip_parentheses()
    elif tokens.took("SEGMENT", "CREATION"):
        tokens.take()
    elif tokens.took("ENABLE", "ROW", "MOVEMENT") or tokens.took("DISABLE", "ROW", "MOVEMENT"):
        pass
    elif tokens.took("LOB") or tokens.took("XMLTYPE"):
        _lob(tokens)
    else:
        return False
    return True


def _lob(tokens: Tokens) -> None:
    """Step over LOB (c) STORE AS SECUREFILE name (...)."""
    while not tokens.ended() and tokens.next.text not in {"PARTITION", "AS"}:
        if tokens.at("("):
            tokens.skip_parentheses()
        elif tokens.took("STORE", "AS"):
            pass
        else:
            tokens.take()
