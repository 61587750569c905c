"""The processes of a measurement: the replay, and one for each measured run."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from benchmarks.measured import Figures, Request

_ROOT = Path(__file__).parent.parent


def run_measured(request: Request) -> Figures:
    """Run a request in a process of its own; the program ends with what it said if it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.measured"],
        input=json.dumps(asdict(request)),
        capture_output=True,
        text=True,
        check=False,
        cwd=_ROOT,
    )
    if done.returncode:
        sys.exit(f"{request}\n{done.stderr}")
    return Figures(**json.loads(done.stdout))


@contextmanager
def serving_replay(share: float = 1.0) -> Iterator[str]:
    """Yield where the replay of a share of each case listens."""
    with subprocess.Popen(  # noqa: S603  a module of ours
        [sys.executable, "-m", "benchmarks.server", str(share)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=_ROOT,
    ) as process:
        assert process.stdout is not None, "it was asked for"
        yield process.stdout.readline().strip()
        process.communicate()
