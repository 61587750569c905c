"""docs/watch.md's code for a page, in a browser, with Firebase's own SDK and the rules in force.

It is signed in twice over: with an Identity Toolkit of ours, which looks at the signature, and
with Firebase's Auth emulator, which does not but is Firebase's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from api_service import an_api, document
from emulators.auth_emulator import auth_emulator
from emulators.google_emulators import firestore_address
from emulators.security_rules import load_rules
from google_fakes.identity_toolkit import FakeIdentityToolkit
from google_fakes.service_account import ServiceAccount
from google_home.heard_stages import SOON_SECONDS, stages_told, stages_written
from google_home.listening_page import INSTALL, MODULES, ListeningPage, browser
from google_home.listening_program import two_programs
from google_home.watched_home import NAMES, watched_home
from google_home.write_times import write_times
from journey_homes.waiting import until
from oracle_etl.gateways.system_clock import SystemClock
from oracle_etl.settings import GoogleSettings, Settings

pytestmark = [pytest.mark.emulators, pytest.mark.prove]

_LISTENS_SECONDS = 60.0
_HEARS_SECONDS = 10.0


@contextmanager
def our_identity_toolkit(folder: Path, project: str, account: ServiceAccount) -> Iterator[str]:
    del folder
    toolkit = FakeIdentityToolkit(
        project=project,
        account=account.email,
        public_key=account.public_key,
        clock=SystemClock(),
    )
    with toolkit.serving():
        yield toolkit.address


@contextmanager
def firebases_emulator(folder: Path, project: str, account: ServiceAccount) -> Iterator[str]:
    del account
    place = folder / "auth"
    place.mkdir()
    with auth_emulator(place, modules=MODULES, project=project) as address:
        yield address


SignIn = Callable[[Path, str, ServiceAccount], AbstractContextManager[str]]
SIGN_INS = [
    pytest.param(our_identity_toolkit, id="by a toolkit that looks at the signature"),
    pytest.param(firebases_emulator, id="by Firebase's emulator"),
]


def given_by_the_api(folder: Path, project: str, account: ServiceAccount) -> dict[str, Any]:
    """Return what POST /api/watchers/sign-in answers, for the page."""
    settings = Settings(google=GoogleSettings(project_id=project))
    api = an_api(folder, settings=settings, sign_in=account.sign_in(SystemClock()))
    given = document(api.post("/api/watchers/sign-in"))
    api.home.close()
    return given


@pytest.fixture
def program() -> str:
    found = browser()
    if found is None:
        pytest.skip(INSTALL)
    return found


@pytest.mark.parametrize("signing_in", SIGN_INS)
class TestAPage:
    def test_is_told_as_much_as_two_programs_are_in_the_same_order_and_soon(
        self,
        tmp_path: Path,
        program: str,
        signing_in: SignIn,
        record_property: Callable[[str, object], None],
    ) -> None:
        account = ServiceAccount()
        with (
            # A browser takes a few seconds to begin, and is to see most of it happen.
            watched_home(tmp_path, bytes_per_second=15_000) as home,
            signing_in(tmp_path, home.project, account) as sign_in,
        ):
            load_rules(home.project)
            job = home.api.execute(home.api.create([f"SHOP.{name}" for name in NAMES]))
            given = given_by_the_api(tmp_path, home.project, account)
            page = ListeningPage(
                asked={"given": given, "apiKey": "a-web-api-key", "jobId": job},
                emulators={"auth": sign_in, "firestore": firestore_address()},
            )
            with (
                write_times(home.project, job) as times,
                page.open_in(program, tmp_path),
                two_programs(tmp_path, project=home.project, job=job) as programs,
            ):
                until(
                    lambda: page.is_listening or page.problems,
                    within_seconds=_LISTENS_SECONDS,
                    what="the page's sign-in",
                )
                assert page.problems == []
                assert home.api.job(job)["status"] == "running"
                for each in programs:
                    each.end()
                written = stages_written(home.api.tables(job))
                until(
                    lambda: stages_told(page.heard) == written,
                    within_seconds=_HEARS_SECONDS,
                    what="the page's last stage",
                )
        heard = {"page": page.heard, **{f"program {n}": p.heard for n, p in enumerate(programs)}}
        lags = {name: max(times.lags(stages)) for name, stages in heard.items()}
        record_property("seconds from a stage's write to its telling, at most", lags)
        assert {name: stages_told(stages) for name, stages in heard.items()} == dict.fromkeys(
            heard, written
        )
        assert max(lags.values()) < SOON_SECONDS
