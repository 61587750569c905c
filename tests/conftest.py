"""What all tests share: no deadlines for examples, and what is left out without emulators."""

from __future__ import annotations

import pytest
from hypothesis import settings

from emulators.google_emulators import INSTALL, sdk_folder

# A property is about values; on a busy machine a deadline would only measure the neighbours.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")

_LEFT_OUT = pytest.StashKey[int]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests marked `emulators` where there is no SDK."""
    if sdk_folder() is not None:
        return
    left_out = [each for each in items if each.get_closest_marker("emulators")]
    config.stash[_LEFT_OUT] = len(left_out)
    config.hook.pytest_deselected(items=left_out)
    items[:] = [each for each in items if not each.get_closest_marker("emulators")]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say so in one line, with what to install."""
    left_out = config.stash.get(_LEFT_OUT, 0)
    if left_out:
        terminalreporter.write_line(f"{left_out} tests were left out. {INSTALL}", yellow=True)
