"""Google's own Firestore and Pub/Sub emulators, found through gcloud and started when first asked.

Each is started once per test process, in a process group of its own, since killing only the
script that starts it leaves its Java behind; the group ends with the test process, also where
that is killed.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import http.client
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from journey_homes.last_to_leave import ends_with_us

INSTALL = (
    "Google's emulators are not here: install Java 11 or later and the Google Cloud SDK, then "
    "`gcloud components install cloud-firestore-emulator pubsub-emulator`"
)
_FIRESTORE = "platform/cloud-firestore-emulator/cloud_firestore_emulator"
_PUBSUB = "platform/pubsub-emulator/bin/cloud-pubsub-emulator"
_START_SECONDS = 60.0


@functools.cache
def sdk_folder() -> Path | None:
    """Return the folder of a Google Cloud SDK that has both emulators, and Java to run them."""
    gcloud = shutil.which("gcloud")
    if gcloud is None or shutil.which("java") is None:
        return None
    folder = Path(gcloud).resolve().parent.parent
    found = all((folder / program).is_file() for program in (_FIRESTORE, _PUBSUB))
    return folder if found else None


@functools.cache
def firestore_address() -> str:
    """Start Firestore's emulator if this process has not, and return host:port."""
    return _started(_FIRESTORE, "start", "--host=127.0.0.1", "--port={port}")


@functools.cache
def pubsub_address() -> str:
    """Start Pub/Sub's emulator if this process has not, and return host:port."""
    return _started(_PUBSUB, "--host=127.0.0.1", "--port={port}")


def _started(program: str, *arguments: str) -> str:
    folder = sdk_folder()
    if folder is None:
        raise FileNotFoundError(INSTALL)
    port = _free_port()
    place = ends_with_us(Path(tempfile.mkdtemp(prefix="emulator-")))
    output = place / "output.txt"
    with output.open("wb") as file:
        process = subprocess.Popen(  # noqa: S603 - a program of the SDK, found through gcloud
            [str(folder / program), *(each.format(port=port) for each in arguments)],
            cwd=place,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    atexit.register(_end, process, output)
    _wait_until_it_answers(process, port, output)
    return f"127.0.0.1:{port}"


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int, output: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    pause = threading.Event()
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"an emulator did not start:\n{output.read_text()[-2000:]}")
        pause.wait(0.05)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _end(process: subprocess.Popen[bytes], output: Path) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    shutil.rmtree(output.parent, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port
