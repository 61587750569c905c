"""The connection to a Firestore database, and the table of what its failures mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from google.api_core import exceptions as google_errors
from google.api_core.retry import Retry, if_exception_type
from google.cloud import firestore
from google.cloud.firestore_v1.base_document import DocumentSnapshot

from oracle_etl.gateways.google.once import BuiltOnce
from oracle_etl.gateways.google.vendor_errors import (
    DEFECT,
    SIGN_IN,
    Table,
    Verdict,
    google_table,
    named_by,
)
from oracle_etl.model.errors import BookAway, GiveUp, InvalidRequest

ERRORS: Table = google_table(
    away=Verdict(BookAway),
    signed_out=Verdict(BookAway, SIGN_IN),
    without_right=Verdict(
        BookAway, "grant the service account roles/datastore.user on the project"
    ),
    missing=Verdict(BookAway, "create the Firestore database that FIRESTORE_DATABASE names"),
    unfit=Verdict(
        InvalidRequest,
        "Firestore stores up to 1 MiB per document; shorten names, filters or lists",
    ),
    defect=Verdict(GiveUp, DEFECT),
    others={
        google_errors.AlreadyExists: Verdict(BookAway),
        google_errors.FailedPrecondition: Verdict(
            BookAway, "deploy infra/firestore.indexes.json and wait until it is built"
        ),
        UnicodeEncodeError: Verdict(InvalidRequest, "use valid Unicode text"),
    },
)
Snapshot: TypeAlias = "DocumentSnapshot[Any]"
"""A document as it was read."""

_ENDED = re.compile(
    r"transaction (is invalid|has expired|is closed)|no longer valid", re.IGNORECASE
)

TIMEOUT_SECONDS = 10.0
"""Longest time of one request."""

LOCKING_SECONDS = 30.0
"""Longest time of one read in a transaction, which may wait for the locks of others.

The client's own default is 300 s, longer than any lease."""

RETRIED = Retry(
    predicate=if_exception_type(
        google_errors.ServiceUnavailable,
        google_errors.InternalServerError,
        google_errors.DeadlineExceeded,
    ),
    initial=0.1,
    maximum=2.0,
    timeout=TIMEOUT_SECONDS,
)
"""For reads. The client's own default goes on for minutes, and a caller waits for the answer."""


@contextmanager
def named_errors(doing: str) -> Iterator[None]:
    """Turn what Firestore's client raises into our errors."""
    with named_by(ERRORS, doing=doing):
        try:
            yield
        except google_errors.InvalidArgument as error:
            # A transaction that lost its locks, rested for a minute, or whose commit is repeated
            # after a lost reply has ended: nothing is wrong with what was asked.
            if _ENDED.search(str(error)):
                raise google_errors.Aborted(str(error)) from error  # type: ignore[no-untyped-call]
            raise


@contextmanager
def unhidden_errors() -> Iterator[None]:
    """Raise what the client hides behind a ValueError when it runs a transaction.

    It says so that others won, and that it could not roll back what had never begun
    (googleapis/python-firestore#879).
    """
    try:
        yield
    except ValueError as error:
        hidden = error.__cause__ or error.__context__
        if hidden is not None and isinstance(hidden, tuple(ERRORS)):
            raise hidden from None
        raise


class Database:
    """A Firestore database whose client is built when first used."""

    def __init__(self, build: Callable[[], firestore.Client]) -> None:
        self._client = BuiltOnce(build)

    @classmethod
    def named(cls, name: str, *, project: str) -> Database:
        """Return a project's database, to be reached as the environment says."""
        return cls(lambda: firestore.Client(project=project, database=name))

    @property
    def client(self) -> firestore.Client:
        """The client of this process."""
        with named_errors("signing in to Firestore"):
            return self._client.get()
