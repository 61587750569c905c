"""Who may read what in Firestore, asked of Google's emulator under infra/firestore.rules."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
import pytest
import requests

from builders import a_job, a_part, a_plan, a_receipt, a_slot, a_table, a_transport
from emulators.emulator_fixtures import google_project
from emulators.firestore_home import firestore_database
from emulators.google_emulators import firestore_address
from emulators.security_rules import load_rules
from fakes.stepped_clock import SteppedClock
from google_fakes.identity_toolkit import SIGN_IN, FakeIdentityToolkit
from google_fakes.service_account import ServiceAccount
from oracle_etl.gateways.google.firestore import FirestoreJobBook
from oracle_etl.gateways.google.firestore.documents import (
    job_path,
    part_path,
    plan_path,
    receipt_path,
    slot_path,
    table_path,
    transport_path,
)
from oracle_etl.gateways.system_clock import SystemClock
from oracle_etl.model.transport import DEFAULT_TENANT
from oracle_etl.ports import Entries

__all__ = ["google_project"]
pytestmark = pytest.mark.emulators

JOB, TABLE, TRANSPORT = "JOB-20260301-120000-0001", "t00000", "TRPID-00000001"
WATCHED = {
    "a transport": transport_path(TRANSPORT),
    "a job": job_path(JOB),
    "a table": table_path(JOB, TABLE),
    "a part": part_path(JOB, TABLE, 1),
}
KEPT_BACK = {
    "a plan": plan_path(JOB, TABLE),
    "a receipt": receipt_path("key-1"),
    "a session slot": slot_path("default", 0),
}
EVERYTHING = {**WATCHED, **KEPT_BACK}


def token_with(**claims: object) -> str:
    """Make a token that the emulator takes without a signature."""
    parts = ({"alg": "none", "typ": "JWT"}, {"sub": "somebody", "user_id": "somebody", **claims})
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts)
    return ".".join([each.rstrip("=") for each in encoded] + [""])


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody at a browser."""

    project: str
    token: str | None

    def ask(self, method: str, path: str, body: object = None) -> requests.Response:
        root = f"http://{firestore_address()}/v1/projects/{self.project}/databases/(default)"
        headers = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        url = f"{root}/documents{path}"
        return requests.request(method, url, json=body, headers=headers, timeout=30)

    def may_get(self, path: str) -> bool:
        return self._allowed(self.ask("GET", f"/{path}"))

    def may_list(self, collection: str, *, tenant: str | None, everywhere: bool = False) -> bool:
        above, _, name = collection.rpartition("/")
        query: dict[str, Any] = {
            "from": [{"collectionId": name, "allDescendants": everywhere}],
        }
        if tenant is not None:
            query["where"] = {
                "fieldFilter": {
                    "field": {"fieldPath": "tenant"},
                    "op": "EQUAL",
                    "value": {"stringValue": tenant},
                }
            }
        path = f"/{above}:runQuery" if above else ":runQuery"
        return self._allowed(self.ask("POST", path, {"structuredQuery": query}))

    def may_write(self, path: str) -> bool:
        body = {"fields": {"tenant": {"stringValue": "default"}}}
        created = self._allowed(self.ask("PATCH", f"/{path}", body))
        return created or self._allowed(self.ask("DELETE", f"/{path}"))

    def _allowed(self, response: requests.Response) -> bool:
        assert response.status_code in {200, 403}, response.text
        return bool(response.status_code == requests.codes.ok)


@pytest.fixture
def project(google_project: str) -> str:
    load_rules(google_project)
    book = FirestoreJobBook(firestore_database(google_project), clock=SystemClock(), keep_days=90)
    book.transact(write_one_of_each)
    return google_project


def write_one_of_each(entries: Entries) -> None:
    entries.put_transport(a_transport(TRANSPORT))
    entries.put_job(a_job(JOB))
    entries.put_table(a_table(TABLE))
    entries.put_part(a_part(1))
    entries.put_plan(JOB, TABLE, a_plan())
    entries.put_receipt(a_receipt())
    entries.put_slot(a_slot())


@pytest.fixture
def of_tenant(project: str) -> Reader:
    return Reader(project, token_with(tenant="default"))


STRANGERS: dict[str, str | None] = {
    "nobody": None,
    "somebody without a tenant": token_with(),
    "somebody of another tenant": token_with(tenant="other"),
    "somebody with a list of tenants": token_with(tenant=["default"]),
    "somebody whose tenant is null": token_with(tenant=None),
}


@pytest.fixture(params=list(STRANGERS.values()), ids=list(STRANGERS))
def stranger(request: pytest.FixtureRequest, project: str) -> Reader:
    return Reader(project, request.param)


class TestAReaderOfTheTenant:
    def test_sees_what_is_watched(self, of_tenant: Reader) -> None:
        assert {what: of_tenant.may_get(path) for what, path in WATCHED.items()} == dict.fromkeys(
            WATCHED, True
        )

    def test_sees_nothing_else(self, of_tenant: Reader) -> None:
        assert {what: of_tenant.may_get(path) for what, path in KEPT_BACK.items()} == dict.fromkeys(
            KEPT_BACK, False
        )

    def test_lists_by_naming_the_tenant(self, of_tenant: Reader) -> None:
        for collection in ("transports", "jobs", f"{job_path(JOB)}/tables"):
            assert of_tenant.may_list(collection, tenant="default")
            assert not of_tenant.may_list(collection, tenant=None)
            assert not of_tenant.may_list(collection, tenant="other")

    def test_lists_no_receipts_and_no_slots(self, of_tenant: Reader) -> None:
        for collection in ("receipts", "slots", f"{table_path(JOB, TABLE)}/plan"):
            assert not of_tenant.may_list(collection, tenant="default")

    def test_lists_no_group_of_collections(self, of_tenant: Reader) -> None:
        for group in ("tables", "parts"):
            assert not of_tenant.may_list(group, tenant="default", everywhere=True)

    def test_writes_nothing(self, of_tenant: Reader) -> None:
        paths = {**EVERYTHING, "a new job": "jobs/new", "a collection of its own": "mine/1"}
        assert {what: of_tenant.may_write(path) for what, path in paths.items()} == dict.fromkeys(
            paths, False
        )


class TestAStranger:
    def test_sees_nothing(self, stranger: Reader) -> None:
        assert {what: stranger.may_get(path) for what, path in EVERYTHING.items()} == dict.fromkeys(
            EVERYTHING, False
        )

    def test_lists_nothing(self, stranger: Reader) -> None:
        for collection in ("transports", "jobs", f"{job_path(JOB)}/tables"):
            for tenant in (None, "default"):
                assert not stranger.may_list(collection, tenant=tenant)

    def test_writes_nothing(self, stranger: Reader) -> None:
        assert not any(stranger.may_write(path) for path in EVERYTHING.values())


class TestADocumentWithoutATenant:
    def test_is_seen_by_nobody(self, project: str, of_tenant: Reader) -> None:
        firestore_database(project).client.document("jobs/odd").set({"status": "running"})
        without = Reader(project, token_with())
        assert not of_tenant.may_get("jobs/odd")
        assert not without.may_get("jobs/odd")


@pytest.fixture
def account() -> ServiceAccount:
    return ServiceAccount()


@pytest.fixture
def identity_toolkit(google_project: str, account: ServiceAccount) -> Iterator[FakeIdentityToolkit]:
    toolkit = FakeIdentityToolkit(
        project=google_project,
        account=account.email,
        public_key=account.public_key,
        clock=SystemClock(),
    )
    with toolkit.serving():
        yield toolkit


def exchanged(custom_token: str, toolkit: FakeIdentityToolkit) -> requests.Response:
    """Ask for an ID token as Firebase's SDK does."""
    asked = {"token": custom_token, "returnSecureToken": True}
    return requests.post(f"http://{toolkit.address}{SIGN_IN}?key=k", json=asked, timeout=30)


class TestAWatcherWhoSignedIn:
    @pytest.fixture
    def signed_in(
        self, project: str, account: ServiceAccount, identity_toolkit: FakeIdentityToolkit
    ) -> Callable[[str], Reader]:
        def sign_in(tenant: str) -> Reader:
            token = account.sign_in(SystemClock()).token(tenant=tenant)
            given = exchanged(token.text, identity_toolkit)
            assert given.ok, given.text
            return Reader(project, given.json()["idToken"])

        return sign_in

    def test_sees_what_the_tenant_may_see_and_nothing_else(
        self, signed_in: Callable[[str], Reader]
    ) -> None:
        watcher = signed_in(DEFAULT_TENANT)
        seen = {what for what, path in EVERYTHING.items() if watcher.may_get(path)}
        assert seen == set(WATCHED)
        assert watcher.may_list(f"{job_path(JOB)}/tables", tenant=DEFAULT_TENANT)
        assert not any(watcher.may_write(path) for path in EVERYTHING.values())

    def test_of_another_tenant_sees_nothing(self, signed_in: Callable[[str], Reader]) -> None:
        stranger = signed_in("another")
        assert not any(stranger.may_get(path) for path in EVERYTHING.values())


class TestACustomToken:
    def test_is_exchanged_for_the_tenants_claim(
        self, account: ServiceAccount, identity_toolkit: FakeIdentityToolkit
    ) -> None:
        token = account.sign_in(SystemClock()).token(tenant="blue")
        given = exchanged(token.text, identity_toolkit).json()["idToken"]
        claims = jwt.decode(given, options={"verify_signature": False})
        assert (claims["tenant"], claims["sub"]) == ("blue", "watcher-of-blue")

    def test_of_another_key_gets_nothing(
        self, account: ServiceAccount, identity_toolkit: FakeIdentityToolkit
    ) -> None:
        other = ServiceAccount(account.email)
        token = other.sign_in(SystemClock()).token(tenant="blue")
        assert exchanged(token.text, identity_toolkit).status_code == 400

    def test_that_somebody_changed_gets_nothing(
        self, account: ServiceAccount, identity_toolkit: FakeIdentityToolkit
    ) -> None:
        head, _, signature = account.sign_in(SystemClock()).token(tenant="blue").text.split(".")
        _, body, _ = account.sign_in(SystemClock()).token(tenant="red").text.split(".")
        assert exchanged(f"{head}.{body}.{signature}", identity_toolkit).status_code == 400

    @pytest.mark.parametrize("hours", [-2, 1])
    def test_of_another_time_gets_nothing(
        self, account: ServiceAccount, identity_toolkit: FakeIdentityToolkit, hours: int
    ) -> None:
        clock = SteppedClock(SystemClock().now() + timedelta(hours=hours))
        token = account.sign_in(clock).token(tenant="blue")
        assert exchanged(token.text, identity_toolkit).status_code == 400
