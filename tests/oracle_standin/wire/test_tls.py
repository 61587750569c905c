from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import oracledb
import pytest

from oracle_standin.server import Server, ServerOptions, running
from oracle_standin.tls import Authority, Wallet
from scripted_oracle import PASSWORD, USER, ScriptedDatabase


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    folder = tmp_path / "authority"
    folder.mkdir()
    return Authority.founded(folder)


@pytest.fixture
def wallet(authority: Authority, tmp_path: Path) -> Wallet:
    folder = tmp_path / "wallet"
    folder.mkdir()
    return authority.wallet(folder, password="open sesame")


@pytest.fixture
def mutual(authority: Authority) -> Iterator[Server]:
    context = authority.server_context(client_certificates=ssl.CERT_REQUIRED)
    with running(ScriptedDatabase(), ServerOptions(tls=context)) as started:
        yield started


def connect(server: Server, **more: object) -> oracledb.Connection:
    return oracledb.connect(user=USER, password=PASSWORD, dsn=server.dsn, **more)


def answers(connection: oracledb.Connection) -> bool:
    with connection:
        text = "x" * 30_000
        row = connection.cursor().execute("SELECT :1 FROM DUAL", [text]).fetchone()
        return bool(row == (text,))


class TestTls:
    def test_of_one_side_needs_the_authority_alone(self, authority: Authority) -> None:
        context = authority.server_context(client_certificates=ssl.CERT_NONE)
        trusting = ssl.create_default_context(cafile=str(authority.certificate_file))
        with running(ScriptedDatabase(), ServerOptions(tls=context)) as server:
            assert server.dsn.startswith("tcps://")
            assert answers(connect(server, ssl_context=trusting, ssl_server_dn_match=False))

    def test_is_not_trusted_without_the_authority(self, authority: Authority) -> None:
        context = authority.server_context(client_certificates=ssl.CERT_NONE)
        with (
            running(ScriptedDatabase(), ServerOptions(tls=context)) as server,
            pytest.raises(oracledb.Error, match="CERTIFICATE_VERIFY_FAILED"),
        ):
            connect(server)

    def test_breaks_off_calls_too(self, authority: Authority) -> None:
        context = authority.server_context(client_certificates=ssl.CERT_NONE)
        trusting = ssl.create_default_context(cafile=str(authority.certificate_file))
        with running(ScriptedDatabase(), ServerOptions(tls=context)) as server:
            connected = connect(server, ssl_context=trusting, ssl_server_dn_match=False)
            connected.call_timeout = 300
            with pytest.raises(oracledb.DatabaseError, match="DPY-4024"):
                connected.cursor().execute("WAIT")
            connected.call_timeout = 0
            assert answers(connected)


class TestMutualTls:
    def test_works_with_the_wallet_and_its_password(self, mutual: Server, wallet: Wallet) -> None:
        connected = connect(
            mutual,
            wallet_location=str(wallet.folder),
            wallet_password=wallet.password,
            ssl_server_dn_match=False,
        )
        assert answers(connected)

    def test_matches_the_servers_name(self, mutual: Server, wallet: Wallet) -> None:
        connected = connect(
            mutual,
            wallet_location=str(wallet.folder),
            wallet_password=wallet.password,
            ssl_server_cert_dn="CN=localhost",
        )
        assert answers(connected)

    def test_fails_with_a_wrong_wallet_password(self, mutual: Server, wallet: Wallet) -> None:
        with pytest.raises(oracledb.Error):
            connect(mutual, wallet_location=str(wallet.folder), wallet_password="open barley")

    def test_fails_without_a_wallet(self, mutual: Server, authority: Authority) -> None:
        trusting = ssl.create_default_context(cafile=str(authority.certificate_file))
        with pytest.raises(oracledb.Error):
            connect(mutual, ssl_context=trusting, ssl_server_dn_match=False)

    def test_fails_with_the_wallet_of_another_authority(
        self, mutual: Server, tmp_path: Path
    ) -> None:
        stranger = Authority.founded(tmp_path).wallet(tmp_path, password="x")
        with pytest.raises(oracledb.Error):
            connect(mutual, wallet_location=str(stranger.folder), wallet_password="x")

    def test_keeps_its_secrets_to_its_owner(self, wallet: Wallet) -> None:
        file = wallet.folder / "ewallet.pem"
        assert file.stat().st_mode & 0o077 == 0
        assert b"ENCRYPTED" in file.read_bytes()
        assert "sesame" not in repr(wallet)
