"""The ways a command ends, each with an exit code that programs may rely on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from oracle_etl.model.errors import TableLeft


class Stop(Exception):
    """The command ends without having done what was asked; says why, and what to do."""

    exit_code: ClassVar[int] = 70
    code: ClassVar[str] = "INTERNAL_ERROR"

    def __init__(
        self, message: str, *, hint: str = "", problem: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.problem = dict(problem or {"code": self.code, "message": message, "hint": hint})


class JobFailed(Stop):
    """The job ended, and not well."""

    exit_code = 1
    code = "JOB_FAILED"


class DataDiffers(Stop):
    """What was written is not what the source holds."""

    exit_code = 1
    code = "DATA_DIFFERS"


class NotWell(DataDiffers):
    """Something that jobs need is broken."""

    code = "NOT_WELL"


class TypesDiffer(DataDiffers):
    """A type did not come back as it was put in."""

    code = "TYPES_DIFFER"


class TableStays(DataDiffers):
    """A table of a first contact could not be dropped."""

    code = TableLeft.code


class BadUsage(Stop):
    """The command, a file it was given, or a setting cannot be understood."""

    exit_code = 2
    code = "BAD_USAGE"


class ServerRefused(Stop):
    """What was asked for was understood, and is not to be had."""

    exit_code = 3
    code = "REFUSED"


class Unreachable(Stop):
    """The server did not answer, or could not."""

    exit_code = 4
    code = "UNREACHABLE"


class NotAuthorised(Stop):
    """The server wants a key, or the key may not do this."""

    exit_code = 5
    code = "UNAUTHORIZED"


class NotAllChecked(Stop):
    """What was verified is right, but not all that was asked for could be."""

    exit_code = 6
    code = "NOT_ALL_CHECKED"


class DidNotStart(Stop):
    """A process of the demo ended, or was silent, before it was ready."""

    code = "DID_NOT_START"


FAULT = 70
INTERRUPTED = 130
BROKEN_PIPE = 141

MEANINGS = {
    0: "done",
    JobFailed.exit_code: "the job failed or was cancelled, or a check found something wrong",
    BadUsage.exit_code: "the command, a file or a setting is not usable",
    ServerRefused.exit_code: "the server refused: not found, not now, or not valid",
    Unreachable.exit_code: "the server cannot be reached, or could not answer",
    NotAuthorised.exit_code: "the server wants a key, or the key may not do this",
    NotAllChecked.exit_code: "a verification found no difference, but could not check everything",
    FAULT: "a fault of this program",
    INTERRUPTED: "interrupted from the keyboard",
    BROKEN_PIPE: "whoever read the output has gone",
}
