"""What the image is made of, and what is kept out of it."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import stat
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from infra.terraform_reading import INFRA, resources

IMAGE = INFRA / "image"
PROJECT = INFRA.parent
DOCKERFILE = (IMAGE / "Dockerfile").read_text(encoding="utf-8")


def stage(name: str) -> str:
    """Return one stage of the Dockerfile, without comments."""
    plain = re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE)
    return next(each for each in plain.split("FROM ") if f" AS {name}\n" in each)


def pins(lock: Path) -> set[str]:
    return set(re.findall(r"^([a-z0-9.\[\]_-]+==\S+)", lock.read_text("utf-8"), re.MULTILINE))


class TestTheDockerfile:
    def test_pleases_hadolint(self) -> None:
        hadolint = Path(sys.executable).with_name("hadolint")
        asked = subprocess.run(  # noqa: S603 - a tool of ours on a file of ours
            [hadolint, "--no-color", IMAGE / "Dockerfile"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert asked.returncode == 0, asked.stdout

    @pytest.mark.parametrize("name", ["app", "thick"])
    def test_ends_without_root(self, name: str) -> None:
        assert re.findall(r"^USER (\S+)", stage(name), re.MULTILINE)[-1] == "10001:10001"

    def test_installs_nothing_that_is_not_locked_by_hash(self) -> None:
        installs = re.findall(r"pip (?:install|wheel) ([^\n&]*)", DOCKERFILE)
        assert len(installs) == 4
        assert all("--require-hashes" in each or "--no-deps" in each for each in installs)

    def test_copies_neither_tests_nor_the_stand_in(self) -> None:
        copied = re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)
        assert [each for each in copied if "test" in each or "standin" in each] == []
        assert "COPY . " not in DOCKERFILE

    def test_starts_the_function_that_the_api_is(self) -> None:
        assert '"--target=api"' in stage("app")
        assert "/transport_api/main.py" in stage("app")

    def test_tells_the_workers_command(self) -> None:
        [job] = resources("google_cloud_run_v2_job")
        [container] = job.block.each("template", "template", "containers")
        assert container.arguments["command"] == ["python", "-m", "table_worker"]
        assert "python -m table_worker" in DOCKERFILE


class TestTheContext:
    def test_lets_in_only_what_is_named(self) -> None:
        rules = [
            each
            for each in (PROJECT / ".dockerignore").read_text("utf-8").splitlines()
            if each and not each.startswith("#")
        ]
        assert rules[0] == "*"
        assert {each for each in rules if each.startswith("!")} == {
            "!pyproject.toml",
            "!README.md",
            "!LICENSE",
            "!shared",
            "!functions",
            "!infra",
            "!shared/oracle_etl",
            "!infra/image",
        }
        assert rules.index("shared/*") < rules.index("!shared/oracle_etl")
        assert rules.index("infra/*") < rules.index("!infra/image")

    def test_of_a_build_leaves_wallets_and_state_at_home(self) -> None:
        rules = (PROJECT / ".gcloudignore").read_text("utf-8").splitlines()
        assert {".env", "config.yaml", "*.zip", "*.pem", "*.sso", "*.tfstate"} <= set(rules)


class TestTheLocks:
    def test_of_the_build_agrees_with_that_of_development(self) -> None:
        assert pins(IMAGE / "build.lock") - pins(INFRA / "dev.lock") == set()
        assert any(each.startswith("hatchling==") for each in pins(IMAGE / "build.lock"))


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(  # noqa: S603 - what the image does
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=PROJECT,
        check=True,
        capture_output=True,
    )
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        return packed.namelist()


class TestTheWheel:
    def test_holds_the_product(self, names: list[str]) -> None:
        assert {"oracle_etl/settings.py", "oracle_etl/ports/job_book.py"} <= set(names)

    def test_holds_no_stand_in_and_no_tests(self, names: list[str]) -> None:
        tops = {each.split("/")[0] for each in names if ".dist-info" not in each}
        assert tops <= {"oracle_etl", "transport_api", "table_worker", "command_line", "dashboard"}


def loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("instant_client", IMAGE / "instant_client.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "basic.zip"
    link = zipfile.ZipInfo("instantclient_19_28/libclntsh.so")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("instantclient_19_28/libclntsh.so.19.1", b"\x7fELF")
        packed.writestr("../../etc/evil.so", b"climbs out")
        packed.writestr("instantclient_19_28/BASIC_LICENSE", b"text")
        packed.writestr(link, "../libclntsh.so.19.1")
    return path


def unpacked(archive: Path, folder: Path, *, sha256: str | None = None) -> int:
    right = hashlib.sha256(archive.read_bytes()).hexdigest()
    code: int = loaded().main([archive.as_uri(), sha256 or right, str(folder)])
    return code


class TestInstantClient:
    def test_unpacks_libraries_and_their_links(self, archive: Path, tmp_path: Path) -> None:
        assert unpacked(archive, tmp_path / "client") == 0
        assert (tmp_path / "client" / "libclntsh.so").read_bytes() == b"\x7fELF"

    def test_lets_no_member_climb_out_of_the_folder(self, archive: Path, tmp_path: Path) -> None:
        unpacked(archive, tmp_path / "client")
        assert {each.name for each in (tmp_path / "client").iterdir()} == {
            "libclntsh.so",
            "libclntsh.so.19.1",
            "evil.so",
        }
        assert not (tmp_path.parent / "etc").exists()

    def test_refuses_another_archive_than_was_meant(
        self, archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert unpacked(archive, tmp_path / "client", sha256=64 * "0") == 1
        assert not (tmp_path / "client").exists()
        assert "has the SHA-256" in capsys.readouterr().err

    def test_refuses_an_archive_without_the_client(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with zipfile.ZipFile(tmp_path / "sdk.zip", "w") as packed:
            packed.writestr("instantclient_19_28/sdk/oci.h", b"")
        assert unpacked(tmp_path / "sdk.zip", tmp_path / "client") == 1
        assert "take the Basic package" in capsys.readouterr().err

    def test_says_which_arguments_the_build_needs(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert loaded().main(["", "", "/nowhere"]) == 1
        assert "INSTANT_CLIENT_SHA256" in capsys.readouterr().err
