"""Every exception of Google's libraries has a named decision in every gateway."""

from __future__ import annotations

import pytest
import requests
from google.api_core import exceptions as google_errors

from google_fakes.vendor_classes import every_call_error, every_sign_in_error
from oracle_etl.gateways.google import cloud_run, pubsub, secret_manager
from oracle_etl.gateways.google.cloud_storage import client as cloud_storage
from oracle_etl.gateways.google.firestore import client as firestore_client
from oracle_etl.gateways.google.vendor_errors import Table, named_by, verdict_on
from oracle_etl.model.errors import GiveUp, StoreAway, TransportError, TryAgain

TABLES = {
    "cloud storage": cloud_storage.ERRORS,
    "firestore": firestore_client.ERRORS,
    "pubsub": pubsub.ERRORS,
    "cloud run": cloud_run.ERRORS,
    "secret manager": secret_manager.ERRORS,
}


@pytest.fixture(params=list(TABLES.values()), ids=list(TABLES))
def table(request: pytest.FixtureRequest) -> Table:
    found: Table = request.param
    return found


class TestEveryTable:
    @pytest.mark.parametrize("kind", every_call_error(), ids=lambda kind: kind.__name__)
    def test_names_each_failure_of_a_call_itself(self, table: Table, kind: type[Exception]) -> None:
        assert kind in table, "decide what becomes of it; a class above it is no decision"

    @pytest.mark.parametrize("kind", every_sign_in_error(), ids=lambda kind: kind.__name__)
    def test_covers_each_failure_to_sign_in(self, table: Table, kind: type[Exception]) -> None:
        error = kind.__new__(kind)
        assert issubclass(verdict_on(table, error).error, TransportError)

    @pytest.mark.parametrize(
        "kind",
        [
            google_errors.ServiceUnavailable,
            google_errors.TooManyRequests,
            google_errors.InternalServerError,
            google_errors.DeadlineExceeded,
            google_errors.GatewayTimeout,
        ],
    )
    def test_tries_again_what_passes(self, table: Table, kind: type[Exception]) -> None:
        assert issubclass(table[kind].error, TryAgain)

    def test_says_what_to_do_about_a_missing_right(self, table: Table) -> None:
        for kind in (google_errors.Forbidden, google_errors.PermissionDenied):
            assert "roles/" in table[kind].hint


class TestAnErrorThatIsNamed:
    def test_keeps_the_vendors_words_in_one_bounded_line(self) -> None:
        table = cloud_storage.ERRORS
        words = google_errors.Forbidden("no\nrequest: secret" + "x" * 9000)  # type: ignore[no-untyped-call]
        with pytest.raises(TransportError) as raised, named_by(table, doing="reading it"):
            raise words
        assert raised.value.message == "reading it: Forbidden: no"
        long = google_errors.Forbidden("x" * 9000)  # type: ignore[no-untyped-call]
        with pytest.raises(TransportError) as raised, named_by(table, doing="reading it"):
            raise long
        assert len(raised.value.message) < 600

    def test_may_have_no_words(self) -> None:
        empty = google_errors.Forbidden("")  # type: ignore[no-untyped-call]
        with (
            pytest.raises(GiveUp, match=r"reading it: Forbidden\Z"),
            named_by(cloud_storage.ERRORS, doing="reading it"),
        ):
            raise empty

    def test_that_no_table_knows_passes_as_it_is(self) -> None:
        with (
            pytest.raises(ZeroDivisionError),
            named_by(cloud_storage.ERRORS, doing="reading it"),
        ):
            raise ZeroDivisionError

    @pytest.mark.parametrize(
        "kind", [requests.ConnectionError, requests.Timeout, requests.TooManyRedirects]
    )
    def test_of_the_connection_means_the_store_is_away(self, kind: type[Exception]) -> None:
        with (
            pytest.raises(StoreAway, match=kind.__name__),
            cloud_storage.named_errors("reading it"),
        ):
            raise kind("https://host/?upload_id=secret")
