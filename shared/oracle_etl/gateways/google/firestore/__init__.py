"""State and progress in Firestore."""

from oracle_etl.gateways.google.firestore.board import FirestoreProgressBoard
from oracle_etl.gateways.google.firestore.book import FirestoreJobBook
from oracle_etl.gateways.google.firestore.client import Database

__all__ = ["Database", "FirestoreJobBook", "FirestoreProgressBoard"]
