"""A page in headless Chromium that runs the code of docs/watch.md with Firebase's own SDK.

The SDK's modules are served on loopback from where npm put them, and no name but loopback's is
looked up: nothing comes from the Internet.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any, ClassVar

from google_home.heard_stages import Heard, code_of_page
from journey_homes.last_to_leave import ends_with_us

MODULES = Path(sys.prefix) / "web" / "node_modules"
INSTALL = (
    "the web page is not proved here: install Chromium and Node.js 20 or later, then `npm install "
    "--prefix .venv/web --ignore-scripts firebase@12 firebase-tools@15`"
)
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_SDK = {"firebase/app": "app", "firebase/auth": "auth", "firebase/firestore": "firestore"}
_END_SECONDS = 30.0
_QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--no-first-run",
    "--remote-debugging-port=0",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)
_PAGE = """<!doctype html>
<meta charset="utf-8">
<script>globalThis.__FIREBASE_DEFAULTS__ = { emulatorHosts: %(emulators)s };</script>
<script type="importmap">{ "imports": %(imports)s }</script>
<script type="module">
  import { watchJob } from "/watch_job.mjs";

  let number = 0;
  const tell = (said) => {
    const body = JSON.stringify({ number: number++, heard_at: Date.now(), ...said });
    return fetch("/told", { method: "POST", body });
  };
  const show = (table, stage) =>
    tell({ table: table.table.name, stage: stage.name, at: stage.at.toMillis() });
  const fail = (error) => tell({ problem: String(error) });
  try {
    await watchJob({ ...%(asked)s, show, fail });
    tell({ listening: true });
  } catch (error) {
    fail(error);
  }
</script>
"""


def browser() -> str | None:
    """Return the browser to run, None where it or Firebase's SDK is missing."""
    found = next((path for name in _BROWSERS if (path := shutil.which(name))), None)
    return found if (MODULES / "firebase").is_dir() else None


class ListeningPage:
    """What is served to the browser, and what the page says."""

    def __init__(self, *, asked: Mapping[str, Any], emulators: Mapping[str, str]) -> None:
        self._files = {
            "/": ("text/html", (_PAGE % _filled(asked, emulators)).encode()),
            "/watch_job.mjs": ("text/javascript", code_of_page("javascript").encode()),
            **{f"/sdk/{name}.js": ("text/javascript", _module(name)) for name in _SDK.values()},
        }
        self._lock = Lock()
        self._told: list[dict[str, Any]] = []
        handler = type("_BoundHandler", (_Handler,), {"page": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True

    @contextmanager
    def open_in(self, program: str, folder: Path) -> Iterator[ListeningPage]:
        """Show the page in a browser whose profile is new, until the block ends."""
        serving = Thread(target=self._server.serve_forever, args=(0.01,), name="page")
        serving.start()
        url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        with (folder / "browser.log").open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - a browser, found on the path
                [program, *_QUIET, f"--user-data-dir={folder / 'profile'}", url],
                cwd=ends_with_us(folder),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield self
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(_END_SECONDS)
            self._server.shutdown()
            serving.join()
            self._server.server_close()

    def file(self, path: str) -> tuple[str, bytes] | None:
        """Return a file's type and content."""
        return self._files.get(path)

    def hear(self, said: dict[str, Any]) -> None:
        """Keep what the page says."""
        with self._lock:
            self._told.append(said)

    @property
    def heard(self) -> list[Heard]:
        """The stages in the order in which the page was told them."""
        return [
            Heard(
                table=each["table"],
                stage=each["stage"],
                at=datetime.fromtimestamp(each["at"] / 1000, UTC),
                heard_at=datetime.fromtimestamp(each["heard_at"] / 1000, UTC),
            )
            for each in self._said()
            if "stage" in each
        ]

    @property
    def problems(self) -> list[str]:
        """What went wrong in the page."""
        return [each["problem"] for each in self._said() if "problem" in each]

    @property
    def is_listening(self) -> bool:
        """Whether the page has signed in and listens."""
        return any("listening" in each for each in self._said())

    def _said(self) -> list[dict[str, Any]]:
        with self._lock:
            return sorted(self._told, key=lambda said: said["number"])


def _filled(asked: Mapping[str, Any], emulators: Mapping[str, str]) -> dict[str, str]:
    imports = {name: f"/sdk/{file}.js" for name, file in _SDK.items()}
    # The SDK's modules name each other by their address on Google's network.
    version = json.loads((MODULES / "firebase" / "package.json").read_text())["version"]
    imports[f"https://www.gstatic.com/firebasejs/{version}/firebase-app.js"] = "/sdk/app.js"
    return {
        "imports": json.dumps(imports),
        "asked": json.dumps(dict(asked)),
        "emulators": json.dumps(dict(emulators)),
    }


def _module(name: str) -> bytes:
    return (MODULES / "firebase" / f"firebase-{name}.js").read_bytes()


class _Handler(BaseHTTPRequestHandler):
    page: ClassVar[ListeningPage]

    def do_GET(self) -> None:
        """Give a file."""
        kind, content = self.page.file(self.path) or ("", b"")
        self.send_response(HTTPStatus.OK if kind else HTTPStatus.NOT_FOUND)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self) -> None:
        """Take what the page says."""
        self.page.hear(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(HTTPStatus.NO_CONTENT)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its signature
        """Say nothing: pytest's output belongs to the tests."""
