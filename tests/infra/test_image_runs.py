"""Do in a clean environment what the image does: the Dockerfile's own commands, then its CMD."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.terraform_reading import INFRA

PROJECT = INFRA.parent
DOCKERFILE = re.sub(r"\\\n\s*", "", (INFRA / "image" / "Dockerfile").read_text(encoding="utf-8"))
DEADLINE_SECONDS = 60.0

pytestmark = [pytest.mark.prove, pytest.mark.timeout(900)]


def instructions(stage: str) -> list[tuple[str, str]]:
    """Return the instructions of one stage as pairs of word and rest."""
    [body] = [each for each in DOCKERFILE.split("\nFROM ") if f" AS {stage}\n" in each]
    lines = [each for each in body.splitlines()[1:] if each and not each.startswith("#")]
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in lines]


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A folder that stands for the image's root."""

    root: Path

    def here(self, text: str) -> str:
        """Put the image's paths under the folder, and its Python's version in place of ours."""
        moved = re.sub(r"(?<![\w.}])/(opt|locks|source|wheels)\b", rf"{self.root}/\1", text)
        ours = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return moved.replace("python3.12", ours)

    def build(self) -> None:
        """Run the COPY and RUN instructions of the first stage, in their order."""
        folder = self.root
        for word, rest in instructions("build"):
            match word:
                case "WORKDIR":
                    folder = Path(self.here(rest))
                    folder.mkdir(parents=True)
                case "COPY":
                    *sources, target = rest.split()
                    self._copy(
                        sources, Path(self.here(target)) if target[0] == "/" else folder / target
                    )
                case "RUN":
                    command = self.here(rest).replace("python -m venv", f"{sys.executable} -m venv")
                    subprocess.run(  # noqa: S603 - the Dockerfile's commands
                        ["/usr/bin/env", "-u", "PYTHONPATH", "/bin/sh", "-euc", command],
                        cwd=folder,
                        check=True,
                    )

    def command(self) -> list[str]:
        """Return the image's CMD."""
        [written] = [rest for word, rest in instructions("app") if word == "CMD"]
        program, *arguments = json.loads(self.here(written))
        return [str(self.root / "opt" / "oracle-etl" / "bin" / program), *arguments]

    def python(self, code: str) -> str:
        """Return what a line of Python prints in the image."""
        asked = subprocess.run(  # noqa: S603 - code of ours
            [
                self.root / "opt/oracle-etl/bin/python",
                "-I",  # whatever PYTHONPATH the tests run with
                "-c",
                f"from importlib.util import find_spec; {code}",
            ],
            cwd=self.root,
            capture_output=True,
            text=True,
            check=True,
        )
        return asked.stdout.strip()

    def thicken(self, archive: Path) -> dict[str, str]:
        """Run the thick target's own script on an archive, and return what its ENV sets."""
        [script] = [
            command
            for word, rest in instructions("thick")
            for command in rest.split(" && ")
            if word == "RUN" and command.startswith("python /tmp/instant_client.py")
        ]
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        given = {"$INSTANT_CLIENT_URL": archive.as_uri(), "$INSTANT_CLIENT_SHA256": digest}
        arguments = [given.get(each, self.here(each)) for each in shlex.split(script)[2:]]
        program = INFRA / "image" / "instant_client.py"
        python = self.root / "opt/oracle-etl/bin/python"
        subprocess.run([python, program, *arguments], check=True)  # noqa: S603 - a script of ours
        [told] = [rest for word, rest in instructions("thick") if word == "ENV"]
        return dict(each.split("=", 1) for each in shlex.split(self.here(told)))

    def _copy(self, sources: list[str], target: Path) -> None:
        for each in sources:
            source = PROJECT / each
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, target, ignore=ignored)
            else:
                target.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    image = Built(root=tmp_path_factory.mktemp("image"))
    image.build()
    return image


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """The image's command while it runs."""

    process: subprocess.Popen[bytes]
    address: str

    def get(self, path: str) -> tuple[int, dict[str, object]]:
        """Return status and JSON; wait for the server to come up, unless it ends before."""
        ends = time.monotonic() + DEADLINE_SECONDS
        while True:
            try:
                with urllib.request.urlopen(f"{self.address}{path}", timeout=10) as answer:  # noqa: S310
                    return answer.status, json.load(answer)
            except urllib.error.HTTPError as error:
                with error:
                    return error.code, json.load(error)
            except urllib.error.URLError:
                assert time.monotonic() < ends, "the server did not come up"
                self._wait_a_moment()

    def _wait_a_moment(self) -> None:
        with suppress(subprocess.TimeoutExpired):
            code = self.process.wait(timeout=0.1)
            pytest.fail(f"the server ended with {code}")


@pytest.fixture
def serving(built: Built, tmp_path: Path) -> Iterator[Serving]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        "PATH": os.defpath,
        "HOME": str(tmp_path),
        "PORT": str(port),
        "DATA_FOLDER": str(tmp_path / "data"),
    }
    process = subprocess.Popen(built.command(), cwd=tmp_path, env=environment)  # noqa: S603 - the CMD
    try:
        yield Serving(process=process, address=f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(timeout=30)


class TestTheImage:
    def test_starts_the_function_and_answers_that_it_lives(self, serving: Serving) -> None:
        status, _ = serving.get("/api/health/live")
        assert status == 200

    def test_answers_about_its_health_in_json(self, serving: Serving) -> None:
        status, body = serving.get("/api/health")
        assert status in {200, 503}
        assert "status" in body

    def test_holds_no_stand_in(self, built: Built) -> None:
        assert built.python("print(find_spec('oracle_standin'))") == "None"

    def test_holds_the_workers_command(self, built: Built) -> None:
        assert built.python("print(find_spec('table_worker.__main__').name)") == (
            "table_worker.__main__"
        )

    def test_holds_the_command_of_the_doctor(self, built: Built, tmp_path: Path) -> None:
        asked = doctor(built, tmp_path, {})
        assert asked.returncode == 1
        assert "set ORACLE_DSN" in asked.stdout


class TestTheThickImage:
    def test_looks_for_the_library_where_it_was_unpacked(
        self, built: Built, tmp_path: Path
    ) -> None:
        archive = tmp_path / "basic.zip"
        with zipfile.ZipFile(archive, "w") as packed:
            packed.writestr("instantclient_19_28/libclntsh.so", b"\x7fELF, and no more")
        told = built.thicken(archive)
        address = {"ORACLE_DSN": "127.0.0.1:1/ORCL", "ORACLE_USERNAME": "etl"}
        asked = doctor(built, tmp_path, {**told, **address})
        assert told["ORACLE_MODE"] == "thick"
        # The driver found our library and could not load it; a real one it would have loaded.
        library = Path(told["ORACLE_CLIENT_LIBRARY"]) / "libclntsh.so"
        assert library.exists()
        assert f"{library}: " in asked.stdout
        assert "DPI-1047" in asked.stdout


def doctor(built: Built, folder: Path, told: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Let the image's doctor look at what it is told."""
    command = built.root / "opt/oracle-etl/bin/oracle-etl"
    environment = {"PATH": os.defpath, "DATA_FOLDER": str(folder / "data"), **told}
    return subprocess.run(  # noqa: S603 - a command of ours
        [command, "doctor"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
