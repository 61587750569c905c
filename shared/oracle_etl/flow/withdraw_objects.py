"""Take back what was put at final names by work that never came to be complete."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from oracle_etl.model.objects import Intent
from oracle_etl.outside import Outside


def withdraw_objects(
    intents: Iterable[Intent], *, bucket: str, still_ours: Callable[[], None], outside: Outside
) -> None:
    """Remove what stands at these names and is what was meant; what others put there stays.

    `still_ours` raises where the work has gone to somebody else. It is asked between the look and
    the removal: so what is removed was put there before anyone who came after us could begin.
    """
    for intent in intents:
        standing = outside.store.stat(bucket, intent.name)
        if standing is not None and Intent.of(standing) == intent:
            still_ours()
            outside.store.remove(standing)
