"""Terraform's own evaluation of the locals, with names in place of what the provider would give."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.terraform_reading import INFRA, local_values, text

pytestmark = pytest.mark.skipif(
    shutil.which("terraform") is None, reason="install terraform 1.9 or later to run this test"
)

DIGEST = "@sha256:" + 64 * "a"
GIVEN: Mapping[str, Any] = {
    "project_id": "my-project-123",
    "state_bucket": "state",
    "image": f"app{DIGEST}",
    "oracle": {"dsn": "db:1521/ORCL", "username": "ETL"},
}
FOUNDATION = """{
  accounts = { api = "api@p", worker = "worker@p", tick = "tick@p", build = "build@p" }
  attempt_remover_role = "remover"
  firestore_database = "(default)"
  network = []
  routes_everything = false
}"""


def locals_of(root: Path) -> Iterator[str]:
    """Yield the text of every locals block, with stand-ins for what only the provider knows."""
    for block in re.findall(r"^locals \{\n(.*?)^\}", text(root), re.DOTALL | re.MULTILINE):
        plain = re.sub(r"data\.terraform_remote_state\.foundation\.outputs", FOUNDATION, block)
        plain = re.sub(r"data\.google_project\.this\.number", '"42"', plain)
        plain = re.sub(r"\[for \w+ in google_[a-z_]+\.\w+ : \w+\.id\]", '["channel"]', plain)
        yield re.sub(r'(?:google_[a-z0-9_]+)\.(\w+)(?:\[[\w."]+\])?\.\w+', r'"\1"', plain)


def evaluated(folder: Path, root: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return every local as Terraform computes it."""
    shutil.copy(root / "variables.tf", folder)
    for name in ("firestore.indexes.json", "firestore.rules"):
        if (root / name).exists():
            shutil.copy(root / name, folder)
    blocks = [f"locals {{\n{each}}}\n" for each in locals_of(root)]
    shown = [f'output "{name}" {{\n  value = local.{name}\n}}\n' for name in local_values(root)]
    (folder / "main.tf").write_text("\n".join([*blocks, *shown]), encoding="utf-8")
    (folder / "given.auto.tfvars.json").write_text(json.dumps(given), encoding="utf-8")
    _terraform(folder, "plan", "-input=false", "-no-color", "-lock=false", "-out=plan")
    plan = json.loads(_terraform(folder, "show", "-json", "plan"))
    return {name: each.get("value") for name, each in plan["planned_values"]["outputs"].items()}


def _terraform(folder: Path, *arguments: str) -> str:
    asked = subprocess.run(  # noqa: S603 - arguments of ours
        ["terraform", *arguments],  # noqa: S607 - whichever one the user has
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0, asked.stderr
    return asked.stdout


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return evaluated(tmp_path_factory.mktemp("system"), INFRA, GIVEN)


class TestTheSystem:
    def test_gives_each_prefix_of_attempts_to_both_who_close(self, system: dict[str, Any]) -> None:
        assert set(system["attempt_removers"]) == {
            "main/api/_attempts/",
            "main/worker/_attempts/",
        }

    def test_has_one_worker_job_without_a_thick_image(self, system: dict[str, Any]) -> None:
        assert list(system["worker_jobs"]) == ["thin"]
        assert set(system["launches"]) == {"thin/api", "thin/worker"}

    def test_mounts_no_more_secrets_than_have_a_value(self, system: dict[str, Any]) -> None:
        assert system["worker_secrets"] == {"ORACLE_PASSWORD": "oracle-etl-oracle-password"}
        assert system["api_secrets"] == {
            "ORACLE_PASSWORD": "oracle-etl-oracle-password",
            "AUTH_API_KEYS": "oracle-etl-api-keys",
        }
        assert system["secret_files"] == {}
        assert system["told"]["CONFIG_PATH"] == ""

    def test_tells_the_audience_of_the_tick(self, system: dict[str, Any]) -> None:
        address = "https://oracle-etl-api-42.asia-northeast3.run.app"
        assert system["told_api"]["TICK_AUDIENCE"] == address
        assert system["told_api"]["TICK_SERVICE_ACCOUNT"] == "tick@p"

    def test_tells_values_that_are_texts(self, system: dict[str, Any]) -> None:
        assert {type(value) for value in system["told_api"].values()} == {str}

    def test_names_members_as_iam_does(self, system: dict[str, Any]) -> None:
        assert system["members"]["worker"] == "serviceAccount:worker@p"

    def test_names_every_index_once(self, system: dict[str, Any]) -> None:
        assert len(system["book_indexes"]) == len(system["book_file"]["indexes"])

    def test_names_every_field_override_once(self, system: dict[str, Any]) -> None:
        assert len(system["book_fields"]) == len(system["book_file"]["fieldOverrides"])


class TestASystemForOracle11g:
    @pytest.fixture
    def thick(self, tmp_path: Path) -> dict[str, Any]:
        oracle = {**GIVEN["oracle"], "mode": "thick"}
        return evaluated(
            tmp_path, INFRA, {**GIVEN, "oracle": oracle, "thick_image": f"thick{DIGEST}"}
        )

    def test_has_a_job_definition_for_each_mode(self, thick: dict[str, Any]) -> None:
        assert {mode: each["image"][:5] for mode, each in thick["worker_jobs"].items()} == {
            "thin": "app@s",
            "thick": "thick",
        }

    def test_tells_all_that_its_source_is_thick(self, thick: dict[str, Any]) -> None:
        assert thick["told"]["ORACLE_MODE"] == "thick"

    def test_tells_all_where_work_of_each_mode_goes(self, thick: dict[str, Any]) -> None:
        told = thick["told"]
        for mode, suffix in (("thin", ""), ("thick", "_THICK")):
            assert told[f"WORKER_JOB{suffix}"] == thick["worker_jobs"][mode]["name"]
            assert told[f"PUBSUB_TOPIC{suffix}"] == thick["queue_names"][mode]
            assert told[f"PUBSUB_SUBSCRIPTION{suffix}"] == thick["queue_names"][mode]

    def test_lets_both_launch_and_publish_to_workers_of_each_mode(
        self, thick: dict[str, Any]
    ) -> None:
        assert set(thick["launches"]) == {"thin/api", "thin/worker", "thick/api", "thick/worker"}


class TestASystemWithAWallet:
    def test_mounts_it_where_the_settings_look(self, tmp_path: Path) -> None:
        secrets = ["oracle-password", "oracle-wallet", "oracle-wallet-password", "bearer-secret"]
        oracle = {"tns_name": "mydb_high", "username": "ETL"}
        found = evaluated(tmp_path, INFRA, {**GIVEN, "oracle": oracle, "secrets": secrets})
        assert found["secret_files"] == {
            "wallet": {
                "secret": "oracle-etl-oracle-wallet",
                "folder": "/secrets/wallet",
                "name": "wallet.zip",
            }
        }
        assert found["told"]["ORACLE_WALLET_PATH"] == "/secrets/wallet/wallet.zip"
        assert set(found["worker_secrets"]) == {"ORACLE_PASSWORD", "ORACLE_WALLET_PASSWORD"}


class TestASystemWithFurtherSources:
    def test_mounts_their_settings_where_they_are_looked_for(self, tmp_path: Path) -> None:
        secrets = ["oracle-password", "api-keys", "config"]
        found = evaluated(tmp_path, INFRA, {**GIVEN, "secrets": secrets})
        assert found["told"]["CONFIG_PATH"] == "/secrets/config/config.yaml"
        assert found["secret_files"]["config"] == {
            "secret": "oracle-etl-config",
            "folder": "/secrets/config",
            "name": "config.yaml",
        }


class TestTheFoundation:
    @pytest.mark.parametrize(
        ("network", "names"),
        [
            (None, ["", ""]),
            ({"cidr": "10.8.0.0/26"}, ["private", "private"]),
            ({"existing": "corp", "existing_subnetwork": "seoul"}, ["corp", "seoul"]),
        ],
        ids=str,
    )
    def test_names_the_network_that_is_asked_for(
        self, tmp_path: Path, network: object, names: list[str]
    ) -> None:
        given = {"project_id": "my-project-123", "state_bucket": "state", "network": network}
        found = evaluated(tmp_path, INFRA / "foundation", given)
        assert [found["network"], found["subnetwork"]] == names

    def test_grants_each_secret_to_each_of_its_readers(self, tmp_path: Path) -> None:
        given = {"project_id": "my-project-123", "state_bucket": "state"}
        found = evaluated(tmp_path, INFRA / "foundation", given)
        assert len(found["secret_grants"]) == 11
        assert found["secret_grants"]["mask-key/worker"]["reader"] == "worker"
