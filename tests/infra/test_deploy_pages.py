"""What the pages on deploying name, against what is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import yaml

from infra.terraform_reading import INFRA, outputs, text, variables
from oracle_etl.settings import Settings

DOCS = INFRA.parent / "docs"
README = INFRA.parent / "README.md"
PAGES = [
    DOCS / "deploy.md",
    DOCS / "thick-mode.md",
    DOCS / "costs.md",
    DOCS / "watch.md",
    INFRA / "README.md",
    README,
]
WHOLE = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", WHOLE, re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", each.lower()) for each in headings)
    return {each.replace(" ", "-") for each in plain}


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

    @pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
    def test_link_to_headings_that_exist(self, page: Path) -> None:
        links = re.findall(r"\]\((?!http)([^)#]*)#([^)]+)\)", page.read_text(encoding="utf-8"))
        gone = [
            (target, anchor)
            for target, anchor in links
            if anchor not in anchors(page.parent / target if target else page)
        ]
        assert gone == []

    def test_name_the_same_two_commands(self) -> None:
        commands = re.compile(r"^ORACLE_DSN=db.*?^  --gcs-source[^\n]*$", re.DOTALL | re.MULTILINE)
        pages = (DOCS / "deploy.md", README, README.with_name("README.ko.md"))
        shown = {tuple(commands.findall(page.read_text(encoding="utf-8"))[:1]) for page in pages}
        assert len(shown) == 1
        assert shown != {()}

    def test_show_further_sources_that_the_settings_read(self, tmp_path: Path) -> None:
        [config] = blocks("yaml")
        path = tmp_path / "config.yaml"
        path.write_text(config, encoding="utf-8")
        source = Settings.from_environment({"CONFIG_PATH": str(path)}).sources["erp"]
        assert (source.mode, source.sessions, source.is_configured) == ("thick", 4, True)

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
