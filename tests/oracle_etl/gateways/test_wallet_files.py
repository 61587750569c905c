"""A wallet's zip is unpacked without trusting it."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_etl.gateways.wallet_files import unpack_wallet
from oracle_etl.model.errors import SourceMisconfigured

FILES = {"tnsnames.ora": b"db = (...)", "ewallet.pem": b"-----BEGIN", "sqlnet.ora": b""}


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return content.getvalue()


def wallet(**others: bytes) -> bytes:
    return zipped(*FILES.items(), *others.items())


def unpacked(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


class TestAWallet:
    def test_gives_the_files_that_the_driver_reads(self, tmp_path: Path) -> None:
        folder = unpack_wallet(wallet(README=b"...", truststore=b"jks"), beneath=tmp_path)
        assert unpacked(folder) == FILES

    def test_is_readable_by_its_owner_alone(self, tmp_path: Path) -> None:
        folder = unpack_wallet(wallet(), beneath=tmp_path)
        assert folder.parent == tmp_path
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()} == {0o600}

    def test_may_lie_in_a_folder_within_its_zip(self, tmp_path: Path) -> None:
        content = zipped(*((f"Wallet_DB/{name}", data) for name, data in FILES.items()))
        assert unpacked(unpack_wallet(content, beneath=tmp_path)) == FILES

    def test_can_be_unpacked_twice_side_by_side(self, tmp_path: Path) -> None:
        folders = {unpack_wallet(wallet(), beneath=tmp_path) for _ in range(2)}
        assert len(folders) == 2


def link() -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo("ewallet.pem")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


class TestAZipThatIsNoWallet:
    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "cannot be read"),
            (b"PK\x03\x04 and no more", "cannot be read"),
            (zipped(("README", b"")), "no tnsnames.ora"),
            (zipped(("../tnsnames.ora", b"")), "leads elsewhere"),
            (zipped(("/etc/tnsnames.ora", b"")), "leads elsewhere"),
            (zipped(("a/../../tnsnames.ora", b"")), "leads elsewhere"),
            (zipped(("tnsnames.ora", b""), (link(), b"/etc/passwd")), "link"),
            (zipped(*FILES.items(), ("x/tnsnames.ora", b"")), "twice"),
            (zipped(("tnsnames.ora", bytes(1024 * 1024 + 1))), "too large"),
            (zipped(*((f"f{number}", b"") for number in range(101))), "too many"),
            (bytes(1024 * 1024 + 1), "too large"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_is_refused_and_leaves_nothing(
        self, tmp_path: Path, content: bytes, reason: str
    ) -> None:
        with pytest.raises(SourceMisconfigured, match=reason) as refused:
            unpack_wallet(content, beneath=tmp_path)
        assert refused.value.hint
        assert list(tmp_path.iterdir()) == []

    @given(position=st.integers(0, len(wallet()) - 1), byte=st.integers(0, 255))
    def test_damaged_anywhere_gives_the_right_files_or_none(
        self, tmp_path_factory: pytest.TempPathFactory, position: int, byte: int
    ) -> None:
        content = bytearray(wallet())
        content[position] = byte
        beneath = tmp_path_factory.mktemp("damaged")
        try:
            found = unpacked(unpack_wallet(bytes(content), beneath=beneath))
        except SourceMisconfigured:
            assert list(beneath.iterdir()) == []
        else:
            assert all(FILES[name] == data for name, data in found.items())
