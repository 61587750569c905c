"""A whole system on Google's emulators in one process: the test itself plays the workers."""

from __future__ import annotations

import itertools

from emulators.pubsub_home import pubsub_queue
from flow_home import BUCKET, CountingLauncher
from oracle_etl.gateways.google.firestore import (
    Database,
    FirestoreJobBook,
    FirestoreProgressBoard,
)
from oracle_etl.outside import Limits, Outside
from oracle_etl.ports import Clock, ObjectStore, TableSource


def emulated_home(
    project: str,
    database: Database,
    *,
    clock: Clock,
    store: ObjectStore,
    source: TableSource,
    limits: Limits,
) -> Outside:
    """Return a home in a test's own project, whose jobs write to one bucket."""
    digits = itertools.count(1)
    return Outside(
        book=FirestoreJobBook(database, clock=clock, keep_days=90),
        queue=pubsub_queue(project, clock=clock),
        board=FirestoreProgressBoard(database, clock=clock),
        launcher=CountingLauncher(),
        store=store,
        source=lambda _: source,
        clock=clock,
        randomness=lambda: f"{next(digits):08x}"[::-1],
        limits=limits,
        default_bucket=BUCKET,
    )
