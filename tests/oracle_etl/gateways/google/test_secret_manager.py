"""Secrets come from Secret Manager, whole and only when asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from google_fakes.grpc_service import StatusCode
from google_fakes.secret_versions import FakeSecretManager
from oracle_etl.gateways.google.secret_manager import SecretManagerVault
from oracle_etl.model.errors import SecretAway, SecretRefused


@pytest.fixture
def cloud() -> Iterator[FakeSecretManager]:
    with FakeSecretManager().serving() as cloud:
        cloud.add("projects/mine/secrets/oracle-password", b"first")
        cloud.add("projects/mine/secrets/oracle-password", b"\x00second\xff")
        cloud.add("projects/theirs/secrets/oracle-password", b"theirs")
        yield cloud


@pytest.fixture
def vault(cloud: FakeSecretManager) -> SecretManagerVault:
    return SecretManagerVault("mine", build_client=cloud.client)


class TestAReference:
    @pytest.mark.parametrize(
        ("reference", "content"),
        [
            ("oracle-password", b"\x00second\xff"),
            ("secret:oracle-password", b"\x00second\xff"),
            ("secret:oracle-password/versions/1", b"first"),
            ("secret:oracle-password/versions/latest", b"\x00second\xff"),
            ("projects/theirs/secrets/oracle-password", b"theirs"),
            ("secret:projects/theirs/secrets/oracle-password/versions/1", b"theirs"),
        ],
    )
    def test_leads_to_a_version(
        self, vault: SecretManagerVault, reference: str, content: bytes
    ) -> None:
        assert vault.secret(reference) == content

    @pytest.mark.parametrize(
        "reference",
        ["", "secret:", "tiger!", "a/b", "../x", "a/versions/", "a\n", "projects//secrets/a"],
    )
    def test_that_is_none_is_refused_unshown(
        self, vault: SecretManagerVault, cloud: FakeSecretManager, reference: str
    ) -> None:
        with pytest.raises(SecretRefused) as refused:
            vault.secret(reference)
        assert not reference or reference not in refused.value.message
        assert cloud.service.asked == []


class TestASecret:
    def test_that_is_not_there_says_what_to_do(self, vault: SecretManagerVault) -> None:
        with pytest.raises(SecretRefused, match="wallet") as refused:
            vault.secret("wallet")
        assert "create the secret" in refused.value.hint

    def test_that_is_not_ours_names_the_role(
        self, vault: SecretManagerVault, cloud: FakeSecretManager
    ) -> None:
        cloud.service.fails_at("AccessSecretVersion", StatusCode.PERMISSION_DENIED)
        with pytest.raises(SecretRefused) as refused:
            vault.secret("oracle-password")
        assert "roles/secretmanager.secretAccessor" in refused.value.hint

    def test_may_have_64_kib_and_no_more(
        self, vault: SecretManagerVault, cloud: FakeSecretManager
    ) -> None:
        cloud.add("projects/mine/secrets/wallet", bytes(65_536))
        assert vault.secret("wallet") == bytes(65_536)
        cloud.add("projects/mine/secrets/wallet", bytes(65_537))
        with pytest.raises(SecretRefused, match="65536"):
            vault.secret("wallet")

    def test_damaged_on_the_way_is_asked_for_again_later(
        self, vault: SecretManagerVault, cloud: FakeSecretManager
    ) -> None:
        cloud.damages = True
        with pytest.raises(SecretAway, match="damaged"):
            vault.secret("oracle-password")

    def test_comes_though_the_first_answer_is_lost(
        self, vault: SecretManagerVault, cloud: FakeSecretManager
    ) -> None:
        cloud.service.loses_the_reply_of("AccessSecretVersion")
        assert vault.secret("oracle-password/versions/1") == b"first"

    def test_is_fetched_anew_each_time(
        self, vault: SecretManagerVault, cloud: FakeSecretManager
    ) -> None:
        vault.secret("oracle-password")
        cloud.add("projects/mine/secrets/oracle-password", b"rotated")
        assert vault.secret("oracle-password") == b"rotated"
