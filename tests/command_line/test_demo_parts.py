from __future__ import annotations

from pathlib import Path

import pytest

from command_line.demo import Account, account_in, own_folder, url_in
from command_line.exits import BadUsage


class TestTheFolderOfADemo:
    def test_is_empty_for_each_run(self, tmp_path: Path) -> None:
        for _ in range(2):
            with own_folder(tmp_path / "data" / "demo") as folder:
                assert list(folder.iterdir()) == []
                (folder / "objects").mkdir()

    def test_is_kept_after_the_run(self, tmp_path: Path) -> None:
        with own_folder(tmp_path / "demo") as folder:
            (folder / "state.db").write_text("kept")
        assert (folder / "state.db").read_text() == "kept"

    def test_that_cannot_be_made_is_refused_with_what_to_do(self, tmp_path: Path) -> None:
        (tmp_path / "data").touch()
        with pytest.raises(BadUsage, match="cannot be made anew") as raised:
            own_folder(tmp_path / "data" / "demo").__enter__()
        assert "may write" in raised.value.hint

    def test_belongs_to_one_demo_at_a_time(self, tmp_path: Path) -> None:
        with own_folder(tmp_path / "demo") as folder:
            (folder / "state.db").write_text("in use")
            with pytest.raises(BadUsage, match="another demo"), own_folder(tmp_path / "demo"):
                pass
            assert (folder / "state.db").exists()


class TestWhatTheProcessesSay:
    def test_of_the_stand_in_is_how_to_log_in(self) -> None:
        line = "user scott, password tiger, dsn 127.0.0.1:1521/FREEPDB1\n"
        assert account_in(line) == Account(
            user="scott", password="tiger", dsn="127.0.0.1:1521/FREEPDB1"
        )

    def test_of_the_service_is_where_it_listens(self) -> None:
        line = '{"v": 1, "event": "listening", "data": {"url": "http://127.0.0.1:1"}}\n'
        assert url_in(line) == "http://127.0.0.1:1"

    @pytest.mark.parametrize("line", ['{"message": "Starting"}\n', "not JSON\n", "[]\n"])
    def test_of_other_things_is_passed_over(self, line: str) -> None:
        assert url_in(line) is None
        assert account_in(line) is None
