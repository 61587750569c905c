"""Effects of which one goes wrong without a death: its reply is lost, or it comes too late."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from fakes.crashing_home import Effects
from oracle_etl.model.errors import BookAway, LauncherAway, QueueAway, StoreAway, TryAgain

T = TypeVar("T")


class LostReply(Effects):
    """The n-th effect happens, and whoever wanted it is told that nobody answered."""

    def __init__(self, *, at: int) -> None:
        super().__init__()
        self._at = at

    def happen(self, name: str, act: Callable[[], T]) -> T:
        """Let one effect happen, and lose its reply if it is the one."""
        result = super().happen(name, act)
        if len(self.names) == self._at:
            raise _away(name)
        return result


class Overtaken(Effects):
    """Whoever comes to the n-th effect sleeps before it, for longer than any lease."""

    def __init__(self, *, at: int, meanwhile: Callable[[], None]) -> None:
        super().__init__()
        self._at = at
        self._meanwhile = meanwhile

    def happen(self, name: str, act: Callable[[], T]) -> T:
        """Let others go on first if it is the one; then let it happen."""
        if len(self.names) + 1 == self._at:
            self._meanwhile()
        return super().happen(name, act)


def _away(name: str) -> TryAgain:
    """Return what the port of an effect raises when nobody answers."""
    match name.split(maxsplit=1)[0]:
        case "transact":
            return BookAway("the reply was lost")
        case "publish" | "done" | "again":
            return QueueAway("the reply was lost")
        case "launch":
            return LauncherAway("the reply was lost")
        case "begin" | "finish" | "compose" | "remove":
            return StoreAway("the reply was lost")
    raise ValueError(f"{name!r} is no effect that is known")
