from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from oracle_etl.logs import secrets_in
from oracle_etl.model.errors import InvalidRequest
from oracle_etl.settings import (
    GROUPS,
    ClientSettings,
    Seconds,
    Secret,
    Settings,
    settings_table,
    worker_environment,
)


def read(tmp_path: Path, text: str = "", **environment: str) -> Settings:
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return Settings.from_environment({"CONFIG_PATH": str(path), **environment})


class TestWithoutAnySetting:
    def test_everything_has_its_default(self, tmp_path: Path) -> None:
        settings = read(tmp_path)
        assert (settings.home.home, settings.server.port, settings.auth.enabled) == (
            "embedded",
            8080,
            False,
        )
        assert not settings.sources["default"].is_configured


class TestASetting:
    def test_comes_from_the_environment_before_the_file(self, tmp_path: Path) -> None:
        settings = read(tmp_path, "server: {port: 9000}", SERVER_PORT="9001")
        assert settings.server.port == 9001

    def test_comes_from_the_file_before_its_default(self, tmp_path: Path) -> None:
        assert read(tmp_path, "server: {port: 9000}").server.port == 9000

    @pytest.mark.parametrize(
        ("text", "seconds"), [("250ms", 0.25), ("30s", 30), ("5m", 300), ("1h", 3600), ("7", 7)]
    )
    def test_that_is_a_duration_has_a_unit(self, tmp_path: Path, text: str, seconds: float) -> None:
        assert read(tmp_path, ETL_RETRY_BACKOFF=text).work.retry_backoff == Seconds(seconds)

    def test_that_is_a_list_stands_between_commas_or_in_yaml(self, tmp_path: Path) -> None:
        assert read(tmp_path, CORS_ORIGINS="a, b,").auth.cors_origins == ("a", "b")
        listed = read(tmp_path, "server: {cors_origins: [a, b]}").auth.cors_origins
        assert listed == ("a", "b")

    def test_in_the_file_may_name_variables(self, tmp_path: Path) -> None:
        text = "oracle: {username: '${WHO}', dsn: 'db:1521/${GONE}'}"
        source = read(tmp_path, text, WHO="scott").sources["default"]
        assert (source.username, source.address) == ("scott", "db:1521/")


class TestAFileThatIsNotNamed:
    def test_is_not_missed(self) -> None:
        assert Settings.from_environment({"CONFIG_PATH": ""}).server.port == 8080


class TestTheSeedsConfigurationFile:
    def test_is_read_as_it_stands(self, tmp_path: Path) -> None:
        text = """
server: {port: 8080, read_timeout: 30s, write_timeout: 300s}
app: {name: oracle-etl, version: 1.0.0, environment: development}
oracle:
  wallet_path: /opt/wallet
  tns_name: oracle_atp_high
  username: ${ORACLE_USERNAME}
  password: ${ORACLE_PASSWORD}
  pool_min: 5
  pool_max: 20
  fetch_array_size: 1000
gcs: {project_id: p, bucket_name: oracle-etl-data, credentials_file: /opt/gcp/account.json}
etl: {chunk_size: 10000, parallel_tables: 4, retry_attempts: 3, retry_backoff: 1s}
auth: {enabled: true, api_keys: ['${API_KEY}'], bearer_secret: '${JWT_SECRET}'}
"""
        settings = read(
            tmp_path,
            text,
            ORACLE_USERNAME="scott",
            ORACLE_PASSWORD="tiger",
            API_KEY="k1",
            JWT_SECRET="s1",
        )
        source = settings.sources["default"]
        assert (source.address, source.pool_max, source.fetch_array_size) == (
            "oracle_atp_high",
            20,
            1000,
        )
        assert settings.auth.api_keys == (Secret("k1"),)
        assert settings.work.retry_backoff == Seconds(1)


class TestFurtherSources:
    def test_stand_in_the_file_beside_the_default_one(self, tmp_path: Path) -> None:
        text = "sources: {erp: {dsn: 'erp:1521/E', username: u, password: p, mode: thick}}"
        sources = read(tmp_path, text, ORACLE_DSN="d:1521/D", ORACLE_USERNAME="u").sources
        assert sorted(sources) == ["default", "erp"]
        assert (sources["erp"].mode, sources["erp"].name) == ("thick", "erp")

    @pytest.mark.parametrize("text", ["sources: 7", "sources: {erp: 7}"])
    def test_that_are_no_mappings_are_refused(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(InvalidRequest, match="map"):
            read(tmp_path, text)


class TestWhatIsWrong:
    def test_is_told_all_at_once(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidRequest) as refused:
            read(
                tmp_path,
                SERVER_PORT="many",
                ETL_LEASE="soon",
                AUTH_ENABLED="perhaps",
                ETL_ATTEMPTS="-1",
            )
        for name in ("SERVER_PORT", "ETL_LEASE", "AUTH_ENABLED", "ETL_ATTEMPTS"):
            assert name in refused.value.message

    @pytest.mark.parametrize(
        ("environment", "told"),
        [
            ({"ORACLE_ETL_HOME": "moon"}, "ORACLE_ETL_HOME"),
            ({"ORACLE_ETL_HOME": "google"}, "GCS_PROJECT_ID"),
            ({"AUTH_ENABLED": "true"}, "AUTH_API_KEYS"),
            ({"ETL_LEASE": "10s", "ETL_RENEWAL": "6s"}, "ETL_RENEWAL"),
            ({"ORACLE_MODE": "thicker"}, "thin or thick"),
            ({"OBJECTS": "tape"}, "OBJECTS"),
            (
                {"ORACLE_ETL_HOME": "google", "ETL_LEASE": "9s", "ETL_RENEWAL": "2s"},
                "ETL_LEASE must be 10s to 600s",
            ),
            ({"ETL_TASK_TIMEOUT": "10m"}, "ETL_TASK_FLOOR"),
        ],
    )
    def test_in_combination_is_told_too(
        self, tmp_path: Path, environment: dict[str, str], told: str
    ) -> None:
        with pytest.raises(InvalidRequest, match=told):
            read(tmp_path, **environment)

    @pytest.mark.parametrize("text", ["[1, 2]", "a: [", "\x00"])
    def test_of_a_file_that_is_no_mapping_is_told(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(InvalidRequest):
            read(tmp_path, text)

    def test_of_a_file_that_is_not_there_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidRequest, match="CONFIG_PATH"):
            Settings.from_environment({"CONFIG_PATH": str(tmp_path / "gone.yaml")})

    @pytest.mark.parametrize(
        ("text", "named"),
        [
            ("oracel: {dsn: d}", "oracel.dsn"),
            ("oracle: {usrname: u}", "oracle.usrname"),
            ("portal: 7", "portal"),
            ("sources: {erp: {dns: d}}", "sources.erp.dns"),
        ],
    )
    def test_of_a_place_that_no_setting_has_is_told(
        self, tmp_path: Path, text: str, named: str
    ) -> None:
        with pytest.raises(InvalidRequest, match=named):
            read(tmp_path, text)

    def test_never_shows_a_secret(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidRequest) as refused:
            read(tmp_path, "oracle: {password: [hunter2, {}]}", SERVER_PORT="x")
        assert "hunter2" not in refused.value.message


class TestASecret:
    def test_never_shows_itself(self) -> None:
        secret = Secret("hunter2")
        assert "hunter2" not in f"{secret} {secret!r} {[secret]}"
        assert secret.reveal() == "hunter2"

    def test_may_be_a_reference_to_one(self) -> None:
        assert Secret("secret:db-password").is_reference
        assert Secret("secret:db-password").reference == "db-password"
        assert not Secret("hunter2").is_reference

    def test_is_equal_to_one_of_the_same_text(self) -> None:
        assert {Secret("a"), Secret("a")} == {Secret("a")}
        assert Secret("a") != "a"
        assert not Secret("")

    def test_is_found_by_the_logs_wherever_it_is_set(self, tmp_path: Path) -> None:
        settings = read(tmp_path, ORACLE_PASSWORD="p1", AUTH_API_KEYS="k1,k2", ETL_MASK_KEY="m1")
        assert {"p1", "k1", "k2", "m1"} <= set(secrets_in(settings))


class TestTheSettingsTable:
    def test_names_every_setting_once(self) -> None:
        table = settings_table()
        for group in GROUPS:
            for each in fields(group):
                if "variable" in each.metadata:
                    assert table.count(f"| `{each.metadata['variable']}` |") == 1

    def test_shows_no_default_of_a_secret(self) -> None:
        assert "Secret" not in settings_table()


class TestAClient:
    def test_reads_its_own_settings_alone(self) -> None:
        settings = ClientSettings.from_environment(
            {"ORACLE_ETL_URL": "https://etl.example", "SERVER_PORT": "not a port"}
        )
        assert settings.url == "https://etl.example"

    def test_is_told_what_is_wrong(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidRequest):
            ClientSettings.from_environment({"CONFIG_PATH": str(tmp_path / "gone.yaml")})


class TestAWorker:
    def test_is_started_with_the_environment_of_its_parent(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ORACLE_DSN", "db:1521/X")
        assert worker_environment(mode="thin")["ORACLE_DSN"] == "db:1521/X"
