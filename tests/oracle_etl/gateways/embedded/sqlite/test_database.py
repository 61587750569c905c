from __future__ import annotations

import fcntl
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from builders import a_transport, later
from fakes.python_process import python_process
from oracle_etl.gateways.embedded.sqlite import Database, SqliteJobBook
from oracle_etl.gateways.embedded.sqlite.errors import MEANING, named_errors
from oracle_etl.gateways.embedded.sqlite.schema import MIGRATIONS
from oracle_etl.model.errors import BookAway, NoSuchTransport, QueueAway
from oracle_etl.ports import Entries, PageRequest

EDIT_OFTEN = """
from pathlib import Path
from builders import later
from oracle_etl.gateways.embedded.sqlite import Database, SqliteJobBook

book = SqliteJobBook(Database(Path(sys.argv[1])))
print("ready", flush=True)
sys.stdin.readline()

def edit(entries):
    transport = entries.transport("TRPID-00000001")
    entries.put_transport(transport.edited(later(1)))

for _ in range(25):
    book.transact(edit)
"""

OPEN_AT_ONCE = """
from pathlib import Path
from builders import a_transport
from oracle_etl.gateways.embedded.sqlite import Database, SqliteJobBook

print("ready", flush=True)
sys.stdin.readline()
book = SqliteJobBook(Database(Path(sys.argv[1])))
book.transact(lambda entries: entries.put_transport(a_transport(sys.argv[2])))
"""

EDIT_ON_BOTH_SIDES_OF_A_FORK = """
import os, threading
from pathlib import Path
from builders import a_transport, later
from oracle_etl.gateways.embedded.sqlite import Database, SqliteJobBook

book = SqliteJobBook(Database(Path(sys.argv[1])))
book.transact(lambda entries: entries.put_transport(a_transport()))

def edit(entries):
    transport = entries.transport("TRPID-00000001")
    entries.put_transport(transport.edited(later(1)))

def edit_often():
    for _ in range(50):
        book.transact(edit)

other = threading.Thread(target=edit_often)
other.start()
child = os.fork()
edit_often()
if child == 0:
    another = threading.Thread(target=edit_often)
    another.start()
    another.join()
    os._exit(0)
other.join()
assert os.waitpid(child, 0)[1] == 0
print(book.transport("TRPID-00000001").revision, "after 200 edits", flush=True)
"""

WRITE_MORE_THAN_FITS = """
import resource, signal
from pathlib import Path
from builders import a_transport
from oracle_etl.gateways.embedded.sqlite import Database, SqliteJobBook
from oracle_etl.model.errors import BookAway

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
book = SqliteJobBook(Database(Path(sys.argv[1])))
book.transact(lambda entries: entries.put_transport(a_transport("TRPID-00000000")))
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
kept = 0
try:
    while kept < 100:
        one = a_transport(f"TRPID-{kept + 1:08d}", description="x" * 50_000)
        book.transact(lambda entries: entries.put_transport(one))
        kept += 1
except BookAway as error:
    print(kept, error.hint, flush=True)
sys.stdin.readline()
"""

STOP_INSIDE = """
from pathlib import Path
from builders import a_transport
from oracle_etl.gateways.embedded.sqlite import Database, SqliteJobBook

def work(entries):
    entries.put_transport(a_transport("TRPID-00000009"))
    print("inside", flush=True)
    sys.stdin.readline()

SqliteJobBook(Database(Path(sys.argv[1]))).transact(work)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "state.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    database = Database(path, busy_seconds=30)
    yield database
    database.close()


def edit(entries: Entries) -> None:
    transport = entries.transport("TRPID-00000001")
    assert transport is not None
    entries.put_transport(transport.edited(later(1)))


class TestManyProcesses:
    def test_lose_no_update(self, database: Database, path: Path) -> None:
        book = SqliteJobBook(database)
        book.transact(lambda entries: entries.put_transport(a_transport(revision=0)))
        with ExitStack() as running:
            others = [running.enter_context(python_process(EDIT_OFTEN, path)) for _ in range(3)]
            assert [other.line() for other in others] == ["ready"] * 3
            for other in others:
                other.tell("go")
            for _ in range(25):
                book.transact(edit)
            assert [other.ended() for other in others] == [0] * 3
        assert book.transport("TRPID-00000001").revision == 100

    def test_may_open_a_new_file_at_once(self, path: Path) -> None:
        names = [f"TRPID-0000000{number}" for number in range(4)]
        with ExitStack() as running:
            others = [
                running.enter_context(python_process(OPEN_AT_ONCE, path, name)) for name in names
            ]
            assert [other.line() for other in others] == ["ready"] * 4
            for other in others:
                other.tell("go")
            assert [other.ended() for other in others] == [0] * 4
        with closing(Database(path)) as database:
            found = SqliteJobBook(database).transports(PageRequest()).items
        assert sorted(transport.id for transport in found) == names

    def test_see_nothing_of_one_that_was_killed_inside_a_transaction(
        self, database: Database, path: Path
    ) -> None:
        book = SqliteJobBook(database)
        with python_process(STOP_INSIDE, path) as other:
            assert other.line() == "inside"
            other.kill()
        with pytest.raises(NoSuchTransport):
            book.transport("TRPID-00000009")
        book.transact(lambda entries: entries.put_transport(a_transport()))
        assert book.transport("TRPID-00000001") == a_transport()


class TestAFork:
    def test_leaves_parent_and_child_with_connections_of_their_own(self, path: Path) -> None:
        with python_process(EDIT_ON_BOTH_SIDES_OF_A_FORK, path) as program:
            assert program.line() == "201 after 200 edits"
            assert program.ended() == 0

    def test_waits_for_a_transaction_of_another_thread(self, database: Database) -> None:
        book = SqliteJobBook(database)
        book.transact(lambda entries: entries.put_transport(a_transport(revision=0)))
        inside, go_on = threading.Event(), threading.Event()

        def slow(entries: Entries) -> None:
            transport = entries.transport("TRPID-00000001")
            assert transport is not None
            inside.set()
            assert go_on.wait(30)
            entries.put_transport(transport.edited(later(1)))

        writer = threading.Thread(target=book.transact, args=(slow,))
        writer.start()
        assert inside.wait(30)
        # The fork is begun while the transaction is open, and can only end after it.
        threading.Timer(0.05, go_on.set).start()
        with database._quiet():
            assert go_on.is_set()
        writer.join(30)
        assert book.transport("TRPID-00000001").revision == 1


class TestATransaction:
    def test_inside_another_is_a_bug(self, database: Database) -> None:
        book = SqliteJobBook(database)
        with pytest.raises(RuntimeError, match="inside"):
            book.transact(lambda _: book.transact(lambda _: None))
        book.transact(lambda entries: entries.put_transport(a_transport()))
        assert book.transport("TRPID-00000001") == a_transport()

    def test_gives_up_waiting_for_another_program(self, path: Path) -> None:
        with closing(Database(path, busy_seconds=0.05)) as database:
            book = SqliteJobBook(database)
            book.transact(lambda entries: entries.put_transport(a_transport()))
            with closing(sqlite3.connect(path, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                with pytest.raises(BookAway) as caught:
                    book.transact(edit)
                assert "another process" in caught.value.hint
                assert book.transport("TRPID-00000001") == a_transport()
                other.execute("ROLLBACK")
            book.transact(edit)

    def test_gives_up_waiting_for_another_thread(self, path: Path) -> None:
        inside, go_on = threading.Event(), threading.Event()

        def slow(_: Entries) -> None:
            inside.set()
            assert go_on.wait(30)

        with closing(Database(path, busy_seconds=0.05)) as database:
            book = SqliteJobBook(database)
            writer = threading.Thread(target=book.transact, args=(slow,))
            writer.start()
            assert inside.wait(30)
            with pytest.raises(BookAway, match="others wrote"):
                book.transact(lambda _: None)
            go_on.set()
            writer.join(30)
            book.transact(lambda _: None)

    def test_is_on_the_disk_when_it_ends_unless_it_need_not_be(self, database: Database) -> None:
        with database.writing() as connection:
            assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2
        with database.writing(durable=False) as connection:
            assert connection.execute("PRAGMA synchronous").fetchone()[0] == 1


class TestAConnection:
    def test_is_one_threads_alone(self, database: Database) -> None:
        found: list[sqlite3.Connection] = []

        def take() -> None:
            with database.reading() as connection:
                found.append(connection)

        for _ in range(2):
            take()
            thread = threading.Thread(target=take)
            thread.start()
            thread.join()
        mine, first, mine_again, second = found
        assert mine is mine_again
        assert len({id(mine), id(first), id(second)}) == 3

    def test_is_closed_with_its_thread(self, database: Database) -> None:
        found: list[sqlite3.Connection] = []

        def take() -> None:
            with database.reading() as connection:
                found.append(connection)

        thread = threading.Thread(target=take)
        thread.start()
        thread.join()
        with pytest.raises(sqlite3.ProgrammingError):
            found[0].execute("SELECT 1")


class TestTheLog:
    MORE_THAN_SQLITE_WAITS_FOR = 1000 * 4096

    def in_the_file(self, path: Path) -> int:
        """Count the transports that are in the file itself, and not in the log beside it."""
        alone = path.with_name("alone.db")
        alone.write_bytes(path.read_bytes())
        with closing(sqlite3.connect(f"file:{alone}?immutable=1", uri=True)) as connection:
            ((count,),) = connection.execute("SELECT COUNT(*) FROM transports").fetchall()
        return int(count)

    def test_is_folded_into_the_file_by_whoever_has_the_time(
        self, database: Database, path: Path
    ) -> None:
        large = a_transport(description="x" * self.MORE_THAN_SQLITE_WAITS_FOR)
        database.fold_log()
        SqliteJobBook(database).transact(lambda entries: entries.put_transport(large))
        assert self.in_the_file(path) == 0
        database.fold_log()
        assert self.in_the_file(path) == 1

    def test_is_folded_beside_a_writer(self, database: Database, path: Path) -> None:
        SqliteJobBook(database).transact(lambda entries: entries.put_transport(a_transport()))
        other = Database(path)
        with other.writing():
            database.fold_log()
        assert self.in_the_file(path) == 1
        other.close()


class TestTheFile:
    def test_is_opened_by_one_process_at_a_time(self, database: Database, path: Path) -> None:
        path.parent.mkdir()
        opened = threading.Event()

        def take() -> None:
            with database.reading():
                opened.set()

        with Path(f"{path}-opening").open("w") as held_by_another:
            fcntl.flock(held_by_another, fcntl.LOCK_EX)
            thread = threading.Thread(target=take)
            thread.start()
            assert not opened.wait(0.1)
        assert opened.wait(30)
        thread.join()

    def test_is_its_owners_alone(self, database: Database, path: Path) -> None:
        SqliteJobBook(database).transact(lambda _: None)
        for each in path.parent.iterdir():
            assert stat.S_IMODE(each.stat().st_mode) == 0o600, each
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700

    def test_of_a_later_release_is_left_to_it(self, database: Database, path: Path) -> None:
        SqliteJobBook(database).transact(lambda _: None)
        database.close()
        with closing(sqlite3.connect(path)) as other:
            other.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
        with pytest.raises(BookAway) as caught:
            SqliteJobBook(database).transports(PageRequest())
        assert "later one" in caught.value.hint

    def test_that_is_no_database_is_named(self, database: Database, path: Path) -> None:
        path.parent.mkdir()
        path.write_bytes(b"not a database at all" * 500)
        with pytest.raises(BookAway) as caught:
            SqliteJobBook(database).transports(PageRequest())
        assert "restore" in caught.value.hint

    def test_that_cannot_be_made_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with closing(Database(tmp_path / "file" / "state.db")) as database:
            with pytest.raises(BookAway) as caught:
                SqliteJobBook(database).transports(PageRequest())
            assert "data folder" in caught.value.hint

    def test_whose_folder_cannot_be_written_is_named(self, database: Database, path: Path) -> None:
        Path(f"{path}-opening").mkdir(parents=True)
        with pytest.raises(BookAway, match="folder cannot be written") as caught:
            SqliteJobBook(database).transports(PageRequest())
        assert caught.value.hint

    def test_where_no_memory_can_be_shared_is_refused(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class WithoutSharedMemory(sqlite3.Connection):
            """As on network file systems: asked for write-ahead mode, SQLite stays as it was."""

            def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:  # noqa: ANN401 - as sqlite3's
                return super().execute(statement.removesuffix(" = WAL"), *values)

        connect = partial(sqlite3.connect, factory=WithoutSharedMemory)
        monkeypatch.setattr("sqlite3.connect", connect)
        with pytest.raises(BookAway) as caught:
            SqliteJobBook(database).transports(PageRequest())
        assert "local disk" in caught.value.hint

    def test_keeps_what_it_has_when_a_migration_fails(
        self, database: Database, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        book = SqliteJobBook(database)
        book.transact(lambda entries: entries.put_transport(a_transport()))
        database.close()
        failing = (*MIGRATIONS, ("DELETE FROM transports", "SELECT nonsense"))
        with monkeypatch.context() as patched:
            patched.setattr("oracle_etl.gateways.embedded.sqlite.schema.MIGRATIONS", failing)
            with pytest.raises(BookAway, match="nonsense"):
                book.transport("TRPID-00000001")
        assert book.transport("TRPID-00000001") == a_transport()
        assert path.exists()

    def test_is_taken_over_from_an_earlier_release(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        book = SqliteJobBook(database)
        book.transact(lambda entries: entries.put_transport(a_transport()))
        database.close()
        longer = (*MIGRATIONS, ("ALTER TABLE transports ADD COLUMN colour TEXT",))
        monkeypatch.setattr("oracle_etl.gateways.embedded.sqlite.schema.MIGRATIONS", longer)
        assert book.transport("TRPID-00000001") == a_transport()
        with database.reading() as connection:
            assert connection.execute("SELECT colour FROM transports").fetchall()


class TestADiskThatIsFull:
    def test_keeps_what_was_written_whole_and_says_what_to_do(
        self, database: Database, path: Path
    ) -> None:
        with python_process(WRITE_MORE_THAN_FITS, path) as other:
            kept, _, hint = other.line().partition(" ")
            assert "disk" in hint
            other.kill()
        book = SqliteJobBook(database)
        found = [each.id for each in book.transports(PageRequest(size=200)).items]
        assert len(found) == int(kept) + 1 > 5
        book.transact(lambda entries: entries.put_transport(a_transport("TRPID-99999999")))
        assert book.transport("TRPID-99999999") == a_transport("TRPID-99999999")


class TestErrorsOfSqlite:
    def test_are_all_in_the_table(self) -> None:
        vendors = {
            each
            for each in vars(sqlite3).values()
            if isinstance(each, type) and issubclass(each, (sqlite3.Error, sqlite3.Warning))
        }
        assert vendors == set(MEANING)

    @pytest.mark.parametrize("kind", [kind for kind in MEANING if MEANING[kind] == "away"])
    def test_that_may_pass_become_ours_with_a_hint(self, kind: type[Exception]) -> None:
        with pytest.raises(QueueAway) as caught, named_errors(QueueAway):
            raise kind("no")
        assert caught.value.hint

    @pytest.mark.parametrize("kind", [kind for kind in MEANING if MEANING[kind] == "bug"])
    def test_that_are_bugs_pass_as_they_are(self, kind: type[Exception]) -> None:
        with pytest.raises(kind), named_errors(QueueAway):
            raise kind("no")
