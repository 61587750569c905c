"""Where progress is shown."""

from __future__ import annotations

from typing import Protocol

from oracle_etl.model.job import Totals
from oracle_etl.model.progress import Progress


class ProgressBoard(Protocol):
    """Where progress is shown while it happens; never needed to be right.

    A post that cannot be shown is lost: no work fails because nobody can watch it.
    """

    def post_table(self, job_id: str, table_id: str, progress: Progress) -> None:
        """Show a table's progress; posts that come sooner than the interval may be skipped."""
        ...

    def post_part(self, job_id: str, table_id: str, number: int, progress: Progress) -> None:
        """Show a part's progress, as above."""
        ...

    def post_totals(self, job_id: str, totals: Totals) -> None:
        """Show a job's live totals."""
        ...
