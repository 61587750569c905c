"""Remember for all processes that a login was refused, so that they do not lock the account.

It is kept as a receipt is: what was asked, that no job came of it, and until when that holds. One
plain read tells; who logs in waits for no lock, and not long where the book is away.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from oracle_etl.model.errors import TryAgain
from oracle_etl.ports import Clock, JobBook, Receipt

_REFUSED = timedelta(minutes=5)
_NO_JOB = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedLogins:
    """What the book knows of refused logins; where it is away, nothing is known or kept."""

    book: JobBook
    clock: Clock

    def is_known(self, login: str) -> bool:
        """Tell whether a login was refused a short while ago, to whomever."""
        with suppress(TryAgain):
            receipt = self.book.receipt(_key_of(login))
            return receipt is not None and receipt.expire_at > self.clock.now()
        return False

    def note(self, login: str) -> None:
        """Keep that a login was just refused."""
        receipt = Receipt(
            key=_key_of(login),
            request_digest=login,
            job_id=_NO_JOB,
            expire_at=self.clock.now() + _REFUSED,
        )
        with suppress(TryAgain):
            self.book.transact(lambda entries: entries.put_receipt(receipt))


def _key_of(login: str) -> str:
    return f"login {login}"
