"""The replay as a process of its own: it prints where it listens, and ends with its input.

Its argument is the share of each case's rows that it holds.
"""

from __future__ import annotations

import sys

from benchmarks.replay_database import ReplayDatabase
from oracle_standin.server import ServerOptions, running
from oracle_standin.wire.profiles import PROFILES

if __name__ == "__main__":
    with running(
        ReplayDatabase(float(sys.argv[1])), ServerOptions(profile=PROFILES["19c"])
    ) as server:
        print(server.dsn, flush=True)
        sys.stdin.read()
