"""infra/prepare.sh, with a gcloud and a terraform that only note what they were asked."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.terraform_reading import INFRA

PASSWORD = "correct horse 'battery' $staple"
GCLOUD = """#!/usr/bin/env bash
echo "gcloud $*" >> "$NOTES"
case "$*" in
  "storage buckets describe"*) [ -e "$KEPT/bucket" ] ;;
  "storage buckets create"*) touch "$KEPT/bucket" ;;
  "secrets versions add "*) cat > "$KEPT/$4" ;;
  "secrets versions list "*) if [ -e "$KEPT/$4" ]; then echo 1; fi ;;
  "config get-value account") echo someone@example.com ;;
esac
"""
TERRAFORM = """#!/usr/bin/env bash
echo "terraform $*" >> "$NOTES"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A copy of infra/ with a project that remembers its secrets and what was asked of it."""

    folder: Path

    @property
    def asked(self) -> list[str]:
        return (self.folder / "notes").read_text(encoding="utf-8").splitlines()

    @property
    def settings(self) -> str:
        return (self.folder / "infra" / "settings.auto.tfvars").read_text(encoding="utf-8")

    @property
    def applied(self) -> str:
        """What Terraform was last asked to apply."""
        return [each for each in self.asked if " apply" in each][-1]

    def secret(self, name: str) -> str:
        return (self.folder / "kept" / f"oracle-etl-{name}").read_text(encoding="utf-8")

    def prepare(
        self,
        environment: Mapping[str, str],
        *place: str,
        project: str = "my-project-123",
        typed: str = "",
    ) -> subprocess.CompletedProcess[str]:
        path = f"{self.folder / 'bin'}:/usr/bin:/bin"
        given = {
            "PATH": path,
            "NOTES": str(self.folder / "notes"),
            "KEPT": str(self.folder / "kept"),
        }
        return subprocess.run(  # noqa: S603 - the script under test
            [self.folder / "infra" / "prepare.sh", project, *place],
            env={**given, **environment},
            cwd=self.folder,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "infra").mkdir()
    (tmp_path / "kept").mkdir()
    (tmp_path / "bin").mkdir()
    shutil.copy(INFRA / "prepare.sh", tmp_path / "infra")
    for name, script in (("gcloud", GCLOUD), ("terraform", TERRAFORM)):
        (tmp_path / "bin" / name).write_text(script, encoding="utf-8")
        (tmp_path / "bin" / name).chmod(0o755)
    return Project(folder=tmp_path)


ORACLE = {"ORACLE_DSN": "db.example.com:1521/ORCL", "ORACLE_USERNAME": "ETL"}


class TestTheFirstTime:
    def test_stores_the_typed_password_as_it_is(self, project: Project) -> None:
        done = project.prepare(ORACLE, typed=PASSWORD + "\n")
        assert done.returncode == 0, done.stderr
        assert project.secret("oracle-password") == PASSWORD

    def test_shows_the_password_to_nobody(self, project: Project) -> None:
        done = project.prepare(ORACLE, typed=PASSWORD + "\n")
        assert PASSWORD not in done.stdout + done.stderr + "\n".join(project.asked)
        assert PASSWORD not in project.settings

    def test_makes_an_api_key_that_cannot_be_guessed(self, project: Project) -> None:
        project.prepare(ORACLE, typed=PASSWORD + "\n")
        key = project.secret("api-keys")
        assert len(bytes.fromhex(key)) == 32
        assert len(set(key)) > 8

    def test_writes_settings_for_the_build(self, project: Project) -> None:
        project.prepare(ORACLE, typed=PASSWORD + "\n")
        assert 'state_bucket = "my-project-123-oracle-etl-build"' in project.settings
        assert 'dsn = "db.example.com:1521/ORCL"' in project.settings
        assert 'secrets      = ["oracle-password", "api-keys"]' in project.settings
        assert 'callers      = ["user:someone@example.com"]' in project.settings

    def test_tells_the_second_command(self, project: Project) -> None:
        done = project.prepare(ORACLE, typed=PASSWORD + "\n")
        assert "gcloud builds submit --config=cloudbuild.yaml" in done.stdout

    def test_lets_a_person_see_the_plan_first(self, project: Project) -> None:
        project.prepare(ORACLE, typed=PASSWORD + "\n")
        assert "-auto-approve" not in project.applied

    def test_switches_on_the_apis_before_it_calls_them(self, project: Project) -> None:
        project.prepare(ORACLE, typed=PASSWORD + "\n")
        [first, *_] = project.asked
        assert first.startswith("gcloud services enable ")
        assert {"storage.googleapis.com", "serviceusage.googleapis.com"} <= set(first.split())

    @pytest.mark.parametrize("typed", ["", "\n"])
    def test_stores_no_password_that_was_not_given(self, project: Project, typed: str) -> None:
        done = project.prepare(ORACLE, typed=typed)
        assert done.returncode == 2
        assert "no password was given" in done.stderr
        assert not (project.folder / "kept" / "oracle-etl-oracle-password").exists()


class TestAnAutonomousDatabase:
    def test_stores_the_wallet_and_its_password(self, project: Project, tmp_path: Path) -> None:
        (tmp_path / "wallet.zip").write_bytes(b"PK wallet")
        (tmp_path / "password").write_text("opens it", encoding="utf-8")
        environment = {
            "ORACLE_TNS_NAME": "oracle_atp_high",
            "ORACLE_USERNAME": "ETL",
            "ORACLE_PASSWORD_FILE": str(tmp_path / "password"),
            "ORACLE_WALLET_ZIP": str(tmp_path / "wallet.zip"),
            "ORACLE_WALLET_PASSWORD_FILE": str(tmp_path / "password"),
        }
        done = project.prepare(environment)
        assert done.returncode == 0, done.stderr
        assert project.secret("oracle-wallet") == "PK wallet"
        assert '"oracle-wallet", "oracle-wallet-password", "api-keys"' in project.settings
        assert 'tns_name = "oracle_atp_high"' in project.settings


class TestFilesThatAreNamed:
    def test_are_looked_for_where_the_command_was_called(
        self, project: Project, tmp_path: Path
    ) -> None:
        for name in ("wallet.zip", "config.yaml", "password.txt"):
            (tmp_path / name).write_text(f"content of {name}", encoding="utf-8")
        files = {
            "ORACLE_PASSWORD_FILE": "password.txt",
            "ORACLE_WALLET_ZIP": "wallet.zip",
            "CONFIG_FILE": "config.yaml",
        }
        done = project.prepare({**ORACLE, **files})
        assert done.returncode == 0, done.stderr
        assert project.secret("oracle-password") == "content of password.txt"
        assert project.secret("oracle-wallet") == "content of wallet.zip"
        assert project.secret("config") == "content of config.yaml"
        assert '"oracle-wallet", "config", "api-keys"' in project.settings

    def test_hold_a_password_without_the_newline_that_editors_end_files_with(
        self, project: Project, tmp_path: Path
    ) -> None:
        for name in ("password", "mask", "bearer"):
            (tmp_path / name).write_text(f" {PASSWORD} {name}\n", encoding="utf-8")
        files = {
            "ORACLE_PASSWORD_FILE": "password",
            "ORACLE_WALLET_PASSWORD_FILE": "password",
            "MASK_KEY_FILE": "mask",
            "BEARER_SECRET_FILE": "bearer",
        }
        done = project.prepare({**ORACLE, **files})
        assert done.returncode == 0, done.stderr
        assert project.secret("oracle-password") == f" {PASSWORD} password"
        assert project.secret("oracle-wallet-password") == f" {PASSWORD} password"
        assert project.secret("mask-key") == f" {PASSWORD} mask"
        assert project.secret("bearer-secret") == f" {PASSWORD} bearer"

    def test_are_not_made_up_where_they_are_not_there(self, project: Project) -> None:
        done = project.prepare({**ORACLE, "ORACLE_PASSWORD_FILE": "gone.txt"})
        assert done.returncode != 0
        assert "gone.txt" in done.stderr
        assert not (project.folder / "kept" / "oracle-etl-oracle-password").exists()


class TestTheSecondTime:
    def test_asks_for_nothing_and_keeps_what_is_there(self, project: Project) -> None:
        project.prepare(ORACLE, typed=PASSWORD + "\n")
        key, written = project.secret("api-keys"), project.settings
        done = project.prepare({})
        assert done.returncode == 0, done.stderr
        assert (project.secret("api-keys"), project.settings) == (key, written)
        assert project.secret("oracle-password") == PASSWORD

    def test_makes_no_second_bucket(self, project: Project) -> None:
        project.prepare(ORACLE, typed=PASSWORD + "\n")
        project.prepare({})
        assert sum("buckets create" in each for each in project.asked) == 1

    def test_stays_in_the_region_of_the_first(self, project: Project) -> None:
        project.prepare(ORACLE, "europe-west3", typed=PASSWORD + "\n")
        done = project.prepare({})
        assert done.returncode == 0, done.stderr
        assert "-var=region=europe-west3 " in project.applied
        assert "--substitutions=_REGION=europe-west3 " in done.stdout

    def test_says_which_secret_the_settings_leave_out(
        self, project: Project, tmp_path: Path
    ) -> None:
        project.prepare(ORACLE, typed=PASSWORD + "\n")
        (tmp_path / "config.yaml").write_text("sources: {}\n", encoding="utf-8")
        done = project.prepare({"CONFIG_FILE": "config.yaml"})
        assert 'add "config" to secrets in infra/settings.auto.tfvars' in done.stdout
        assert done.stdout.count("to secrets in") == 1


class TestAnotherPlaceThanTheFirst:
    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"project": "my-project-456"}, 'project_id = "my-project-123", not "my-project-456"'),
            ({"place": "europe-west3"}, 'region = "asia-northeast3", not "europe-west3"'),
            ({"name": "another"}, 'name = "oracle-etl", not "another"'),
        ],
        ids=str,
    )
    def test_is_refused_before_anything_is_done(
        self, project: Project, change: Mapping[str, str], told: str
    ) -> None:
        project.prepare(ORACLE, typed=PASSWORD + "\n")
        asked = project.asked
        done = project.prepare(
            {"ORACLE_ETL_NAME": change["name"]} if "name" in change else {},
            *([change["place"]] if "place" in change else []),
            project=change.get("project", "my-project-123"),
        )
        assert done.returncode == 2
        assert told in done.stderr
        assert project.asked == asked


class TestASecondSystemInTheProject:
    def test_has_names_of_its_own(self, project: Project) -> None:
        done = project.prepare({**ORACLE, "ORACLE_ETL_NAME": "another"}, typed=PASSWORD + "\n")
        assert done.returncode == 0, done.stderr
        assert (project.folder / "kept" / "another-oracle-password").exists()
        assert 'name         = "another"' in project.settings
        assert "-var=name=another " in project.applied
        assert "_REGION=asia-northeast3,_NAME=another " in done.stdout
        assert "gs://my-project-123-another-build/source" in done.stdout


class TestWithoutASource:
    @pytest.mark.parametrize(
        "given",
        [
            {},
            {"ORACLE_USERNAME": "ETL"},
            {"ORACLE_DSN": "db.example.com:1521/ORCL"},
            {**ORACLE, "ORACLE_TNS_NAME": "mydb_high"},
        ],
        ids=str,
    )
    def test_says_what_is_missing_before_it_does_anything(
        self, project: Project, given: Mapping[str, str]
    ) -> None:
        done = project.prepare(given)
        assert done.returncode == 2
        assert "set ORACLE_USERNAME, and either ORACLE_DSN or ORACLE_TNS_NAME" in done.stderr
        assert not (project.folder / "notes").exists()
