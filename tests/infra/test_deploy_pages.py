"""What the pages on deploying name, against what is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import yaml

from infra.terraform_reading import INFRA, outputs, text, variables

DOCS = INFRA.parent / "docs"
PAGES = [DOCS / "deploy.md", DOCS / "thick-mode.md", DOCS / "costs.md", INFRA / "README.md"]
WHOLE = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", WHOLE, re.DOTALL | re.MULTILINE)


class TestThePages:
    def test_set_only_variables_that_are_declared(self) -> None:
        for root, place in ((INFRA, "infra"), (INFRA / "foundation", "infra/foundation")):
            written = [each for each in blocks("") if each.startswith(f"# {place}/settings")]
            named = set(re.findall(r"^(\w+) = ", "".join(written), re.MULTILINE))
            assert named
            assert named <= set(variables(root))

    def test_ask_only_for_outputs_that_are_given(self) -> None:
        asked = re.findall(r"-chdir=(\S+)\s+output\s+(?:-raw )?(\w+)", WHOLE)
        assert asked
        assert [
            (root, name) for root, name in asked if name not in outputs(INFRA.parent / root)
        ] == []

    def test_give_only_substitutions_that_the_build_has(self) -> None:
        build = yaml.safe_load((INFRA.parent / "cloudbuild.yaml").read_text(encoding="utf-8"))
        listed = re.findall(r"--substitutions=(\S+)", WHOLE)
        given = {each.split("=")[0] for some in listed for each in some.split(",")}
        assert {"_REGION", "_INSTANT_CLIENT_URL"} <= given
        assert given <= set(build["substitutions"])

    @pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
    def test_link_to_files_that_exist(self, page: Path) -> None:
        links = re.findall(r"\]\((?!http)([^)#]+)", page.read_text(encoding="utf-8"))
        assert [each for each in links if not (page.parent / each).exists()] == []

    def test_show_python_that_python_reads(self) -> None:
        assert blocks("python")
        for each in blocks("python"):
            ast.parse(each)

    def test_name_the_log_lines_that_alerts_count(self) -> None:
        counted = set(re.findall(r'jsonPayload\.event=\\"(\w+)\\"', text(INFRA)))
        page = (INFRA / "README.md").read_text("utf-8")
        told = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
        assert counted <= told
        assert counted
