"""Nothing that the tests start outlives them, however they end.

A process of ours reads from a pipe that only the tests' process holds open. When that closes, by an
end in order as well as by SIGKILL, it kills whatever still works in the folders that it was told.
"""

from __future__ import annotations

import atexit
import functools
import subprocess
import sys
from pathlib import Path

from journey_homes.processes import kill_all_in

_TESTS = Path(__file__).parents[1]
_END_SECONDS = 60.0


def ends_with_us(folder: Path) -> Path:
    """Have what works in a folder killed once this process has ended, and return the folder."""
    to_the_guard = _guard().stdin
    assert to_the_guard is not None
    to_the_guard.write(f"{folder.resolve()}\n")
    to_the_guard.flush()
    return folder


@functools.cache
def _guard() -> subprocess.Popen[str]:
    """Start the process that is the last to leave; in a session of its own, so it is not hit."""
    guard = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", __name__],
        cwd=_TESTS,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    atexit.register(guard.communicate, timeout=_END_SECONDS)
    return guard


def main() -> None:
    """Keep the folders that are told, line by line, and leave nobody in them at the end."""
    for folder in [Path(line.rstrip("\n")) for line in sys.stdin]:
        kill_all_in(folder)


if __name__ == "__main__":
    main()
