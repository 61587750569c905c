"""infra/firestore.rules in Firestore's emulator, which binds clients by them as Firestore does."""

from __future__ import annotations

from pathlib import Path

import requests

from emulators.google_emulators import firestore_address

_RULES = Path(__file__).parents[2] / "infra" / "firestore.rules"


def load_rules(project: str) -> None:
    """Put the rules in force in a test's own project; rules that do not compile are refused."""
    rules = {"rules": {"files": [{"name": _RULES.name, "content": _RULES.read_text()}]}}
    url = f"http://{firestore_address()}/emulator/v1/projects/{project}:securityRules"
    loaded = requests.put(url, json=rules, timeout=30)
    assert loaded.ok, loaded.text
