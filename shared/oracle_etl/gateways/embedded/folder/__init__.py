"""Objects of the embedded home as files in a folder, each whole or absent."""

from __future__ import annotations

from oracle_etl.gateways.embedded.folder.store import FolderObjectStore

__all__ = ["FolderObjectStore"]
