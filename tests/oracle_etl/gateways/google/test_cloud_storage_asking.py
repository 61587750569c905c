"""Before Cloud Storage is asked: what it would refuse, and who it is that asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from google_fakes.storage_home import BUCKET, GZIP, NAME, Home, home
from oracle_etl.gateways.google.cloud_storage import signed_in_client
from oracle_etl.model.errors import InvalidRequest, StoreRefused

__all__ = ["home"]


class TestHostileNames:
    @pytest.mark.parametrize(
        "name",
        ["", "/", "a//b", "..", "a/../b", "./a", "a\nb", "a\0b", "\ud800", "n" * 1025, "a/"],
    )
    def test_are_refused_before_any_request(self, home: Home, name: str) -> None:
        with pytest.raises(InvalidRequest):
            home.store.create(BUCKET, name, content_type=GZIP)
        with pytest.raises(InvalidRequest):
            home.store.stat(BUCKET, name)
        assert home.cloud.asked == []

    def test_of_buckets_are_refused(self, home: Home) -> None:
        for bucket in ("", "gs://lake", "lake/folder"):
            with pytest.raises(InvalidRequest):
                home.store.stat(bucket, NAME)
        assert home.cloud.asked == []


class TestSigningIn:
    @pytest.mark.parametrize("content", [None, "", "{}", "secret", '{"type": "service_account"}'])
    def test_with_a_file_that_is_no_key_is_refused_without_showing_it(
        self, tmp_path: Path, content: str | None
    ) -> None:
        file = tmp_path / "key.json"
        if content is not None:
            file.write_text(content)
        with pytest.raises(StoreRefused) as refused:
            signed_in_client(str(file))
        assert "GCS_CREDENTIALS_FILE" in refused.value.hint
        assert not content or content not in refused.value.message
