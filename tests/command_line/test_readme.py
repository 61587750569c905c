from __future__ import annotations

import pytest

from readme_parts import FILES, ROOT, with_parts


@pytest.mark.parametrize("file", FILES)
class TestTheReadme:
    def test_says_what_the_code_says_of_settings_and_exit_codes(self, file: str) -> None:
        text = (ROOT / file).read_text(encoding="utf-8")
        assert text == with_parts(text), "python tests/readme_parts.py writes them anew"

    def test_names_folders_that_are_there(self, file: str) -> None:
        text = (ROOT / file).read_text(encoding="utf-8")
        named = [word for word in text.split("`") if word.startswith(("functions/", "shared/"))]
        assert named
        assert [word for word in named if not (ROOT / word).exists()] == []


class TestTheLocks:
    @pytest.mark.parametrize("lock", ["infra/dev.lock", "infra/image/requirements.lock"])
    def test_name_no_registry_and_no_place(self, lock: str) -> None:
        text = (ROOT / lock).read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert [each for each in ("://", "--index", "--find-links", "file:") if each in text] == []
