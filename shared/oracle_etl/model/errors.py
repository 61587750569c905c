"""The errors, sorted by what happens next.

TransportError
├── Refused    the caller is wrong             -> a 4xx answer
├── TryAgain   the outside was busy or away    -> the message goes back to the queue
└── GiveUp     trying again cannot help        -> the work is marked failed, the message settled
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class TransportError(Exception):
    """An error with a code for programs, a message for people, and what to do next."""

    code: ClassVar[str] = "INTERNAL_ERROR"
    usual_hint: ClassVar[str] = ""
    """What to do next, where whoever raises it knows nothing better."""

    def __init__(
        self, message: str, *, hint: str = "", details: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint or self.usual_hint
        self.details = dict(details or {})


class Refused(TransportError):
    """The caller asked for something that cannot be done as asked."""

    code = "VALIDATION_ERROR"


class InvalidRequest(Refused):
    """A field has a value that is not allowed; `details` names each field and what is right."""


class NoSuchTransport(Refused):
    """No transport has this id."""

    code = "TRANSPORT_NOT_FOUND"
    usual_hint = "`oracle-etl transports list` shows those there are"


class NoSuchJob(Refused):
    """No job has this id."""

    code = "JOB_NOT_FOUND"
    usual_hint = "`oracle-etl jobs list` shows those there are"


class NoSuchTable(Refused):
    """The source has no table of this name that the account may read."""

    code = "TABLE_NOT_FOUND"


class NoSuchObject(Refused):
    """The object store holds nothing under this name."""

    code = "OBJECT_NOT_FOUND"


class TransportExists(Refused):
    """A transport with this id is there already."""

    code = "TRANSPORT_EXISTS"


class TransportIsRunning(Refused):
    """The transport has a job that has not ended; `details` holds its id."""

    code = "TRANSPORT_RUNNING"


class TransportIsDisabled(Refused):
    """The transport is switched off."""

    code = "TRANSPORT_DISABLED"


class StaleRevision(Refused):
    """Somebody else changed the transport since the caller read it."""

    code = "PRECONDITION_FAILED"


class JobHasEnded(Refused):
    """The job has ended, so there is nothing to cancel."""

    code = "JOB_ENDED"


class JobNotRetryable(Refused):
    """Only a failed or cancelled job can be retried."""

    code = "JOB_NOT_RETRYABLE"


class KeyReused(Refused):
    """The idempotency key came before with another request."""

    code = "IDEMPOTENCY_KEY_REUSED"


class LeaseLost(Refused):
    """Another worker owns this work now; whoever holds the old fence stops at once."""

    code = "LEASE_LOST"


class TryAgain(TransportError):
    """Something outside was busy or away."""

    code = "TRY_AGAIN"


class SourceAway(TryAgain):
    """Oracle did not answer, or dropped the connection."""

    code = "ORACLE_CONNECTION_ERROR"


class StoreAway(TryAgain):
    """The object store did not answer."""

    code = "GCS_UPLOAD_ERROR"


class BookAway(TryAgain):
    """The place of the state did not answer, or too many wrote at once."""

    code = "STATE_UNAVAILABLE"


class QueueAway(TryAgain):
    """The queue did not answer."""

    code = "QUEUE_UNAVAILABLE"


class LauncherAway(TryAgain):
    """No worker could be started."""

    code = "WORKERS_UNAVAILABLE"


class SecretAway(TryAgain):
    """The place of the secrets did not answer."""

    code = "SECRET_UNAVAILABLE"


class SignInAway(TryAgain):
    """No token could be made for a watcher."""

    code = "SIGN_IN_UNAVAILABLE"


class UndoGone(TryAgain):
    """ORA-01555: undo no longer reaches the job's SCN for so long a read; smaller parts may."""

    code = "UNDO_GONE"


class GiveUp(TransportError):
    """Trying again cannot help."""

    code = "EXTRACTION_FAILED"


class TableNotFound(GiveUp):
    """The table is not there, or the account may not see it."""

    code = "TABLE_NOT_FOUND"


class AccessDenied(GiveUp):
    """The account lacks a privilege; the hint names the grant."""

    code = "ACCESS_DENIED"


class LoginRefused(GiveUp):
    """Oracle refused user or password; trying on would lock the account."""

    code = "ORACLE_LOGIN_REFUSED"


class SourceMisconfigured(GiveUp):
    """The connection can never work as configured; the hint names the setting."""

    code = "ORACLE_MISCONFIGURED"


class UnsupportedColumn(GiveUp):
    """A column's type cannot be carried exactly and no lossy form was chosen."""

    code = "UNSUPPORTED_COLUMN"


class UnreadableValue(GiveUp):
    """A value cannot be decoded exactly; the message names the column."""

    code = "UNREADABLE_VALUE"


class UnreadableMoment(UnreadableValue):
    """A moment before year 1, which Oracle's driver cannot deliver as one; as text it can."""


class TableChanged(GiveUp):
    """DDL ran under the job, so the table cannot be read at the job's SCN any more."""

    code = "TABLE_CHANGED"


class DatabaseReplaced(GiveUp):
    """The source leads to another database than the one that the job began to read."""

    code = "DATABASE_REPLACED"


class MaskKeyChanged(GiveUp):
    """The key of hash masks is another than the one that the job began to hash with."""

    code = "MASK_KEY_CHANGED"


class TableLeft(GiveUp):
    """A table of a first contact is, or may be, left in the schema; the hint has its DROP."""

    code = "TABLE_LEFT"


class SnapshotGone(GiveUp):
    """Undo is gone for the job's SCN, also in the smallest part."""

    code = "SNAPSHOT_GONE"


class RowsMissing(GiveUp):
    """Rows written and rows counted at the same SCN differ."""

    code = "ROW_COUNT_MISMATCH"


class ObjectConflict(GiveUp):
    """Another object stands at the final name; the message names both generations."""

    code = "OBJECT_CONFLICT"


class StoreRefused(GiveUp):
    """The object store refuses for good: no bucket, no permission."""

    code = "STORE_REFUSED"


class SecretRefused(GiveUp):
    """A secret is not there, is not ours to read, or is not what it should be."""

    code = "SECRET_REFUSED"


class UnreadableMessage(GiveUp):
    """A queue message that no version of this program wrote."""

    code = "UNREADABLE_MESSAGE"


class AttemptsExhausted(GiveUp):
    """The work failed as often as the settings allow."""

    code = "ATTEMPTS_EXHAUSTED"
