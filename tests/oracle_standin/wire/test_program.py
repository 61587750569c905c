from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import oracledb
import pytest

LINE = re.compile(r"user (\S+), password (\S+), dsn (\S+)\n")


@contextmanager
def program(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """Run the stand-in as its own process; give it and how to connect."""
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-m", "oracle_standin", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        found = LINE.fullmatch(process.stdout.readline())
        assert found is not None
        yield process, dict(zip(("user", "password", "dsn"), found.groups(), strict=True))
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        process.stdout.close()
        process.stderr.close()


class TestTheProgram:
    def test_prints_one_line_to_connect_with(self) -> None:
        with program("--schema", "empty") as (_, account):
            assert account["user"] == "scott"
            assert re.fullmatch(r"127\.0\.0\.1:\d+/FREEPDB1", account["dsn"])
            with oracledb.connect(**account) as connected:
                cursor = connected.cursor()
                cursor.execute("CREATE TABLE T (A NUMBER)")
                cursor.execute("INSERT INTO T VALUES (:1)", [7])
                connected.commit()
                assert cursor.execute("SELECT A FROM T").fetchall() == [(7,)]

    def test_says_what_to_do_where_its_port_is_taken(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            refused = subprocess.run(  # noqa: S603 - our own interpreter and program
                [sys.executable, "-m", "oracle_standin", "--schema", "empty", "--port", port],
                capture_output=True,
                text=True,
                check=False,
            )
        assert refused.returncode == 2
        assert f"cannot listen on 127.0.0.1, port {port}: Address already in use" in refused.stderr
        assert "take another port with --port" in refused.stderr
        assert "Traceback" not in refused.stderr

    def test_says_that_it_is_a_stand_in(self) -> None:
        with program("--schema", "empty") as (process, _):
            assert process.stderr is not None
            assert "stand-in for development" in process.stderr.readline()

    def test_holds_the_sample_schema(self) -> None:
        with (
            program("--schema", "sample") as (_, account),
            oracledb.connect(**account) as connected,
        ):
            cursor = connected.cursor()
            names = {name for (name,) in cursor.execute("SELECT table_name FROM user_tables")}
            assert names >= {"EMPLOYEES", "ORDERS", "VBRP", "EVENTS"}

    @pytest.mark.parametrize(("profile", "release"), [("19c", "19."), ("23ai", "23.")])
    def test_is_the_release_asked_for(self, profile: str, release: str) -> None:
        with (
            program("--schema", "empty", "--profile", profile) as (_, account),
            oracledb.connect(**account) as connected,
        ):
            assert connected.version.startswith(release)

    def test_takes_faults_from_a_file_another_process_writes(self, tmp_path: Path) -> None:
        file = tmp_path / "faults.json"
        arguments = ("--schema", "empty", "--faults", str(file))
        with program(*arguments) as (_, account), oracledb.connect(**account) as connected:
            connected.ping()
            file.write_text(json.dumps([{"action": "error", "code": 1555, "times": None}]))
            deadline = time.monotonic() + 5
            with pytest.raises(oracledb.DatabaseError, match="ORA-01555"):
                while_time_is_left(connected, deadline)

    def test_speaks_mutual_tls_with_a_wallet(self, tmp_path: Path) -> None:
        arguments = ("--schema", "empty", "--wallet", str(tmp_path))
        with program(*arguments) as (_, account):
            assert account["dsn"].startswith("tcps://")
            with oracledb.connect(
                **account,
                wallet_location=str(tmp_path),
                wallet_password="stand-in",
                ssl_server_dn_match=False,
            ) as connected:
                connected.ping()


def while_time_is_left(connected: oracledb.Connection, deadline: float) -> None:
    """Run a statement again and again until it fails, or time is up."""
    while time.monotonic() < deadline:
        connected.cursor().execute("SELECT 1 FROM DUAL")
