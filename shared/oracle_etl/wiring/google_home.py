"""The home on Google Cloud: Firestore, Pub/Sub, Cloud Run and Cloud Storage."""

from __future__ import annotations

import secrets

from oracle_etl.flow.refused_logins import RefusedLogins
from oracle_etl.gateways.google.cloud_run import (
    CloudRunClients,
    CloudRunWorkerLauncher,
    WorkerJob,
)
from oracle_etl.gateways.google.firestore import (
    Database,
    FirestoreCatalogueShelf,
    FirestoreJobBook,
    FirestoreProgressBoard,
)
from oracle_etl.gateways.google.pubsub import PubSubTaskQueue, QueueNames
from oracle_etl.gateways.google.secret_manager import SecretManagerVault
from oracle_etl.gateways.google.watcher_sign_in import FirebaseSignIn
from oracle_etl.gateways.system_clock import SystemClock
from oracle_etl.outside import Lane, Outside
from oracle_etl.ports import Clock
from oracle_etl.settings import AuthSettings, GoogleSettings, Settings
from oracle_etl.wiring.buckets import cloud_storage
from oracle_etl.wiring.limits import RANDOM_BYTES, limits_of
from oracle_etl.wiring.modes import THICK, ProcessMode, elsewhere, other_than
from oracle_etl.wiring.sources import Sources, revealed

_PROGRESS_SECONDS = 5.0


def google_home(settings: Settings, *, mode: ProcessMode) -> Outside:
    """Build the home for the API and for a worker alike; nothing signs in or connects here."""
    google = settings.google
    # Nobody pays for idle machines here: as many workers as may have a session.
    sessions = max(source.sessions for source in settings.sources.values())
    limits = limits_of(settings, workers=sessions, progress_seconds=_PROGRESS_SECONDS)
    clock = SystemClock()
    database = Database.named(google.database, project=google.project_id)
    vault = SecretManagerVault(google.project_id)
    book = FirestoreJobBook(database, clock=clock, keep_days=limits.history_days)
    refusals = RefusedLogins(book=book, clock=clock)
    sources = Sources(settings.sources, vault=vault, mode=mode.connects, refusals=refusals)
    lane = _lane(google, mode.works, cap=limits.workers, clock=clock)
    other = _lane(google, other_than(mode.works), cap=limits.workers, clock=clock)
    return Outside(
        book=book,
        queue=lane.queue,
        board=FirestoreProgressBoard(
            database, clock=clock, interval_seconds=limits.progress_interval
        ),
        launcher=lane.launcher,
        elsewhere=elsewhere(settings, mode, other),
        store=cloud_storage(google, clock=clock),
        source=sources.named,
        clock=clock,
        randomness=lambda: secrets.token_hex(RANDOM_BYTES),
        limits=limits,
        shelf=FirestoreCatalogueShelf(database),
        sign_in=_sign_in(settings.auth, clock),
        default_bucket=google.bucket_name,
        mask_key=lambda: revealed(settings.work.mask_key, vault).encode() or None,
        close=sources.close,
    )


def _sign_in(auth: AuthSettings, clock: Clock) -> FirebaseSignIn | None:
    if not auth.watcher_account:
        return None
    return FirebaseSignIn(auth.watcher_account, clock=clock)


def _lane(google: GoogleSettings, mode: str, *, cap: int, clock: Clock) -> Lane:
    """Return the way to the workers of a mode: a topic and a job of their own."""
    thick = mode == THICK
    names = QueueNames(
        project=google.project_id,
        topic=google.thick_topic if thick else google.topic,
        subscription=google.thick_subscription if thick else google.subscription,
        dead_letters=google.dead_letters,
    )
    name = google.thick_worker_job if thick else google.worker_job
    job = WorkerJob(project=google.project_id, region=google.region, name=name)
    clients = CloudRunClients(emulator=google.cloud_run_emulator)
    return Lane(
        queue=PubSubTaskQueue(names, clock=clock),
        launcher=CloudRunWorkerLauncher(job, cap=cap, clients=clients),
    )
