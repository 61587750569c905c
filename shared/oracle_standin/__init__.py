"""A stand-in Oracle server for development, which the unmodified driver connects to."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oracle_standin.sample.serving import Account


def running_sample(*, profile: str = "23ai") -> AbstractContextManager[Account]:
    """Serve the sample schema while the block runs; give its user, password and dsn."""
    from oracle_standin.sample import serving  # noqa: PLC0415 -- a part needs not load the whole

    return serving.running_sample(profile=profile)
