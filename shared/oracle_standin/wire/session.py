"""One client's session: from its first packet to its last."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from oracle_standin.port import (
    Bind,
    Database,
    DatabaseSession,
    Interruptible,
    OracleError,
)
from oracle_standin.wire.breaks import BusyCall, Lookout, reset_after
from oracle_standin.wire.calls import read_execute, read_re_execute
from oracle_standin.wire.codes import CALL_TOKENS_SINCE, Call, Message
from oracle_standin.wire.connect import ConnectRequest
from oracle_standin.wire.cursors import Cursor, Cursors
from oracle_standin.wire.endings import NO_TRANSACTION, TRANSACTION_OPEN, Ending, ending_message
from oracle_standin.wire.lob_calls import answer_lob_call, read_freed_locators, read_lob_call
from oracle_standin.wire.lobs import LobStore
from oracle_standin.wire.login import Handshake, Login, status_message, welcome
from oracle_standin.wire.packets import (
    BreakRequested,
    Channel,
    ConnectionGone,
    Interrupted,
    ProtocolBroken,
    Response,
    ResponseEnd,
)
from oracle_standin.wire.piggybacks import (
    read_begin_pipeline,
    read_closed_cursors,
    read_end_to_end,
    read_key_values,
    read_schema,
    skip_security_context,
)
from oracle_standin.wire.primitives import Incoming, integer
from oracle_standin.wire.profiles import Profile
from oracle_standin.wire.rows import Repeats
from oracle_standin.wire.statements import Statements, StatementWatch

log = logging.getLogger(__name__)

CANCELLED = OracleError(1013, "user requested cancel of current operation")
ABORTED = OracleError(43610, "Pipeline, Aborted due to abort on error settings in pipeline mode")
END_MARK = bytes((Message.END_OF_RESPONSE,))


EXPECTED = (BreakRequested, ConnectionGone, Interrupted, ProtocolBroken)


def internal_error(error: Exception) -> OracleError:
    """Return what a client is told when the stand-in has a bug."""
    return OracleError(600, f"internal error code, arguments: [stand-in], [{error!r}]")


@dataclass(slots=True, kw_only=True)
class Session:
    """Serves one accepted connection in the thread that runs it."""

    channel: Channel
    request: ConnectRequest
    profile: Profile
    database: Database
    number: int
    lookout: Lookout
    watch: StatementWatch
    repeats: Repeats
    incoming: Incoming = field(init=False)
    cursors: Cursors = field(default_factory=Cursors)
    lobs: LobStore = field(default_factory=LobStore)
    token: int = 0
    """The number of the call being answered, where it is one of a pipeline."""
    _session: DatabaseSession | None = None

    def __post_init__(self) -> None:
        self.incoming = Incoming(self.channel.receive_payload)

    def serve(self) -> None:
        """Talk to the client until it leaves or is cut off."""
        try:
            self._session = self._log_in()
            if self._session is not None:
                Conversation(self, self._session).run()
        except ConnectionGone:
            log.debug("session %d: the client is gone", self.number)
        except ProtocolBroken as error:
            log.warning("session %d: cut off, it sent %s", self.number, error)
        finally:
            if self._session is not None:
                self._session.close()
            self.channel.cut()

    def respond(self, data: bytes, ending: ResponseEnd = ResponseEnd.MARKED) -> None:
        """Send a whole response."""
        response = self.response(ending)
        response.write(data)
        response.finish()

    def response(self, ending: ResponseEnd = ResponseEnd.MARKED) -> Response:
        """Start a response."""
        marks = self.profile.end_of_response and ending is ResponseEnd.MARKED
        response = Response(self.channel, ending=END_MARK if marks else b"")
        if self.token:
            response.write(bytes((Message.TOKEN,)) + integer(self.token))
        return response

    def failure(self, error: OracleError, *, cursor: int = 0, rows: int = 0) -> bytes:
        """Write the end of a call that failed."""
        return ending_message(
            Ending(error=error, cursor=cursor, rows=rows),
            in_transaction=self._session is not None and self._session.in_transaction(),
            field_version=self.profile.field_version,
        )

    def _log_in(self) -> DatabaseSession | None:
        handshake = Handshake(
            incoming=self.incoming,
            profile=self.profile,
            reply=self.respond,
            password_of=self.database.password_of,
        )
        try:
            login = handshake.run()
            session = self._open(login)
        except OracleError as error:
            self.respond(self.failure(error))
            return None
        service = self.request.service or self.request.sid or ""
        self.respond(welcome(login, self.profile, session_id=self.number, service=service))
        return session

    def _open(self, login: Login) -> DatabaseSession:
        session = self.database.open_session(
            user=login.user,
            session_id=self.number,
            attributes=login.attributes | {"service": self.request.service or ""},
        )
        if login.first_statement is not None:
            session.execute(login.first_statement, [])
        return session


@dataclass(slots=True, kw_only=True)
class Pipeline:
    """Calls that a client sends without waiting for their answers."""

    ends_with_error: bool
    failed: bool = False

    def check(self) -> None:
        """Raise ORA-43610 where an error before has ended the pipeline."""
        if self.failed and self.ends_with_error:
            raise ABORTED


class Conversation:
    """The calls of a logged-in client, one after the other."""

    def __init__(self, session: Session, database_session: DatabaseSession) -> None:
        self._wire = session
        self._database = database_session
        self._incoming = session.incoming
        self._fields = session.profile.field_version
        self._response = session.response()
        self._late: OracleError | None = None
        self._pipeline: Pipeline | None = None
        self._statements = Statements(
            session=database_session,
            lobs=session.lobs,
            field_version=self._fields,
            repeats=session.repeats,
            watch=session.watch,
            write=self._write,
            cursors=session.cursors,
        )
        self._answers: dict[int, Callable[[], None]] = {
            Call.EXECUTE: self._execute,
            Call.RE_EXECUTE: self._re_execute,
            Call.RE_EXECUTE_AND_FETCH: self._re_execute_and_fetch,
            Call.FETCH: self._fetch,
            Call.LOB_OPERATION: self._operate_on_lob,
            Call.COMMIT: lambda: self._simple(self._database.commit),
            Call.ROLLBACK: lambda: self._simple(self._database.rollback),
            Call.PING: lambda: self._simple(lambda: None),
            Call.END_PIPELINE: self._end_pipeline,
        }
        self._piggybacks: dict[int, Callable[[], None]] = {
            Call.CLOSE_CURSORS: self._close_cursors,
            Call.SET_SCHEMA: lambda: self._note({"current_schema": read_schema(self._incoming)}),
            Call.SET_END_TO_END: lambda: self._note(read_end_to_end(self._incoming)),
            Call.SET_KEY_VALUES: lambda: self._note(read_key_values(self._incoming)),
            Call.SESSION_STATE: lambda: self._incoming.skip_integers(1),
            Call.LOB_OPERATION: lambda: session.lobs.free(read_freed_locators(self._incoming)),
            Call.END_USER_SECURITY: lambda: skip_security_context(self._incoming),
            Call.BEGIN_PIPELINE: self._begin_pipeline,
        }

    def run(self) -> None:
        """Answer calls until the client logs off."""
        staying = True
        while staying:
            try:
                staying = self._next()
            except BreakRequested as asked:
                self._incoming.forget()
                reset_after(self._wire.channel, asked.marker, apology=self._apologise)
            except Interrupted:
                # Whoever saw the marker has answered it, or is about to.
                with self._wire.channel.sending:
                    self._wire.channel.interrupted.clear()

    def _next(self) -> bool:
        message = self._incoming.byte()
        call = self._incoming.byte()
        self._incoming.byte()
        self._wire.token = self._incoming.integer() if self._fields >= CALL_TOKENS_SINCE else 0
        if message == Message.PIGGYBACK:
            self._ride_along(call)
            return True
        if message == Message.ONE_WAY_CALL and call == Call.RELEASE_SESSION:
            self._incoming.raw(2)
            self._incoming.integer()
            return True
        if message != Message.CALL:
            raise ProtocolBroken(f"message {message} where a call belongs")
        return self._answer(call)

    def _ride_along(self, call: int) -> None:
        piggyback = self._piggybacks.get(call)
        if piggyback is None:
            raise ProtocolBroken(f"a piggyback {call} that the stand-in does not know")
        try:
            piggyback()
        except OracleError as error:
            self._late = error

    def _answer(self, call: int) -> bool:
        if call == Call.LOGOFF:
            self._wire.respond(status_message(flags=0))
            return False
        self._response = self._wire.response()
        try:
            self._raise_late()
            if self._pipeline is not None and call != Call.END_PIPELINE:
                self._pipeline.check()
            self._answer_to(call)()
        except EXPECTED:
            raise
        except OracleError as error:
            self._incoming.forget()
            self._fail(error)
        except Exception as error:
            log.exception("session %d: the stand-in itself failed", self._wire.number)
            self._incoming.forget()
            self._fail(internal_error(error))
        return True

    def _answer_to(self, call: int) -> Callable[[], None]:
        answer = self._answers.get(call)
        if answer is None:
            raise OracleError(3120, f"two-task conversion routine: call {call} is unknown")
        return answer

    def _raise_late(self) -> None:
        """Raise what went wrong in a piggyback, which has no answer of its own."""
        late, self._late = self._late, None
        if late is not None:
            raise late

    def _begin_pipeline(self) -> None:
        self._pipeline = Pipeline(ends_with_error=read_begin_pipeline(self._incoming))

    def _end_pipeline(self) -> None:
        self._incoming.integer()
        self._pipeline = None
        self._simple(lambda: None)

    def _simple(self, act: Callable[[], None]) -> None:
        with self._busy():
            act()
        self._wire.respond(status_message(flags=self._status_flags()))

    def _execute(self) -> None:
        call = read_execute(self._incoming, field_version=self._fields)
        self._run(
            lambda: self._statements.read_execute_binds(self._incoming, call),
            lambda cursor, rows: self._statements.execute(call, cursor, rows),
            is_new=call.statement is not None and not call.cursor,
        )

    def _re_execute(self) -> None:
        self._execute_again(fetching=False)

    def _re_execute_and_fetch(self) -> None:
        self._execute_again(fetching=True)

    def _execute_again(self, *, fetching: bool) -> None:
        call = read_re_execute(self._incoming)
        count = call.iterations if fetching else 0
        self._run(
            lambda: self._statements.read_re_execute_binds(self._incoming, call, fetching=count),
            lambda cursor, rows: self._statements.re_execute(call, cursor, rows, fetching=count),
        )

    def _fetch(self) -> None:
        number, count = self._incoming.integer(), self._incoming.integer()
        self._run(
            lambda: (self._wire.cursors.find(number), []),
            lambda cursor, _: self._statements.fetch(cursor, count),
        )

    def _run(
        self,
        read: Callable[[], tuple[Cursor, list[list[Bind]]]],
        act: Callable[[Cursor, list[list[Bind]]], Ending],
        *,
        is_new: bool = False,
    ) -> None:
        """Read the rest of a call, do it, and end its response."""
        cursor = None
        try:
            cursor, rows = read()
            with self._busy():
                ending = act(cursor, rows)
        except OracleError as error:
            self._incoming.forget()
            self._fail(error, cursor, is_new=is_new)
            return
        except EXPECTED:
            if is_new and cursor is not None:
                self._wire.cursors.close(cursor.number)
            raise
        self._response.write(self._ending(ending))
        self._response.finish()

    def _fail(
        self, error: OracleError, cursor: Cursor | None = None, *, is_new: bool = False
    ) -> None:
        """Tell an error behind what of the response has been written."""
        if self._pipeline is not None:
            self._pipeline.failed = True
        number = 0 if cursor is None else cursor.number
        if is_new and cursor is not None:
            self._wire.cursors.close(cursor.number)
            number = 0
        sent = 0 if cursor is None else cursor.rows_sent
        self._response.write(self._wire.failure(error, cursor=number, rows=sent))
        self._response.finish()

    def _operate_on_lob(self) -> None:
        answer = answer_lob_call(read_lob_call(self._incoming), self._wire.lobs)
        self._wire.respond(answer + self._ending(Ending()))

    def _write(self, data: bytes) -> None:
        self._response.write(data)

    def _close_cursors(self) -> None:
        for number in read_closed_cursors(self._incoming):
            self._wire.cursors.close(number)

    def _note(self, attributes: dict[str, str | None]) -> None:
        self._database.set_attributes(attributes)

    def _ending(self, ending: Ending) -> bytes:
        return ending_message(
            ending, in_transaction=self._database.in_transaction(), field_version=self._fields
        )

    def _status_flags(self) -> int:
        return TRANSACTION_OPEN if self._database.in_transaction() else NO_TRANSACTION

    def _busy(self) -> contextlib.AbstractContextManager[None]:
        """Let a client's marker interrupt what is done meanwhile; in a pipeline more calls come."""
        if self._pipeline is not None:
            return contextlib.nullcontext()
        return self._wire.lookout.during(
            BusyCall(self._wire.channel, self._apologise, self._interrupt)
        )

    def _interrupt(self) -> None:
        if isinstance(self._database, Interruptible):
            self._database.interrupt()

    def _apologise(self) -> None:
        """Send ORA-01013, past the gate that keeps an interrupted call silent."""
        channel = self._wire.channel
        was_interrupted = channel.interrupted.is_set()
        channel.interrupted.clear()
        self._wire.respond(self._wire.failure(CANCELLED))
        if was_interrupted:
            channel.interrupted.set()
