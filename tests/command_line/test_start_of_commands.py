"""What the command imports before it does anything: shells ask it for completions at every TAB."""

from __future__ import annotations

import subprocess
import sys

SLOW = {"arro3", "flask", "google.cloud.storage", "gunicorn", "numpy", "oracledb"}


class TestTheCommand:
    def test_starts_without_what_most_commands_never_need(self) -> None:
        script = f"import sys, command_line.main; print({SLOW} & sys.modules.keys())"
        ended = subprocess.run(  # noqa: S603 - our own program
            (sys.executable, "-c", script), capture_output=True, text=True, check=True, timeout=60
        )
        assert ended.stdout == "set()\n"
