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
        keys = (Secret("a"), Secret("b"))
        assert read(tmp_path, AUTH_API_KEYS="a, b,").auth.api_keys == keys
        assert read(tmp_path, "auth: {api_keys: [a, b]}").auth.api_keys == keys

    def test_in_the_file_may_name_variables(self, tmp_path: Path) -> None:
        text = "oracle: {username: '${WHO}', dsn: '${AT}:1521/X', password: '${GONE}'}"
        source = read(tmp_path, text, WHO="scott", AT="db").sources["default"]
        assert (source.username, source.address) == ("scott", "db:1521/X")
        assert source.password == Secret("")

    def test_in_the_environment_is_taken_as_it_stands(self, tmp_path: Path) -> None:
        settings = read(tmp_path, ORACLE_PASSWORD="a${HOME}b", HOME="x")
        assert settings.sources["default"].password == Secret("a${HOME}b")

    def test_that_is_a_secret_ends_before_the_line_does(self, tmp_path: Path) -> None:
        """A file with one line is what people put into Secret Manager."""
        settings = read(tmp_path, ORACLE_PASSWORD=" tiger \r\n", ETL_MASK_KEY="secret:key\n")
        assert settings.sources["default"].password == Secret(" tiger ")
        assert settings.work.mask_key.reference == "key"

    @pytest.mark.parametrize(
        "text",
        [
            "auth: {api_keys: }",
            "auth: {api_keys: ~, bearer_secret: null}",
            "oracle: {dsn: , tns_name: ~, password: }",
            "oracle:",
            "server:\nlog:",
            "sources: {erp: {dsn: , password: }}",
        ],
    )
    def test_that_is_left_empty_in_the_file_is_not_set(self, tmp_path: Path, text: str) -> None:
        settings = read(tmp_path, text)
        assert settings.auth.api_keys == ()
        assert not settings.auth.bearer_secret
        for source in settings.sources.values():
            assert (source.dsn, source.tns_name, source.password) == ("", "", Secret(""))

    @pytest.mark.parametrize(
        "origin",
        [
            "*",
            "https://etl.example:8443",
            "http://[::1]:3000",
            "chrome-extension://abc",
            "http://a_b",
        ],
    )
    def test_that_is_an_origin_is_taken(self, tmp_path: Path, origin: str) -> None:
        assert read(tmp_path, CORS_ORIGINS=origin).auth.cors_origins == (origin,)

    def test_of_a_few_words_may_be_written_in_any_case(self, tmp_path: Path) -> None:
        settings = read(tmp_path, "oracle: {mode: Thick}", LOG_LEVEL="debug")
        assert (settings.log.level, settings.sources["default"].mode) == ("DEBUG", "thick")


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
            API_KEY="k1" * 8,
            JWT_SECRET="s1",
        )
        source = settings.sources["default"]
        assert (source.address, source.pool_max, source.fetch_array_size) == (
            "oracle_atp_high",
            20,
            1000,
        )
        assert settings.auth.api_keys == (Secret("k1" * 8),)
        assert settings.work.retry_backoff == Seconds(1)


class TestFurtherSources:
    def test_stand_in_the_file_beside_the_default_one(self, tmp_path: Path) -> None:
        text = "sources: {erp: {dsn: 'erp:1521/E', username: u, password: p, mode: thick}}"
        sources = read(tmp_path, text, ORACLE_DSN="d:1521/D", ORACLE_USERNAME="u").sources
        assert sorted(sources) == ["default", "erp"]
        assert (sources["erp"].mode, sources["erp"].name) == ("thick", "erp")

    def test_are_not_the_default_one(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidRequest, match="under `oracle`"):
            read(tmp_path, "sources: {default: {username: u}}", ORACLE_DSN="d:1521/D")

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
            (
                {"AUTH_ENABLED": "true", "AUTH_API_KEYS": f"{'k' * 16},{'s' * 15}"},
                "AUTH_API_KEYS.*fewer than 16.*openssl",
            ),
            ({"ETL_LEASE": "10s", "ETL_RENEWAL": "6s"}, "ETL_RENEWAL"),
            ({"ORACLE_MODE": "thicker"}, "thin or thick"),
            ({"OBJECTS": "tape"}, "OBJECTS"),
            ({"DATA_FOLDER": " "}, "DATA_FOLDER .*empty"),
            ({"DATA_FOLDER": "~nobody-of-this-name/etl"}, "DATA_FOLDER .*nobody"),
            ({"WORKER_MODE": "both"}, "WORKER_MODE .*thin or thick"),
            ({"LOG_LEVEL": "loud"}, "LOG_LEVEL .*DEBUG, INFO, WARNING or ERROR"),
            ({"SERVER_PORT": "65536"}, "SERVER_PORT .*above 65535"),
            ({"SERVER_PORT": "12345678"}, "SERVER_PORT .*12345678 is above"),
            ({"SERVER_PORT": "9" * 400}, "SERVER_PORT .*above 65535"),
            ({"SERVER_THREADS": "1"}, "SERVER_THREADS .*below 2"),
            ({"SERVER_STREAM_SECONDS": "0"}, "SERVER_STREAM_SECONDS .*below"),
            ({"ORACLE_POOL_MAX": "0"}, "ORACLE_POOL_MAX"),
            ({"ORACLE_POOL_MIN": "6"}, "ORACLE_POOL_MIN"),
            ({"ORACLE_SESSIONS": "0"}, "ORACLE_SESSIONS"),
            ({"ETL_RUNNING_JOBS": "0"}, "ETL_RUNNING_JOBS"),
            ({"ETL_PARALLEL_TABLES": "0"}, "ETL_PARALLEL_TABLES"),
            ({"ETL_ATTEMPTS": "0"}, "ETL_ATTEMPTS"),
            ({"ETL_BATCH_BYTES": "0"}, "ETL_BATCH_BYTES"),
            ({"ETL_PART_BYTES": "0"}, "ETL_PART_BYTES"),
            ({"ETL_HISTORY_DAYS": "0"}, "ETL_HISTORY_DAYS"),
            ({"ETL_TICK": "0"}, "ETL_TICK"),
            ({"ETL_TICK": "999999999999"}, "ETL_TICK .*longer than ten years"),
            ({"ETL_LEASE": "9" * 400}, "ETL_LEASE .*longer than ten years"),
            ({"ETL_RENEWAL": "0s"}, "ETL_RENEWAL"),
            ({"GCS_UPLOAD_CHUNK_BYTES": "1000000"}, "GCS_UPLOAD_CHUNK_BYTES.*262144"),
            ({"CORS_ORIGINS": "https://etl.example/"}, "CORS_ORIGINS.*without a path"),
            ({"CORS_ORIGINS": "etl.example"}, "CORS_ORIGINS"),
            ({"CORS_ORIGINS": "https://Etl.example"}, "CORS_ORIGINS"),
            ({"CORS_ORIGINS": "https://*.example"}, "CORS_ORIGINS.*one whole host"),
            ({"CORS_ORIGINS": "https://me@etl.example"}, "CORS_ORIGINS"),
            ({"CORS_ORIGINS": "https://etl.example?a"}, "CORS_ORIGINS"),
            ({"CORS_ORIGINS": "https://비밀.example"}, "CORS_ORIGINS"),
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

    def test_of_a_key_that_was_not_fetched_is_left_to_whoever_knows(self, tmp_path: Path) -> None:
        keys = read(tmp_path, AUTH_ENABLED="true", AUTH_API_KEYS="secret:keys").auth.api_keys
        assert keys == (Secret("secret:keys"),)

    @pytest.mark.parametrize("text", ["[1, 2]", "a: [", "\x00", "app: 2026-02-30", "[" * 3000])
    def test_of_a_file_that_is_no_mapping_is_told(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(InvalidRequest):
            read(tmp_path, text)

    def test_of_a_file_in_another_encoding_is_told(self, tmp_path: Path) -> None:
        path = tmp_path / "config.yaml"
        path.write_bytes("# 설정".encode("cp949"))
        with pytest.raises(InvalidRequest, match="UTF-8"):
            Settings.from_environment({"CONFIG_PATH": str(path)})

    @pytest.mark.parametrize(
        ("text", "named"),
        [
            ("oracle: {password: 0123}", "ORACLE_PASSWORD .*quotes"),
            ("oracle: {username: 7}", "ORACLE_USERNAME .*quotes"),
            ("auth: {api_keys: [a, 0123]}", "AUTH_API_KEYS .*quotes"),
            ("auth: {api_keys: [a, ~]}", "AUTH_API_KEYS .*quotes"),
            ("server: {cors_origins: [7]}", "CORS_ORIGINS .*quotes"),
            ("home: {data_folder: 7}", "DATA_FOLDER .*quotes"),
        ],
    )
    def test_of_a_text_that_yaml_takes_for_something_else_is_told(
        self, tmp_path: Path, text: str, named: str
    ) -> None:
        with pytest.raises(InvalidRequest, match=named) as refused:
            read(tmp_path, text)
        assert "83" not in refused.value.message

    @pytest.mark.parametrize(
        ("text", "named"),
        [
            ("oracle: {dsn: 'db:1521/${GONE}'}", "ORACLE_DSN"),
            ("oracle: {password: 'a${GONE}b'}", "ORACLE_PASSWORD"),
            ("auth: {api_keys: [a, 'k${GONE}']}", "AUTH_API_KEYS"),
            ("sources: {erp: {dsn: '${HERE}:${GONE}'}}", "sources.erp.dsn"),
        ],
    )
    def test_of_a_text_with_a_variable_that_is_not_set_is_told(
        self, tmp_path: Path, text: str, named: str
    ) -> None:
        with pytest.raises(InvalidRequest, match=f"{named}.*not set") as refused:
            read(tmp_path, text, HERE="db")
        # What looks like a variable may be a part of a password.
        assert "GONE" not in refused.value.message

    def test_of_a_further_source_is_told_by_its_place(self, tmp_path: Path) -> None:
        text = "sources: {erp: {dsn: d, pool_max: 0, mode: both, password: 83}}"
        with pytest.raises(InvalidRequest) as refused:
            read(tmp_path, text)
        for name in ("pool_max", "mode", "password"):
            assert f"sources.erp.{name}" in refused.value.message
        assert "83" not in refused.value.message

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

    @pytest.mark.parametrize(
        "text",
        [
            "oracle: {password: [hunter2, {}]}",
            'oracle: {password: "hunter2',
            "oracle: {password: *hunter2}",
            "oracle: {password: !hunter2 x}",
            "oracle: {password: @hunter2}",
        ],
    )
    def test_never_shows_a_secret(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(InvalidRequest) as refused:
            read(tmp_path, text, SERVER_PORT="x")
        assert "hunter2" not in refused.value.message

    @pytest.mark.parametrize(
        "text", ["oracle: {dsn: d}\noracle: {username: u}", "oracle: {dsn: d,\ndsn: hunter2}"]
    )
    def test_of_a_file_that_says_a_thing_twice_is_told_by_its_place(
        self, tmp_path: Path, text: str
    ) -> None:
        with pytest.raises(InvalidRequest, match="twice: see line 2, column 1") as refused:
            read(tmp_path, text)
        assert "hunter2" not in refused.value.message

    def test_of_a_file_that_is_no_yaml_is_told_by_its_place(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidRequest, match="line 2, column 1"):
            read(tmp_path, "oracle: {dsn: 'x'\n")


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

    @pytest.mark.parametrize(
        "text", ["client: {url: 'http://elsewhere.example/${HOME}'}", "client: {url: 'http://e'}"]
    )
    def test_is_sent_nowhere_by_the_folder_that_it_is_called_in(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
    ) -> None:
        (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        environment = {"ORACLE_ETL_API_KEY": "k", "HOME": "h"}
        with pytest.raises(InvalidRequest, match="CONFIG_PATH") as refused:
            ClientSettings.from_environment(environment)
        assert "/h" not in refused.value.message
        assert Settings.from_environment(environment).server.port == 8080
        named = ClientSettings.from_environment({**environment, "CONFIG_PATH": "config.yaml"})
        assert named.url.startswith("http://e")

    @pytest.mark.parametrize("text", ["theme: dark", "a: [", "client_name: x"])
    def test_may_be_called_where_another_programs_file_lies(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
    ) -> None:
        (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        settings = ClientSettings.from_environment({"ORACLE_ETL_URL": "https://etl.example"})
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
