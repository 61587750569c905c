"""Python programs in processes of their own, that speak with the test line by line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TESTS = Path(__file__).parents[1]


class PythonProcess:
    """A running program; `line()` waits for what it prints, `tell()` answers it."""

    def __init__(self, popen: subprocess.Popen[str]) -> None:
        self._popen = popen

    def line(self) -> str:
        assert self._popen.stdout is not None
        return self._popen.stdout.readline().strip()

    def tell(self, text: str) -> None:
        assert self._popen.stdin is not None
        self._popen.stdin.write(f"{text}\n")
        self._popen.stdin.flush()

    def kill(self) -> None:
        """End the program as a lost machine would: nothing of it runs any more."""
        self._popen.kill()
        self._popen.wait()

    def ended(self) -> int:
        return self._popen.wait(timeout=60)


@contextmanager
def python_process(program: str, *arguments: object) -> Iterator[PythonProcess]:
    """Run a program with the tests' modules to import; killed at the end, if it still runs."""
    start = f"import sys; sys.path.insert(0, {str(_TESTS)!r})\n"
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", start + program, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as popen:
        try:
            yield PythonProcess(popen)
        finally:
            popen.kill()
