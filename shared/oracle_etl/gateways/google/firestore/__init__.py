"""State and progress in Firestore."""

from oracle_etl.gateways.google.firestore.board import FirestoreProgressBoard
from oracle_etl.gateways.google.firestore.book import FirestoreJobBook
from oracle_etl.gateways.google.firestore.client import Database
from oracle_etl.gateways.google.firestore.shelf import FirestoreCatalogueShelf

__all__ = ["Database", "FirestoreCatalogueShelf", "FirestoreJobBook", "FirestoreProgressBoard"]
