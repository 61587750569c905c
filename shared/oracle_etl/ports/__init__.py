"""What the flow needs from outside, in our own words: a module for each port.

Every implementation of a port passes the same contract suite (tests/contracts/).
"""

from oracle_etl.ports.catalogue_shelf import (
    CatalogueAsked,
    CatalogueShelf,
    KeptCatalogue,
    TableListing,
)
from oracle_etl.ports.clock import Clock
from oracle_etl.ports.entries import Entries, PartCounts, Receipt, SessionSlot
from oracle_etl.ports.job_book import JobBook, TableChanges
from oracle_etl.ports.login_refusals import LoginRefusals
from oracle_etl.ports.object_store import ObjectStore, ObjectWriter
from oracle_etl.ports.pages import Page, PageRequest
from oracle_etl.ports.progress_board import ProgressBoard
from oracle_etl.ports.scratch_schema import ScratchSchema, ServerFacts
from oracle_etl.ports.secret_vault import SecretVault
from oracle_etl.ports.table_source import Batches, SourceStatus, TableSource
from oracle_etl.ports.task_queue import Delivery, TaskQueue
from oracle_etl.ports.watcher_sign_in import WatcherSignIn, WatcherToken
from oracle_etl.ports.worker_launcher import WorkerLauncher

__all__ = [
    "Batches",
    "CatalogueAsked",
    "CatalogueShelf",
    "Clock",
    "Delivery",
    "Entries",
    "JobBook",
    "KeptCatalogue",
    "LoginRefusals",
    "ObjectStore",
    "ObjectWriter",
    "Page",
    "PageRequest",
    "PartCounts",
    "ProgressBoard",
    "Receipt",
    "ScratchSchema",
    "SecretVault",
    "ServerFacts",
    "SessionSlot",
    "SourceStatus",
    "TableChanges",
    "TableListing",
    "TableSource",
    "TaskQueue",
    "WatcherSignIn",
    "WatcherToken",
    "WorkerLauncher",
]
