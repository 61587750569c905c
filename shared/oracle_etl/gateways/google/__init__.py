"""The production home: Firestore, Pub/Sub, Cloud Run, Cloud Storage, Secret Manager."""
