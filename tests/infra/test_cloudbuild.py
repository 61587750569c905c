"""cloudbuild.yaml: valid, in the right order, and without a variable that nobody sets."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
import yaml

from infra.terraform_reading import INFRA, outputs, resources

PATH = INFRA.parent / "cloudbuild.yaml"
TEXT = PATH.read_text(encoding="utf-8")
BUILD: dict[str, Any] = yaml.safe_load(TEXT)
STEPS: dict[str, dict[str, Any]] = {step["id"]: step for step in BUILD["steps"]}
BUILT_IN = {"PROJECT_ID", "BUILD_ID"}


def script(step: str) -> str:
    return str(STEPS[step]["args"][-1])


def before(step: str) -> set[str]:
    """Return every step that has ended when this one starts."""
    waits = [each for each in STEPS[step].get("waitFor", []) if each != "-"]
    return set(waits).union(*(before(each) for each in waits))


class TestTheFile:
    def test_is_what_cloud_build_reads(self) -> None:
        asked = subprocess.run(  # noqa: S603 - a tool of ours on a file of ours
            [
                sys.executable,
                "-m",
                "check_jsonschema",
                "--builtin-schema",
                "vendor.cloudbuild",
                PATH,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert asked.returncode == 0, asked.stdout

    def test_uses_only_substitutions_that_are_set(self) -> None:
        # $$ is how a script's own variable is written; what is left is Cloud Build's.
        used = set(re.findall(r"\$\{?(\w+)\}?", TEXT.replace("$$", "")))
        shell = set(re.findall(r"\$\$\{?(\w+)", TEXT))
        assert used - shell - BUILT_IN == set(BUILD["substitutions"])

    @pytest.mark.parametrize("step", [name for name in STEPS if "entrypoint" in STEPS[name]])
    def test_holds_scripts_that_stop_at_the_first_error(self, step: str) -> None:
        flags = " ".join(STEPS[step]["args"][:-1])
        assert re.match(r"-eu", flags)
        assert "pipefail" in flags or STEPS[step]["entrypoint"] == "sh"

    @pytest.mark.parametrize("step", [name for name in STEPS if "entrypoint" in STEPS[name]])
    def test_holds_scripts_that_a_shell_reads(self, step: str) -> None:
        read = subprocess.run(
            ["/bin/bash", "-n"],
            input=re.sub(r"\$\{_?[A-Z_]+\}", "x", script(step)).replace("$$", "$"),
            capture_output=True,
            text=True,
            check=False,
        )
        assert read.returncode == 0, read.stderr


class TestTheOrder:
    def test_checks_and_tests_before_it_pushes(self) -> None:
        assert {"check", "test", "build", "build-thick"} <= before("push")

    def test_plans_then_applies_then_asks(self) -> None:
        assert "push" in before("plan")
        assert "plan" in before("apply")
        assert "apply" in before("smoke-test")

    def test_says_of_every_step_but_the_first_what_it_waits_for(self) -> None:
        assert [name for name, step in STEPS.items() if "waitFor" not in step] == ["check"]


class TestTheDeployment:
    def test_is_by_digest(self) -> None:
        assert "RepoDigests" in script("push")
        assert "image.auto.tfvars" in script("push")

    def test_applies_the_plan_that_was_shown(self) -> None:
        assert "-out=/workspace/plan" in script("plan")
        assert "apply -input=false /workspace/plan" in script("apply")

    def test_asks_at_the_address_that_terraform_gives(self) -> None:
        assert "output -raw api_address" in script("apply")
        assert "api_address" in outputs(INFRA)


class TestTheAccount:
    def test_is_the_one_that_the_foundation_makes(self) -> None:
        [build] = [each for each in resources("google_service_account") if each.name == "build"]
        assert build.block.arguments["account_id"] == "${var.name}-build"
        assert "/${_NAME}-build@" in BUILD["serviceAccount"]
        assert BUILD["options"]["logging"] == "CLOUD_LOGGING_ONLY"

    def test_pushes_where_the_foundation_has_its_registry(self) -> None:
        assert BUILD["substitutions"]["_IMAGES"] == (
            "${_REGION}-docker.pkg.dev/${PROJECT_ID}/${_NAME}"
        )
        assert (
            "-docker.pkg.dev/${var.project_id}/" in outputs(INFRA / "foundation")["images"]["value"]
        )
