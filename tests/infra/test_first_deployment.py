"""What Google refuses on the first day only, and what it never says: no schema knows of these."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from infra.terraform_reading import INFRA, local_values, parsed, resources, text

FOUNDATION = INFRA / "foundation"


def body(kind: str, name: str) -> dict[str, Any]:
    """Return a resource of the system as it was parsed, with what it depends on."""
    [found] = [each[kind][name] for each in parsed(INFRA)["resource"] if name in each.get(kind, {})]
    return dict(found)


def metrics_of_our_own() -> set[str]:
    return {each.name for each in resources("google_logging_metric")}


def alerts_that_read_one() -> list[str]:
    policies = resources("google_monitoring_alert_policy")
    return [each.name for each in policies if "google_logging_metric." in str(each.block)]


class TestTheRegistry:
    def test_lets_its_policies_delete_images_that_have_a_tag(self) -> None:
        [registry] = resources("google_artifact_registry_repository")
        assert list(registry.block.each("cleanup_policies"))
        assert list(registry.block.each("docker_config")) == []


class TestTheFoundation:
    def test_says_whose_quota_the_calls_of_a_person_take(self) -> None:
        [provider] = [each["google"] for each in parsed(FOUNDATION)["provider"]]
        assert provider["user_project_override"] is True
        assert provider["billing_project"] == "${var.project_id}"

    def test_switches_on_what_renews_the_tokens_of_watchers(self) -> None:
        assert '"identitytoolkit.googleapis.com"' in text(FOUNDATION)
        assert '"securetoken.googleapis.com",' in text(FOUNDATION)


class TestAlertsThatReadAMetricOfOurOwn:
    def test_were_found(self) -> None:
        assert set(alerts_that_read_one()) == {"missing_tick", "stale_leases"}

    @pytest.mark.parametrize("alert", alerts_that_read_one())
    def test_wait_until_monitoring_knows_it(self, alert: str) -> None:
        depends = body("google_monitoring_alert_policy", alert)["depends_on"]
        assert depends == ["${time_sleep.until_metrics_are_known}"]

    def test_wait_after_every_one_of_them(self) -> None:
        triggers = str(body("time_sleep", "until_metrics_are_known")["triggers"])
        assert set(re.findall(r"google_logging_metric\.(\w+)\.id", triggers)) == (
            metrics_of_our_own()
        )


class TestEventsThatAlertsLookFor:
    def test_are_logged_by_these_names(self) -> None:
        sought = set(re.findall(r'jsonPayload\.event=\\"(\w+)\\"', text(INFRA)))
        assert sought == {"job_ended", "lease_lapsed", "tick_failed"}
        flow = INFRA.parent / "shared" / "oracle_etl" / "flow"
        logged = "".join(each.read_text() for each in flow.glob("*.py"))
        assert [each for each in sought if f'"event": "{each}"' not in logged] == []


class TestTheBuild:
    def test_is_asked_for_in_no_region_since_new_projects_are_refused_in_most(self) -> None:
        pages = (INFRA / "prepare.sh", INFRA.parent / "README.md", INFRA.parent / "cloudbuild.yaml")
        asked = [
            command
            for page in pages
            for command in re.findall(
                r"gcloud builds submit .*?(?=\n\n|\n```)", page.read_text("utf-8"), re.DOTALL
            )
        ]
        assert len(asked) == len(pages)
        assert [each for each in asked if "--region" in each] == []

    def test_says_in_which_region_it_deploys(self) -> None:
        build = yaml.safe_load((INFRA.parent / "cloudbuild.yaml").read_text("utf-8"))
        assert "${_REGION}" in build["substitutions"]["_IMAGES"]
        assert local_values(INFRA)["api_address"].count("${var.region}") == 1
