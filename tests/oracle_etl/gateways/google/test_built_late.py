"""The program is imported and wired before the server forks, so neither builds a client."""

from __future__ import annotations

import subprocess
import sys

WIRED = """
import os, threading
import google.auth
def refuse(*_args, **_named):
    raise AssertionError("somebody signed in too early")
google.auth.default = refuse

from oracle_etl.gateways.google.cloud_run import CloudRunWorkerLauncher, WorkerJob
from oracle_etl.gateways.google.cloud_storage import CloudStorageObjectStore
from oracle_etl.gateways.google.firestore import (
    Database, FirestoreJobBook, FirestoreProgressBoard,
)
from oracle_etl.gateways.google.pubsub import PubSubTaskQueue, QueueNames
from oracle_etl.gateways.google.secret_manager import SecretManagerVault
from oracle_etl.gateways.system_clock import SystemClock

clock = SystemClock()
database = Database.named("(default)", project="p")
wired = [
    FirestoreJobBook(database, clock=clock, keep_days=90),
    FirestoreProgressBoard(database, clock=clock),
    CloudStorageObjectStore(clock=clock),
    PubSubTaskQueue(
        QueueNames(project="p", topic="t", subscription="s", dead_letters="d"), clock=clock
    ),
    CloudRunWorkerLauncher(WorkerJob(project="p", region="r", name="j"), cap=1),
    SecretManagerVault("p"),
]
assert threading.active_count() == 1, threading.enumerate()
"""
FORKED = """
import os
from oracle_etl.gateways.google.once import BuiltOnce
once = BuiltOnce(os.getpid)
assert once.get() == once.get() == os.getpid()
child = os.fork()
if child == 0:
    os._exit(0 if once.get() == os.getpid() else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert once.get() == os.getpid()
"""


def run(script: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr


class TestTheGoogleHome:
    def test_is_wired_without_signing_in_and_without_threads(self) -> None:
        run(WIRED)


class TestAClient:
    def test_is_built_once_per_process(self) -> None:
        run(FORKED)
