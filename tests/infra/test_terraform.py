"""What Terraform can be told without its provider: names, references, formats, values."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.terraform_reading import (
    INFRA,
    ROOTS,
    Block,
    Resource,
    known_arguments,
    local_values,
    outputs,
    parsed,
    resources,
    text,
    variables,
)

KNOWN = known_arguments()
ROOT_NAMES = [root.name for root in ROOTS]
needs_terraform = pytest.mark.skipif(
    shutil.which("terraform") is None, reason="install terraform 1.9 or later to run this test"
)


def terraform(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - arguments of ours
        ["terraform", *arguments],  # noqa: S607 - whichever one the user has
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def unknown_and_missing(block: Block, table: Mapping[str, Any]) -> Iterator[str]:
    plain = set(table.get("", "").split())
    opened = {name: inner for name, inner in table.items() if name}
    names = {name.rstrip("*") for name in plain | set(opened)}
    given = set(block.arguments) | {name for name, _ in block.blocks}
    yield from (f"{block.path} has no {name}" for name in sorted(given - names))
    required = {name.rstrip("*") for name in plain | set(opened) if name.endswith("*")}
    yield from (f"{block.path} needs {name}" for name in sorted(required - given))
    for name, inner in block.blocks:
        if name in opened or f"{name}*" in opened:
            yield from unknown_and_missing(inner, opened.get(name) or opened[f"{name}*"])


@pytest.mark.parametrize("resource", resources(), ids=lambda each: each.address)
class TestEveryResource:
    def test_is_of_a_kind_that_the_table_knows(self, resource: Resource) -> None:
        assert resource.kind in KNOWN

    def test_gives_what_the_provider_knows_and_needs(self, resource: Resource) -> None:
        assert list(unknown_and_missing(resource.block, KNOWN[resource.kind])) == []


class TestTheTableItself:
    def test_holds_no_kind_that_nothing_uses(self) -> None:
        assert set(KNOWN) - {"//"} == {each.kind for each in resources()}

    def test_finds_a_wrong_name_and_a_missing_one(self) -> None:
        wrong = Block(
            path="x", arguments={"named": 1}, blocks=(("dead_letter_policy", _block("ttl")),)
        )
        assert list(unknown_and_missing(wrong, KNOWN["google_pubsub_subscription"])) == [
            "x has no named",
            "x needs name",
            "x needs topic",
            "inner has no ttl",
        ]


def _block(argument: str) -> Block:
    return Block(path="inner", arguments={argument: 1}, blocks=())


@pytest.mark.parametrize("root", ROOTS, ids=ROOT_NAMES)
class TestEveryRoot:
    def test_uses_every_variable_that_it_declares_and_no_other(self, root: Path) -> None:
        assert set(re.findall(r"\bvar\.(\w+)", text(root))) == set(variables(root))

    def test_uses_every_local_that_it_declares_and_no_other(self, root: Path) -> None:
        assert set(re.findall(r"\blocal\.(\w+)", text(root))) == set(local_values(root))

    def test_refers_to_resources_that_it_declares(self, root: Path) -> None:
        declared = {f"{each.kind}.{each.name}" for each in resources() if each.root == root}
        read = {
            f"data.{kind}.{name}"
            for each in parsed(root).get("data", [])
            for kind, named in each.items()
            for name in named
        }
        code = re.sub(r"^\s*(resource|data) .*$", "", text(root), flags=re.MULTILINE)
        code = re.sub(r"^\s*#.*$", "", code, flags=re.MULTILINE)
        named = set(re.findall(r"\b(?:data\.)?google_[a-z0-9_]+\.[a-z_]+", code))
        assert named - declared - read == set()

    def test_describes_every_variable_and_gives_it_a_type(self, root: Path) -> None:
        poor = [
            name
            for name, body in variables(root).items()
            if not {"type", "description"} <= set(body)
        ]
        assert poor == []

    def test_describes_every_output(self, root: Path) -> None:
        assert [name for name, body in outputs(root).items() if "description" not in body] == []

    def test_pins_the_provider_to_a_major_release(self, root: Path) -> None:
        [terraform] = parsed(root)["terraform"]
        [needed] = terraform["required_providers"]
        assert re.fullmatch(r"~> \d+\.\d+", needed["google"]["version"])

    @needs_terraform
    def test_is_formatted_as_terraform_would(self, root: Path) -> None:
        asked = terraform("fmt", "-check", "-diff", folder=root)
        assert asked.returncode == 0, asked.stdout + asked.stderr


class TestBothRoots:
    def test_share_the_variables_that_must_agree(self) -> None:
        system, foundation = (variables(root) for root in ROOTS)
        for name in ("project_id", "region", "name"):
            assert {**system[name], "description": ""} == {**foundation[name], "description": ""}

    def test_the_system_reads_only_what_the_foundation_gives(self) -> None:
        read = set(re.findall(r"\blocal\.foundation\.(\w+)", text(INFRA)))
        assert read <= set(outputs(INFRA / "foundation"))

    def test_the_system_mounts_only_secrets_that_the_foundation_keeps_a_place_for(self) -> None:
        kept = set(local_values(INFRA / "foundation")["secret_readers"]) - {"__is_block__"}
        mounted = set(local_values(INFRA)["secret_variables"].values()) - {True}
        assert mounted | {"oracle-wallet", "config"} == kept

    def test_the_states_lie_apart(self) -> None:
        prefixes = {
            backend["gcs"]["prefix"]
            for root in ROOTS
            for terraform in parsed(root)["terraform"]
            for backend in terraform["backend"]
        }
        assert prefixes == {"foundation", "system"}


IMAGE = "asia-northeast3-docker.pkg.dev/p/oracle-etl/app@sha256:" + 64 * "a"
GIVEN: Mapping[str, Any] = {
    "project_id": "my-project-123",
    "state_bucket": "my-project-123-oracle-etl-build",
    "image": IMAGE,
    "oracle": {"dsn": "db.example.com:1521/ORCL", "username": "ETL"},
}


@needs_terraform
class TestTheVariablesOfTheSystem:
    def test_accept_the_least_that_can_be_said(self, tmp_path: Path) -> None:
        assert planned(tmp_path, GIVEN) == ""

    def test_accept_what_the_example_says(self, tmp_path: Path) -> None:
        example = (INFRA / "settings.auto.tfvars.example").read_text(encoding="utf-8")
        (tmp_path / "settings.auto.tfvars").write_text(example, encoding="utf-8")
        assert planned(tmp_path, {"image": IMAGE}) == ""

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"project_id": "My Project"}, "project_id must be a project's id"),
            ({"region": "asia-northeast3-a"}, "region must be a region"),
            ({"image": "oracle-etl:latest"}, "image must end in @sha256:"),
            ({"oracle": {"username": "ETL"}}, "oracle needs either dsn or tns_name"),
            ({"oracle": {"dsn": "d", "username": "E", "mode": "thick"}}, "thick needs thick_image"),
            ({"secrets": ["oracle-pasword", "api-keys"]}, "a name that no setting reads"),
            ({"secrets": ["oracle-password"]}, "must hold api-keys or bearer-secret"),
            ({"callers": ["allUsers"]}, "everybody is nobody's caller"),
            ({"callers": ["allAuthenticatedUsers"]}, "everybody is nobody's caller"),
            ({"running_jobs": 0}, "running_jobs must be a whole number from 1"),
            ({"running_jobs": 1.5}, "running_jobs must be a whole number from 1"),
            ({"cors_origins": ["*"]}, "cors_origins holds origins"),
            ({"cors_origins": ["https://*.example.com"]}, "cors_origins holds origins"),
            ({"cors_origins": ["https://Etl.example.com"]}, "cors_origins holds origins"),
            ({"attempt_prefixes": ["exports/"]}, "attempt_prefixes must end in _attempts/"),
            ({"soft_delete_days": 3}, "soft_delete_days must be 0, or 7 to 90"),
            ({"api_instances": {"least": 6}}, "api_instances.most must be at least 1"),
        ],
        ids=str,
    )
    def test_refuse_what_would_fail_later(
        self, tmp_path: Path, change: Mapping[str, Any], told: str
    ) -> None:
        assert told in planned(tmp_path, {**GIVEN, **change})


def planned(folder: Path, given: Mapping[str, Any], *, root: Path = INFRA) -> str:
    """Plan the variables alone, which needs no provider; return what Terraform complains of."""
    (folder / "variables.tf").write_text((root / "variables.tf").read_text("utf-8"), "utf-8")
    (folder / "given.auto.tfvars.json").write_text(json.dumps(given), encoding="utf-8")
    asked = terraform("plan", "-input=false", "-no-color", "-lock=false", folder=folder)
    return "" if asked.returncode == 0 else " ".join(re.sub(r"[│╷╵]", " ", asked.stderr).split())


FOUNDATION: Mapping[str, Any] = {"project_id": "my-project-123", "state_bucket": "b"}


@needs_terraform
class TestTheVariablesOfTheFoundation:
    @pytest.mark.parametrize(
        "network",
        [
            None,
            {"cidr": "10.8.0.0/26"},
            {"cidr": "10.8.0.0/24", "static_address": True},
            {"existing": "corp", "existing_subnetwork": "seoul"},
        ],
        ids=str,
    )
    def test_accept_every_way_to_a_network(self, tmp_path: Path, network: object) -> None:
        given = {**FOUNDATION, "network": network}
        assert planned(tmp_path, given, root=INFRA / "foundation") == ""

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"network": {"cidr": "10.8.0.0/28"}}, "/26 or larger"),
            ({"network": {"cidr": "10.8.0.0"}}, "/26 or larger"),
            ({"network": {"existing": "corp"}}, "go together"),
            ({"watcher_origins": ["https://etl.example.com/"]}, "without https://"),
        ],
        ids=str,
    )
    def test_refuse_what_would_fail_later(
        self, tmp_path: Path, change: Mapping[str, Any], told: str
    ) -> None:
        assert told in planned(tmp_path, {**FOUNDATION, **change}, root=INFRA / "foundation")
