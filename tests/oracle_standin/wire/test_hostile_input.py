"""Whatever bytes arrive, reading ends in one of the errors that cut a connection off."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import closing, suppress

import oracledb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle_standin.port import OracleError
from oracle_standin.server import Server
from oracle_standin.wire.binds import read_bind_rows, read_bind_types
from oracle_standin.wire.breaks import Lookout
from oracle_standin.wire.calls import read_execute, read_re_execute
from oracle_standin.wire.codes import Call
from oracle_standin.wire.connect import ConnectRequest
from oracle_standin.wire.lob_calls import read_freed_locators, read_lob_call
from oracle_standin.wire.lobs import LobStore
from oracle_standin.wire.login import Handshake
from oracle_standin.wire.packets import Channel, ConnectionGone, ProtocolBroken
from oracle_standin.wire.piggybacks import (
    read_closed_cursors,
    read_end_to_end,
    read_key_values,
    read_schema,
    skip_security_context,
)
from oracle_standin.wire.placeholders import placeholders
from oracle_standin.wire.primitives import Incoming
from oracle_standin.wire.profiles import PROFILES
from oracle_standin.wire.rows import Repeats
from oracle_standin.wire.session import Conversation, Session
from oracle_standin.wire.statements import StatementWatch
from scripted_oracle import PASSWORD, USER, ScriptedDatabase

FINE = (ConnectionGone, ProtocolBroken, OracleError)


def incoming(data: bytes) -> Incoming:
    pieces = [data]

    def more() -> bytes:
        if not pieces:
            raise ConnectionGone
        return pieces.pop()

    return Incoming(more)


def binds(source: Incoming) -> object:
    types = read_bind_types(source, 3, field_version=12)
    return read_bind_rows(source, types, rows=2, lobs=LobStore(), long_last=True)


def login(source: Incoming) -> object:
    return Handshake(
        incoming=source,
        profile=PROFILES["23ai"],
        reply=lambda _data, _end: None,
        password_of=lambda _user: None,
    ).run()


READERS: list[Callable[[Incoming], object]] = [
    lambda source: read_execute(source, field_version=12),
    read_re_execute,
    read_lob_call,
    read_freed_locators,
    read_closed_cursors,
    read_end_to_end,
    read_key_values,
    read_schema,
    skip_security_context,
    binds,
    login,
]


class TestReading:
    @pytest.mark.parametrize("read", READERS)
    @given(st.binary(max_size=200))
    def test_of_any_bytes_ends_well_or_in_a_known_error(
        self, read: Callable[[Incoming], object], data: bytes
    ) -> None:
        with suppress(*FINE):
            read(incoming(data))

    @given(st.text(max_size=80))
    def test_of_any_statement_finds_placeholders(self, statement: str) -> None:
        found = placeholders(statement)
        assert found.returned() >= 0

    @pytest.mark.parametrize(
        ("statement", "names", "returned"),
        [
            ("select :a, :A, :b from dual", ("A", "A", "B"), 0),
            ("begin :a := :A; end;", ("A",), 0),
            ('select :"a", :1, :2 from dual', ("a", "1", "2"), 0),
            ("select ':no', q'[:no]', \":no\", : b -- :no\n from dual", ("B",), 0),
            ("select nq'{it's :no}', 'it''s :no', :yes from dual", ("YES",), 0),
            ("select json_object('k' : :v, 'a':1) from dual", ("V",), 0),
            ("insert into t values (:a) returning x, y into :x, :y", ("A", "X", "Y"), 2),
            ("insert into t select :into from returning", ("INTO",), 0),
            ("create trigger t begin :new.x := 1; end;", (), 0),
            ("select /* :no */ 1 from t where a = :é_$#1", ("É_$#1",), 0),
        ],
    )
    def test_of_a_statement_finds_what_the_driver_finds(
        self, statement: str, names: tuple[str, ...], returned: int
    ) -> None:
        found = placeholders(statement)
        assert (found.names, found.returned()) == (names, returned)

    def test_of_placeholders_agrees_with_the_driver(self, connection: oracledb.Connection) -> None:
        for statement in (
            "select :a, ':b', q'(:c)', :\"D d\" -- :e\n from dual",
            "begin :x := :y + :x; end;",
            "update t set a = :p, b = ':q' where c = :r returning a into :s",
        ):
            cursor = connection.cursor()
            cursor.prepare(statement)
            assert list(dict.fromkeys(placeholders(statement).names)) == cursor.bindnames()


class TestAPiggyback:
    def test_of_a_context_names_its_entries(self) -> None:
        source = incoming(
            b"\x01\x01\x02\x01\x01\x02\x01\x21\x00"
            b"\x02NS"
            b"\x01\x01\x01K\x01\x01\x01V\x00"
            b"\x01\x02\x02K2\x00\x00"
        )
        assert read_key_values(source) == {"NS.K": "V", "NS.K2": ""}

    def test_of_an_end_users_token_is_read_past(self) -> None:
        source = incoming(b"\x01\x01\x01\x01\x01\x00\x01\x01\x01K\x00\x01\x02\x02VV\x07")
        skip_security_context(source)
        assert source.byte() == 7

    def test_of_end_to_end_attributes_tells_empty_from_cleared(self) -> None:
        flags = b"\x01\x19"
        lengths = b"\x01\x00" + b"\x01\x00" + b"\x01\x01\x01" + b"\x00\x00" * 6
        source = incoming(b"\x00\x00" + flags + lengths + b"\x00" + b"\x01A" + b"\x03")
        changed = read_end_to_end(source)
        assert changed == {"client_identifier": None, "module": None, "action": "A"}
        assert source.byte() == 3


class TestALoggedInClient:
    @settings(max_examples=60, deadline=None)
    @given(st.sampled_from([3, 17, 26]), st.sampled_from(list(Call)), st.binary(max_size=100))
    def test_that_sends_noise_ends_in_a_known_error(
        self, message: int, call: Call, noise: bytes
    ) -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs, closing(Lookout()) as lookout:
            body = b"\x00\x00" + bytes((message, call, 1)) + noise
            theirs.sendall((len(body) + 8).to_bytes(4, "big") + b"\x06\x00\x00\x00" + body)
            theirs.shutdown(socket.SHUT_WR)
            channel = Channel(ours)
            channel.long_lengths = True
            session = Session(
                channel=channel,
                request=ConnectRequest(version=319, sdu=8192, descriptor=""),
                profile=PROFILES["19c"],
                database=ScriptedDatabase(),
                number=1,
                lookout=lookout,
                watch=StatementWatch(),
                repeats=Repeats.LEFT_OUT,
            )
            opened = session.database.open_session(user="X", session_id=1, attributes={})
            with suppress(ConnectionGone, ProtocolBroken):
                Conversation(session, opened).run()

    def test_that_sets_a_schema_nobody_has_hears_of_it_in_its_next_call(
        self, server: Server, database: ScriptedDatabase
    ) -> None:
        with oracledb.connect(user=USER, password=PASSWORD, dsn=server.dsn) as connected:
            database.sessions[-1].schemas = {"HR"}
            connected.current_schema = "NOBODY"
            with pytest.raises(oracledb.DatabaseError, match="ORA-01435"):
                connected.cursor().execute("SELECT :1 FROM DUAL", [1])
            connected.current_schema = "HR"
            assert connected.cursor().execute("SELECT :1 FROM DUAL", [1]).fetchone() == (1,)

    def test_that_meets_a_bug_of_the_database_is_told_so(
        self, server: Server, database: ScriptedDatabase, caplog: pytest.LogCaptureFixture
    ) -> None:
        def stumble(_: object) -> None:
            raise KeyError("lost")

        database.answers["STUMBLE"] = stumble  # type: ignore[assignment]
        with oracledb.connect(user=USER, password=PASSWORD, dsn=server.dsn) as connected:
            with pytest.raises(oracledb.DatabaseError, match="ORA-00600"):
                connected.cursor().execute("STUMBLE")
            assert "the stand-in itself failed" in caplog.text
