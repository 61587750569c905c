from __future__ import annotations

import os
from pathlib import Path

import pytest

from fakes.python_process import python_process
from objects_in_a_folder import files
from oracle_etl.gateways.embedded.folder import FolderObjectStore
from oracle_etl.gateways.embedded.folder.errors import MEANING, named_errors
from oracle_etl.model.errors import StoreAway, StoreRefused

WRITE_MORE_THAN_FITS = """
import resource, signal
from pathlib import Path
from oracle_etl.gateways.embedded.folder import FolderObjectStore
from oracle_etl.model.errors import StoreRefused

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2_500_000, 2_500_000))
store = FolderObjectStore(Path(sys.argv[1]))
try:
    with store.create("lake", "too-large", content_type="x") as target:
        for _ in range(5):
            target.write(b"x" * 1_000_000)
except StoreRefused as error:
    print(error.hint, flush=True)
print(list(store.names("lake", "")), flush=True)
"""


class TestADiskThatRefuses:
    def test_more_bytes_leaves_nothing(self, root: Path) -> None:
        with python_process(WRITE_MORE_THAN_FITS, root) as writer:
            assert "files of this size" in writer.line()
            assert writer.line() == "[]"
            assert writer.ended() == 0
        assert files(root) == []

    def test_a_root_is_named_by_verify(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(StoreRefused) as caught:
            FolderObjectStore(tmp_path / "file" / "objects").verify("lake")
        assert caught.value.hint

    @pytest.mark.parametrize("number", MEANING)
    def test_is_named_with_what_to_do(self, number: int) -> None:
        kind, hint = MEANING[number]
        with pytest.raises(kind, match="the subject") as caught, named_errors("the subject"):
            raise OSError(number, os.strerror(number))
        assert caught.value.hint == hint

    def test_for_an_unknown_reason_is_tried_again(self) -> None:
        with pytest.raises(StoreAway) as caught, named_errors("x"):
            raise OSError("odd")
        assert caught.value.hint

    def test_for_a_while_is_refused_by_verify(
        self, store: FolderObjectStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr("os.fsync", full)
            with pytest.raises(StoreRefused) as caught:
                store.verify("lake")
        assert "make room" in caught.value.hint
        store.verify("lake")
