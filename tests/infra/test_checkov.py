"""checkov over infra/, in an environment of its own: it brings 290 MB that nothing else needs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from infra.terraform_reading import INFRA

VERSION = "3.3.30"
CONFIG = INFRA / ".checkov.yaml"


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours


@pytest.fixture(scope="module")
def checkov(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkov")
    assert run(sys.executable, "-m", "venv", folder).returncode == 0
    installed = run(folder / "bin" / "pip", "install", "--quiet", f"checkov=={VERSION}")
    assert installed.returncode == 0, installed.stderr
    return folder / "bin" / "checkov"


@pytest.mark.prove
@pytest.mark.timeout(600)
class TestCheckov:
    def test_finds_nothing_that_has_no_reason(self, checkov: Path) -> None:
        asked = run(checkov, "--config-file", CONFIG, "--directory", INFRA)
        assert asked.returncode == 0, asked.stdout + asked.stderr

    def test_still_looks(self, checkov: Path, tmp_path: Path) -> None:
        open_bucket = (INFRA / "bucket.tf").read_text("utf-8").replace('"enforced"', '"inherited"')
        (tmp_path / "bucket.tf").write_text(open_bucket, encoding="utf-8")
        asked = run(checkov, "--config-file", CONFIG, "--directory", tmp_path)
        assert asked.returncode == 1
        assert "CKV_GCP_114" in asked.stdout


class TestTheChecksThatAreSkipped:
    def test_each_have_a_reason(self) -> None:
        skipped = re.findall(r"^  - (CKV2?_\w+)(.*)$", CONFIG.read_text("utf-8"), re.MULTILINE)
        assert skipped
        assert [name for name, reason in skipped if not re.match(r" # \w+", reason)] == []
