"""The codes of Oracle and its driver: what may be told of an error where its text may not."""

from __future__ import annotations

import re

from oracle_etl.model.errors import TransportError

_CODE = re.compile(r"\b(?:ORA|DPY|DPI|PLS|TNS)-\d{4,5}\b")


def code_of(error: TransportError) -> str:
    """Return the code of the server or the driver, ours where there is none of theirs.

    A message may quote names of users, hosts and services; a code never does.
    """
    found = _CODE.search(error.message)
    return found[0] if found else error.code
