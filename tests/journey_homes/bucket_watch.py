"""Look at a bucket all the time that a job runs, for what must never be seen there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from journey_homes.home import Home

_LOOK_EVERY_SECONDS = 0.005
_SUCCESS = "_SUCCESS"
_MANIFEST = "manifest"
_GONE = "it went away while it was read"


class BucketWatch:
    """Remembers each final object as it was when its name first appeared."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._first_seen: dict[str, str] = {}
        self._before_success: dict[str, set[str]] = {}
        self.looks = 0

    def look(self) -> None:
        """Note what has appeared since the last look, at once and whole."""
        self.looks += 1
        names = self._final_names()
        for name in names - self._first_seen.keys():
            digest = self._digest(name)
            if digest == _GONE and name.rpartition("/")[2].startswith(_MANIFEST):
                continue  # a closer may withdraw the manifest of one before it
            self._first_seen[name] = digest
            if name.endswith(_SUCCESS):
                # What was to come with it came before it.
                folder = name.removesuffix(_SUCCESS)
                self._before_success[folder] = self._final_names()

    def check(self) -> None:
        """Fail where an object changed or went away after it was seen, or came after _SUCCESS."""
        self.look()
        now = {name: self._digest(name) for name in self._final_names()}
        changed = {
            name
            for name, digest in self._first_seen.items()
            if digest == _GONE or now.get(name) != digest
        }
        assert not changed, f"these were seen before they were whole: {sorted(changed)}"
        for folder, before in self._before_success.items():
            late = {name for name in now if name.startswith(folder)} - before
            assert not late, f"these came after {folder}{_SUCCESS}: {sorted(late)}"

    def _final_names(self) -> set[str]:
        names = self._home.names(self._home.bucket)
        return {name for name in names if not name.startswith("_attempts/")}

    def _digest(self, name: str) -> str:
        try:
            return hashlib.sha256(self._home.read(self._home.bucket, name)).hexdigest()
        except FileNotFoundError:
            return _GONE


@contextmanager
def watched_bucket(home: Home) -> Iterator[BucketWatch]:
    """Look from a thread while the block runs, and check at its end."""
    watch, ended = BucketWatch(home), Event()

    def look_on() -> None:
        while not ended.wait(_LOOK_EVERY_SECONDS):
            watch.look()

    thread = Thread(target=look_on, name="bucket watch")
    thread.start()
    try:
        yield watch
    finally:
        ended.set()
        thread.join()
    watch.check()
