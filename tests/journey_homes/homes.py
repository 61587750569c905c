"""Every home on which the journeys are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from journey_homes.embedded_home import embedded_home
from journey_homes.google_home import google_home
from journey_homes.home import Home
from journey_homes.oracle import Oracle

OpenHome = Callable[[Path, Oracle, Mapping[str, str]], AbstractContextManager[Home]]

HOMES = (
    pytest.param(embedded_home, id="embedded"),
    pytest.param(google_home, id="google", marks=pytest.mark.emulators),
)
