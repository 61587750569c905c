"""Who may do what: every role that is bound, with the reason why it is needed."""

from __future__ import annotations

import re

import pytest

from infra.terraform_reading import INFRA, Resource, local_values, resources, text

ALLOWED = {
    "google_artifact_registry_repository_iam_member.build_pushes": {
        "roles/artifactregistry.writer": "the build pushes images",
    },
    "google_cloud_run_v2_job_iam_member.launches": {
        "roles/run.jobsExecutorWithOverrides": "jobs.run with a task count is an override",
    },
    "google_cloud_run_v2_job_iam_member.looks": {
        "roles/run.viewer": "executions are listed to know how many workers live",
    },
    "google_cloud_run_v2_service_iam_member.caller": {
        "roles/run.invoker": "callers that the operator names",
    },
    "google_cloud_run_v2_service_iam_member.smoke_test": {
        "roles/run.invoker": "the build asks the service that it deployed",
    },
    "google_cloud_run_v2_service_iam_member.tick": {
        "roles/run.invoker": "Cloud Scheduler calls /internal/tick",
    },
    "google_compute_subnetwork_iam_member.build_uses": {
        "roles/compute.networkUser": "deploying onto a subnetwork needs its use",
    },
    "google_project_iam_member.build": {
        "roles/cloudscheduler.admin": "the build makes the tick",
        "roles/datastore.owner": "the build makes the database, its indexes and its TTL fields",
        "roles/firebaserules.admin": "the build releases firestore.rules",
        "roles/logging.configWriter": "the build makes log-based metrics",
        "roles/logging.logWriter": "the build writes its own log",
        "roles/monitoring.alertPolicyEditor": "the build makes alerts",
        "roles/monitoring.notificationChannelEditor": "the build makes the alerts' channels",
        "roles/pubsub.admin": "the build makes topics and subscriptions, and binds roles on them",
        "roles/run.admin": "the build deploys the service and jobs, and binds roles on them",
        "roles/storage.admin": "the build makes the bucket, and binds roles on it",
    },
    "google_project_iam_member.database_user": {
        "roles/datastore.user": "API and workers keep the job book, in one database",
    },
    "google_pubsub_subscription_iam_member.agent_takes_dead_letters": {
        "roles/pubsub.subscriber": "Pub/Sub settles the messages that it moves to the dead letters",
    },
    "google_pubsub_subscription_iam_member.drains_dead_letters": {
        "roles/pubsub.subscriber": "the tick, in the API, reads dead letters",
    },
    "google_pubsub_subscription_iam_member.pulls": {
        "roles/pubsub.subscriber": "workers pull messages",
    },
    "google_pubsub_topic_iam_member.agent_publishes_dead_letters": {
        "roles/pubsub.publisher": "Pub/Sub moves messages to the dead letters",
    },
    "google_pubsub_topic_iam_member.looks": {
        "roles/pubsub.viewer": "the API's health asks whether the topic is there",
    },
    "google_pubsub_topic_iam_member.publishes": {
        "roles/pubsub.publisher": "the API publishes tables, workers publish parts",
    },
    "google_secret_manager_secret_iam_member.reads": {
        "roles/secretmanager.secretAccessor": "each account reads the secrets that it needs",
    },
    "google_service_account_iam_member.api_signs_as_itself": {
        "${google_project_iam_custom_role.token_signer.name}": "the API signs watchers' tokens",
    },
    "google_service_account_iam_member.build_acts_as": {
        "roles/iam.serviceAccountUser": "whoever deploys must be allowed to act as the account",
    },
    "google_service_account_iam_member.build_identifies_itself": {
        "roles/iam.serviceAccountOpenIdTokenCreator": "the smoke test needs an identity token",
    },
    "google_storage_bucket_iam_member.build_keeps_state": {
        "roles/storage.objectUser": "Terraform's state lies in the bucket",
    },
    "google_storage_bucket_iam_member.creates": {
        "roles/storage.objectCreator": "objects are created, never overwritten",
    },
    "google_storage_bucket_iam_member.reads": {
        "roles/storage.objectViewer": "parts are composed, manifests are read",
    },
    "google_storage_bucket_iam_member.removes_attempts": {
        "${local.foundation.attempt_remover_role}": "attempts are cleared up, nothing else",
    },
}
BINDINGS = [each for each in resources() if each.kind.endswith("_iam_member")]
ACCOUNTS = resources("google_service_account")


def roles(binding: Resource) -> set[str]:
    role = binding.block.arguments["role"]
    if role != "${each.value}":
        return {role}
    # A set of roles stands as a list in the source.
    wanted = rf'resource "{binding.kind}" "{binding.name}".*?for_each = toset\(\[(.*?)\]\)'
    [listed] = re.findall(wanted, text(binding.root), flags=re.DOTALL)
    return set(re.findall(r'"([^"]+)"', listed))


@pytest.mark.parametrize("binding", BINDINGS, ids=lambda each: each.address)
class TestEveryBinding:
    def test_binds_only_roles_with_a_reason(self, binding: Resource) -> None:
        assert roles(binding) == set(ALLOWED[f"{binding.kind}.{binding.name}"])

    def test_is_for_somebody_in_particular(self, binding: Resource) -> None:
        assert "allUsers" not in str(binding.block.arguments)
        assert "allAuthenticatedUsers" not in str(binding.block.arguments)


class TestTheListOfReasons:
    def test_names_no_binding_that_is_gone(self) -> None:
        assert set(ALLOWED) == {f"{each.kind}.{each.name}" for each in BINDINGS}

    def test_knows_no_role_that_rules_the_project(self) -> None:
        ruling = {"roles/owner", "roles/editor", "roles/resourcemanager.projectIamAdmin"}
        making = {"roles/iam.serviceAccountAdmin", "roles/iam.serviceAccountTokenCreator"}
        bound = {role for binding in BINDINGS for role in roles(binding)}
        assert bound & (ruling | making | {"roles/iam.serviceAccountKeyAdmin"}) == set()


class TestPoliciesAndKeys:
    def test_no_resource_takes_a_whole_policy_over(self) -> None:
        whole = [
            each.address for each in resources() if each.kind.endswith(("_policy", "_binding"))
        ]
        assert [each for each in whole if "alert_policy" not in each] == []

    def test_no_account_has_a_key(self) -> None:
        assert resources("google_service_account_key") == []

    @pytest.mark.parametrize("account", ACCOUNTS, ids=lambda each: each.address)
    def test_every_account_is_used(self, account: Resource) -> None:
        uses = re.findall(rf"google_service_account\.{account.name}\b", text(INFRA / "foundation"))
        runs = re.findall(rf"local\.foundation\.accounts\.{account.name}\b", text(INFRA))
        member = re.findall(rf'local\.members\.{account.name}\b|"{account.name}"', text(INFRA))
        assert uses
        assert runs or member


class TestWhatRuns:
    def test_runs_as_an_account_of_its_own(self) -> None:
        [service] = resources("google_cloud_run_v2_service")
        [job] = resources("google_cloud_run_v2_job")
        [tick] = resources("google_cloud_scheduler_job")
        [template] = service.block.each("template")
        [task] = job.block.each("template", "template")
        [token] = tick.block.each("http_target", "oidc_token")
        assert template.arguments["service_account"] == "${local.foundation.accounts.api}"
        assert task.arguments["service_account"] == "${local.foundation.accounts.worker}"
        assert token.arguments == {
            "service_account_email": "${local.foundation.accounts.tick}",
            "audience": "${local.api_address}",
        }


class TestTheBucket:
    def test_refuses_the_public_and_object_lists(self) -> None:
        [bucket] = resources("google_storage_bucket")
        assert bucket.block.arguments["public_access_prevention"] == "enforced"
        assert bucket.block.arguments["uniform_bucket_level_access"] is True

    def test_lets_nobody_delete_a_finished_object(self) -> None:
        removing = [each for each in BINDINGS if "remove" in each.block.arguments["role"]]
        [condition] = removing[0].block.each("condition")
        assert [each.name for each in removing] == ["removes_attempts"]
        assert "/objects/${each.value.prefix}" in condition.arguments["expression"]

    def test_deletes_by_age_and_sets_soft_delete(self) -> None:
        [bucket] = resources("google_storage_bucket")
        ages = [each.arguments for each in bucket.block.each("lifecycle_rule", "condition")]
        assert ages == [
            {"age": "${var.retention_days}"},
            {"age": 7, "matches_prefix": "${var.attempt_prefixes}"},
        ]
        assert list(bucket.block.each("soft_delete_policy"))


class TestTheService:
    def test_asks_google_who_is_calling(self) -> None:
        [service] = resources("google_cloud_run_v2_service")
        assert "invoker_iam_disabled" not in service.block.arguments

    def test_gives_the_database_with_a_condition(self) -> None:
        [binding] = [each for each in BINDINGS if each.name == "database_user"]
        [condition] = binding.block.each("condition")
        assert "/databases/${var.firestore_database}" in condition.arguments["expression"]


class TestTheQueue:
    def test_never_expires_and_gives_up_far_later_than_the_job_book(self) -> None:
        by_name = {each.name: each.block for each in resources("google_pubsub_subscription")}
        for block in by_name.values():
            [expiration] = block.each("expiration_policy")
            assert expiration.arguments == {"ttl": ""}
        [dead] = by_name["tables"].each("dead_letter_policy")
        assert dead.arguments["max_delivery_attempts"] == 50

    def test_dead_letters_have_a_reader(self) -> None:
        [subscription] = [
            each for each in resources("google_pubsub_subscription") if each.name == "dead_letters"
        ]
        assert "google_pubsub_topic.dead_letters" in subscription.block.arguments["topic"]


class TestSecrets:
    def test_have_their_values_outside_terraform(self) -> None:
        assert resources("google_secret_manager_secret_version") == []

    def test_each_is_read_by_the_accounts_that_need_it(self) -> None:
        readers = local_values(INFRA / "foundation")["secret_readers"]
        assert {name: sorted(who) for name, who in readers.items() if name != "__is_block__"} == {
            "oracle-password": ["api", "worker"],
            "oracle-wallet": ["api", "worker"],
            "oracle-wallet-password": ["api", "worker"],
            "config": ["api", "worker"],
            "mask-key": ["worker"],
            "api-keys": ["api"],
            "bearer-secret": ["api"],
        }
