"""Firebase's own Auth emulator, which only npm has."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import requests

from journey_homes.last_to_leave import ends_with_us
from journey_homes.waiting import until

_START_SECONDS = 60.0
_END_SECONDS = 30.0


@contextmanager
def auth_emulator(folder: Path, *, modules: Path, project: str) -> Iterator[str]:
    """Run the emulator of the npm package firebase-tools, and give its host:port."""
    node = shutil.which("node")
    assert node is not None, "asked for only where firebase-tools is"
    auth, hub, logs = _free_ports(3)
    settings = {
        "auth": {"host": "127.0.0.1", "port": auth},
        "hub": {"host": "127.0.0.1", "port": hub},
        "logging": {"host": "127.0.0.1", "port": logs},
        "ui": {"enabled": False},
    }
    (folder / "firebase.json").write_text(json.dumps({"emulators": settings}))
    program = modules / "firebase-tools" / "lib" / "bin" / "firebase.js"
    with (folder / "firebase.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - a program of the package
            [node, str(program), "emulators:start", "--only=auth", f"--project={project}"],
            cwd=ends_with_us(folder),
            # Nobody is asked whether the use of the tool may be counted.
            env={"PATH": os.defpath, "HOME": str(folder), "CI": "true"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    address = f"127.0.0.1:{auth}"

    def answers() -> bool:
        assert process.poll() is None, (folder / "firebase.log").read_text()[-2000:]
        with suppress(requests.ConnectionError):
            return requests.get(f"http://{address}/", timeout=_START_SECONDS).ok
        return False

    try:
        until(answers, within_seconds=_START_SECONDS, what="the Auth emulator's first answer")
        yield address
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(_END_SECONDS)


def _free_ports(count: int) -> list[int]:
    """Return ports that nobody has; all are held until all are known, so that no two are one."""
    with ExitStack() as stack:
        held = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in held:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in held]
