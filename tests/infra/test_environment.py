"""What Terraform tells the API and the workers, against what the settings declare."""

from __future__ import annotations

import dataclasses

from infra.terraform_reading import INFRA, local_values, map_keys, resources, text
from oracle_etl import settings
from oracle_etl.settings import Secret, Settings

FRAMEWORK = {"THREADS"}
"""Read by functions-framework itself."""
OF_THE_READER = {"CONFIG_PATH"}
"""Where the reader of settings finds more of them."""
LOCALS = local_values(INFRA)
DECLARED = {
    each.metadata["variable"]: each
    for group in settings.GROUPS
    for each in dataclasses.fields(group)
    if "variable" in each.metadata
}
PLAIN = map_keys(LOCALS["told"]) | map_keys(LOCALS["told_api"])
SECRET = map_keys(LOCALS["secret_variables"])


def is_secret(variable: str) -> bool:
    default = DECLARED[variable].default
    return isinstance(default, Secret) or variable == "AUTH_API_KEYS"


class TestTheNamesInTerraform:
    def test_were_found(self) -> None:
        assert {"GCS_PROJECT_ID", "WORKER_JOB", "TICK_AUDIENCE", "THREADS"} <= PLAIN
        assert {"ORACLE_PASSWORD", "AUTH_API_KEYS"} <= SECRET

    def test_are_those_of_the_settings(self) -> None:
        assert (PLAIN | SECRET) - set(DECLARED) == FRAMEWORK | OF_THE_READER

    def test_cover_everything_that_names_a_google_resource(self) -> None:
        google = {each.metadata["variable"] for each in dataclasses.fields(settings.GoogleSettings)}
        left_to_defaults = {
            "GCS_CREDENTIALS_FILE",
            "GCS_UPLOAD_CHUNK_BYTES",
            "CLOUD_RUN_EMULATOR_HOST",
        }
        assert google - left_to_defaults <= PLAIN

    def test_stand_in_the_resources_only_through_the_lists(self) -> None:
        containers = [
            container
            for each in resources("google_cloud_run_v2_service", "google_cloud_run_v2_job")
            for path in (("template", "containers"), ("template", "template", "containers"))
            for container in each.block.each(*path)
        ]
        names = {env.arguments["name"] for each in containers for env in each.each("env")}
        assert len(containers) == 2
        assert names == {"${env.key}"}


class TestSecrets:
    def test_never_stand_as_plain_values(self) -> None:
        assert {name for name in PLAIN & set(DECLARED) if is_secret(name)} == set()

    def test_are_all_settings_that_hold_one(self) -> None:
        assert {name for name in SECRET if not is_secret(name)} == set()

    def test_of_the_servers_side_are_all_reachable(self) -> None:
        kept = {name for name in DECLARED if is_secret(name) and not name.startswith("ORACLE_ETL_")}
        assert kept - SECRET == set()


class TestValues:
    def test_are_read_by_the_settings_as_they_stand(self) -> None:
        told = {
            "ORACLE_ETL_HOME": "google",
            "GCS_PROJECT_ID": "my-project-123",
            "ETL_PROGRESS_INTERVAL": LOCALS["told"]["ETL_PROGRESS_INTERVAL"],
            "ETL_IDLE": LOCALS["told"]["ETL_IDLE"],
            "AUTH_ENABLED": "true",
            "AUTH_API_KEYS": "0123456789abcdef",
            "SERVER_THREADS": str(LOCALS["api_threads"]),
            "CONFIG_PATH": "",
        }
        read = Settings.from_environment(told)
        assert float(read.work.progress_interval) == 5.0
        assert read.server.threads == 64
        assert read.server.stream_seconds < LOCALS["api_seconds"]

    def test_let_the_framework_answer_as_many_as_cloud_run_sends(self) -> None:
        [service] = resources("google_cloud_run_v2_service")
        [template] = service.block.each("template")
        assert template.arguments["max_instance_request_concurrency"] == "${local.api_threads}"
        assert "THREADS = tostring(local.api_threads)" in text(INFRA)

    def test_keep_a_message_that_nobody_heard_of_for_less_than_the_lease(self) -> None:
        # Workers take the lease as soon as they have a message; a reply that is lost costs this.
        [subscription] = [
            each for each in resources("google_pubsub_subscription") if each.name == "tables"
        ]
        kept = subscription.block.arguments["ack_deadline_seconds"]
        assert settings.WorkSettings().renewal < kept < settings.WorkSettings().lease
