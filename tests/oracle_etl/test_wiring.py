from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from builders import NOON, a_job
from emulators.google_emulators import firestore_address, sdk_folder
from google_fakes.cloud_run_jobs import FakeCloudRun
from google_fakes.cloud_storage_server import FakeCloudStorage
from google_fakes.storage_faults import Step
from oracle_etl.gateways.embedded.folder import FolderObjectStore
from oracle_etl.gateways.embedded.processes import LocalWorkerLauncher, NoWorkers
from oracle_etl.gateways.embedded.sqlite import SqliteJobBook
from oracle_etl.model.errors import InvalidRequest, LauncherAway, SourceMisconfigured
from oracle_etl.model.job import Job, JobStatus
from oracle_etl.outside import Outside
from oracle_etl.ports import PageRequest
from oracle_etl.settings import Secret, Settings, SourceSettings, worker_environment
from oracle_etl.wiring import wire_api, wire_worker
from oracle_etl.wiring.modes import ProcessMode, mode_of_service, mode_of_worker
from oracle_etl.wiring.sources import Sources, revealed


def settings(tmp_path: Path, **more: str) -> Settings:
    environment = {"DATA_FOLDER": str(tmp_path / "data"), "ETL_WORKERS": "3", **more}
    return Settings.from_environment(environment)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Outside]:
    outside = wire_api(settings(tmp_path, ORACLE_DSN="db.invalid:1521/X", ORACLE_USERNAME="u"))
    yield outside
    outside.close()


class Vault:
    """A vault of some secrets."""

    def secret(self, reference: str) -> bytes:
        secrets = {
            "db": b"tiger\n",
            "spaced": b" tiger \r\n",
            "binary": b"tiger\xff",
            "wallet": a_wallet(),
        }
        return secrets[reference]


def a_wallet() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as wallet:
        wallet.writestr("tnsnames.ora", "HIGH=(DESCRIPTION=...)")
        wallet.writestr("ewallet.pem", "pem")
    return packed.getvalue()


class TestTheEmbeddedHome:
    def test_keeps_everything_in_its_folder(self, api: Outside, tmp_path: Path) -> None:
        assert isinstance(api.book, SqliteJobBook)
        assert isinstance(api.store, FolderObjectStore)
        api.store.verify("lake")
        assert (tmp_path / "data" / "objects" / "lake").is_dir()

    def test_may_keep_its_objects_in_buckets(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cloud = FakeCloudStorage("lake")
        with cloud.serving():
            monkeypatch.setenv("STORAGE_EMULATOR_HOST", cloud.endpoint)
            home = wire_api(settings(tmp_path, OBJECTS="gs"))
            home.store.verify("lake")
            home.tidy()
            home.close()
        assert Step.FINISH in cloud.asked
        assert home.store.location("lake", "x") == "gs://lake/x"

    def test_starts_workers_from_the_serving_process_alone(
        self, api: Outside, tmp_path: Path
    ) -> None:
        worker = wire_worker(settings(tmp_path))
        assert isinstance(api.launcher, LocalWorkerLauncher)
        assert isinstance(worker.launcher, NoWorkers)
        worker.close()

    def test_takes_its_numbers_from_the_settings(self, api: Outside) -> None:
        assert (api.limits.workers, api.limits.progress_interval) == (3, 1.0)
        assert len(api.randomness()) >= 8

    def test_forgets_expired_jobs_once_an_hour(self, api: Outside) -> None:
        def kept_after_tidying(job: Job) -> bool:
            api.book.transact(lambda entries: entries.put_job(job))
            api.tidy()
            return bool(api.book.jobs(PageRequest(size=9)).items)

        expired = a_job(status=JobStatus.COMPLETED, expire_at=NOON - timedelta(days=1))
        assert not kept_after_tidying(expired)
        assert kept_after_tidying(expired)

    def test_has_no_mask_key_unless_one_is_set(self, api: Outside, tmp_path: Path) -> None:
        assert api.mask_key() is None
        masked = wire_api(settings(tmp_path, ETL_MASK_KEY="k"))
        assert masked.mask_key() == b"k"
        masked.close()


class TestTheGoogleHome:
    def google(self, **more: str) -> Outside:
        told = {"ORACLE_ETL_HOME": "google", "GCS_PROJECT_ID": "p", **more}
        return wire_worker(Settings.from_environment(told))

    def test_has_as_many_workers_as_oracle_sessions(self) -> None:
        assert self.google(ORACLE_SESSIONS="7").limits.workers == 7
        assert self.google(ORACLE_SESSIONS="7", ETL_WORKERS="3").limits.workers == 3

    def test_shows_progress_seldom_since_it_is_paid_for(self) -> None:
        assert self.google().limits.progress_interval == 5.0
        assert self.google(ETL_PROGRESS_INTERVAL="30s").limits.progress_interval == 30.0

    def test_says_how_long_a_worker_lives(self) -> None:
        limits = self.google(ETL_TASK_TIMEOUT="24h", ETL_TASK_FLOOR="20m").limits
        assert (limits.task_timeout, limits.task_floor) == (86400.0, 1200.0)
        assert self.google().limits.task_timeout is None

    def test_signs_watchers_in_where_an_account_may(self) -> None:
        assert self.google().sign_in is None
        assert self.google(WATCHER_ACCOUNT="api@p").sign_in is not None

    def test_keeps_catalogues(self, api: Outside) -> None:
        assert self.google().shelf is not None
        assert api.shelf is None

    def test_is_given_back_whole(self) -> None:
        home = self.google()
        home.tidy()
        home.close()


THICK_BESIDE_THIN = """
sources:
  erp: {dsn: 'erp.invalid:1521/ERP', username: u, mode: thick, client_library: /opt/ic, sessions: 3}
"""


class TestAThickSourceBesideAThinOne:
    @pytest.fixture(params=["embedded", "google"])
    def told(self, request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
        config = tmp_path / "config.yaml"
        config.write_text(THICK_BESIDE_THIN)
        return {
            "ORACLE_ETL_HOME": request.param,
            "GCS_PROJECT_ID": "p",
            "DATA_FOLDER": str(tmp_path / "data"),
            "CONFIG_PATH": str(config),
            "ORACLE_DSN": "db.invalid:1521/X",
            "ORACLE_USERNAME": "u",
        }

    def test_has_its_work_sent_elsewhere_than_the_other_s(self, told: dict[str, str]) -> None:
        with closing(wire_api(Settings.from_environment(told))) as api:
            assert set(api.elsewhere) == {"erp"}
            assert api.lane_of("erp").queue is not api.queue
            assert api.lane_of("erp").launcher is not api.launcher

    @pytest.mark.parametrize(("mode", "left"), [("", "erp"), ("thin", "erp"), ("thick", "default")])
    def test_is_worked_on_by_workers_of_its_mode_alone(
        self, told: dict[str, str], mode: str, left: str
    ) -> None:
        settings = Settings.from_environment({**told, "WORKER_MODE": mode})
        with closing(wire_worker(settings)) as worker:
            assert set(worker.elsewhere) == {left}

    def test_makes_the_service_connect_in_thick_mode_to_every_source(
        self, told: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Asked for refused logins; where there is no emulator, nobody answers, which is as good.
        emulator = firestore_address() if sdk_folder() else "127.0.0.1:1"
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", emulator)
        settings = Settings.from_environment(told)
        assert mode_of_service(settings) == ProcessMode(connects="thick", works="thin")
        assert mode_of_worker(settings) == ProcessMode(connects="thin", works="thin")
        with closing(wire_api(settings)) as api:
            found = api.source("default").status()
        assert (found.mode, found.reachable) == ("thick", False)

    def test_has_seats_of_its_own(self, told: dict[str, str]) -> None:
        with closing(wire_api(Settings.from_environment(told))) as api:
            assert api.limits.sessions == {"default": 20, "erp": 3}


class TestTheWorkersOfAMode:
    def test_have_a_topic_a_subscription_and_a_job_of_their_own(self, tmp_path: Path) -> None:
        config = tmp_path / "config.yaml"
        config.write_text(THICK_BESIDE_THIN)
        told = {"ORACLE_ETL_HOME": "google", "GCS_PROJECT_ID": "p", "CONFIG_PATH": str(config)}
        cloud = FakeCloudRun("projects/p/locations/asia-northeast3/jobs/oracle-etl-worker-thick")
        with cloud.serving():
            told["CLOUD_RUN_EMULATOR_HOST"] = cloud.address
            with closing(wire_api(Settings.from_environment(told))) as api:
                api.lane_of("erp").launcher.launch(2)
                with pytest.raises(LauncherAway):
                    api.launcher.launch(1)
        assert [len(run.tasks) for run in cloud.runs] == [2]

    def test_are_told_their_mode(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ORACLE_DSN", "db.invalid:1521/X")
        told = worker_environment(mode="thick")
        assert (told["WORKER_MODE"], told["ORACLE_DSN"]) == ("thick", "db.invalid:1521/X")

    def test_are_thin_or_thick(self) -> None:
        with pytest.raises(InvalidRequest, match="WORKER_MODE"):
            Settings.from_environment({"WORKER_MODE": "stout"})


class TestASource:
    def test_is_opened_once(self, api: Outside) -> None:
        assert api.source("default") is api.source("default")

    def test_that_is_not_configured_is_refused_with_the_names_that_are(self, api: Outside) -> None:
        with pytest.raises(InvalidRequest) as refused:
            api.source("erp")
        assert refused.value.details == {"source": ["default"]}

    def test_without_an_address_is_refused_with_what_to_set(self, tmp_path: Path) -> None:
        bare = wire_api(settings(tmp_path))
        with pytest.raises(InvalidRequest) as refused:
            bare.source("default")
        assert "ORACLE_DSN" in refused.value.hint
        bare.close()


class TestASecretOfTheSettings:
    def test_is_taken_as_it_stands(self) -> None:
        assert revealed(Secret("tiger"), None) == "tiger"

    def test_is_fetched_where_it_is_only_named(self) -> None:
        assert revealed(Secret("secret:db"), Vault()) == "tiger"

    def test_keeps_its_spaces(self) -> None:
        assert revealed(Secret("secret:spaced"), Vault()) == " tiger "

    def test_that_is_no_text_is_refused_without_showing_it(self) -> None:
        with pytest.raises(SourceMisconfigured, match="binary is no text") as refused:
            revealed(Secret("secret:binary"), Vault())
        assert refused.value.hint
        assert refused.value.__suppress_context__

    def test_cannot_be_fetched_without_a_vault(self) -> None:
        with pytest.raises(SourceMisconfigured):
            revealed(Secret("secret:db"), None)


class TestAWallet:
    @pytest.mark.parametrize("form", ["folder", "zip", "secret"])
    def test_is_unpacked_where_it_must_be_and_removed_at_the_end(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
    ) -> None:
        packed = tmp_path / "wallet.zip"
        packed.write_bytes(a_wallet())
        path = {"folder": str(tmp_path), "zip": str(packed), "secret": "secret:wallet"}[form]
        source = SourceSettings(tns_name="HIGH", username="u", wallet_path=path)
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        sources = Sources({"default": source}, vault=Vault(), mode="thin")
        sources.named("default")
        unpacked = list(tmp_path.glob("wallet-*/ewallet.pem"))
        assert len(unpacked) == (0 if form == "folder" else 1)
        sources.close()
        assert not list(tmp_path.glob("wallet-*"))

    @pytest.mark.parametrize("path", ["gone.zip", "folder.zip"])
    def test_that_cannot_be_read_is_named_with_what_to_set(self, tmp_path: Path, path: str) -> None:
        (tmp_path / "folder.zip").mkdir()
        wallet = str(tmp_path / path)
        source = SourceSettings(tns_name="HIGH", username="u", wallet_path=wallet)
        with pytest.raises(SourceMisconfigured, match=path) as refused:
            Sources({"default": source}, vault=None, mode="thin").named("default")
        assert "ORACLE_WALLET_PATH" in refused.value.hint
