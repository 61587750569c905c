"""Fixtures for tests on Google's emulators: import them, and mark the tests `emulators`.

Every test has a project of its own, so tests share the emulators and see nothing of each other.
"""

from __future__ import annotations

import uuid

import pytest

from emulators.google_emulators import INSTALL, firestore_address, pubsub_address, sdk_folder


@pytest.fixture
def google_project(monkeypatch: pytest.MonkeyPatch) -> str:
    """Give a project that is empty on both emulators, and lead Google's clients to them."""
    if sdk_folder() is None:
        pytest.skip(INSTALL)
    project = f"test-{uuid.uuid4().hex[:12]}"
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_address())
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", pubsub_address())
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", project)
    return project
