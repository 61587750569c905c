"""What real Oracle databases answered, as others published it: vectors none of our code made.

`vectors/*.txt` has a section for each behaviour that docs/oracle-assumptions.md names: `## name`,
under it `# address` where the answers stand, under that one vector to a line. A vector is a script
with a database of its own, parted by `;;`, and behind `=>` what its last step answers: rows as in
`sql_cases`, `done`, or the beginning of an error. Steps beside SQL:

    RELEASE 11, CHARSET name       the database is one of these (first step alone)
    READER: statement              another user runs it
    FAILS: statement               its error is not the last
    SCN                            remember the SCN; `{scn}` stands for it afterwards
    FORGET UNDO                    throw the undo away
    OPEN: query, FETCH             open a cursor, read it to its end
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from seerdb.common._tzregions import TZ_REGIONS

from oracle_standin.port import OracleError
from oracle_standin.values.regions import ORACLES
from oracle_standin.values.text import AL32UTF8, CHARACTER_SETS
from standin_sql import Asking, asked, asking, database, fetched, staffed

FOLDER = Path(__file__).parent.parent / "vectors"
OTHER = "READER"
DEADLINE = 30


def vectors() -> Iterator[tuple[str, str, str]]:
    for file in sorted(FOLDER.glob("*.txt")):
        section = ""
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if line.startswith("## "):
                section = line[3:]
            elif " => " in line and not line.startswith("#"):
                script, _, answer = line.rpartition(" => ")
                yield f"{section}:{file.stem}:{number}", script, answer


class Script:
    """A script, and what its steps leave to the next."""

    def __init__(self, script: str) -> None:
        self.steps = script.split(" ;; ")
        release, charset = 23, AL32UTF8
        if self.steps[0].startswith("RELEASE "):
            release = int(self.steps.pop(0).split()[1])
        elif self.steps[0].startswith("CHARSET "):
            charset = CHARACTER_SETS[self.steps.pop(0).split()[1]]
        self.made = staffed(release, charset)
        self.here = asking(self.made)
        self.scn = 0
        self.cursor: Any = None

    def answer(self) -> str:
        """Run the script and return what its last step answers."""
        *before, last = self.steps
        for step in before:
            self.run(step)
        try:
            return self.run(last)
        except OracleError as error:
            return str(error)

    def run(self, step: str) -> str:
        word, _, rest = step.partition(": ")
        if step == "SCN":
            self.scn = self.made.history.current
        elif step == "FORGET UNDO":
            self.made.forget_undo()
        elif step == "FETCH":
            fetched(self.cursor, 100)
        elif word == "OPEN":
            self.cursor = self.here.opened(rest)
        elif word == "FAILS":
            assert self.here.error(rest).startswith("ORA-")
        elif word == OTHER:
            return asked(asking(self.made, OTHER), rest.replace("{scn}", str(self.scn)))
        else:
            return asked(self.here, step.replace("{scn}", str(self.scn)))
        return ""


class TestAVector:
    @pytest.mark.parametrize(
        ("script", "answer"), [pytest.param(s, a, id=name) for name, s, a in vectors()]
    )
    def test_is_what_the_stand_in_answers(self, script: str, answer: str) -> None:
        found = Script(script).answer()
        assert found.startswith(answer) if answer.startswith("ORA-") else found == answer


class TestATimeZoneRegion:
    """seerdb's table was generated from the view V$TIMEZONE_NAMES of a real database."""

    @pytest.mark.parametrize("region", sorted(ORACLES))
    def test_has_the_number_that_a_real_database_gave_it(self, region: str) -> None:
        assert TZ_REGIONS[ORACLES[region]] == region


def meanwhile(act: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=act)
    thread.start()
    return thread


class TestTwoSessions:
    """What raajeshwaran.blogspot.com, merovingio.it and oracledaybyday.com show of two at once."""

    @pytest.fixture
    def sessions(self) -> Sequence[Asking]:
        made = database()
        here = asking(made)
        here.run("CREATE TABLE t (x NUMBER, y NUMBER)")
        here.run("INSERT INTO t VALUES (1, 0)")
        here.commit()
        return here, asking(made)

    def test_the_one_that_waited_starts_its_update_again(self, sessions: Sequence[Asking]) -> None:
        first, second = sessions
        first.run("INSERT INTO t VALUES (2, 0)")
        assert first.run("UPDATE t SET y = 1") == 2
        assert second.rows("SELECT * FROM t") == [(1, 0)]
        touched: list[int] = []

        def update() -> None:
            touched.append(second.run("UPDATE t SET y = y + 1 WHERE x > 0 AND y IS NOT NULL"))

        waiting = meanwhile(update)
        waiting.join(0.2)
        assert waiting.is_alive()
        first.commit()
        waiting.join(DEADLINE)
        assert touched == [2]
        assert second.rows("SELECT * FROM t") == [(1, 2), (2, 2)]

    def test_that_wait_for_each_other_are_a_deadlock(self, sessions: Sequence[Asking]) -> None:
        first, second = sessions
        first.run("CREATE TABLE pluto (name VARCHAR2(20))")
        first.run("INSERT INTO pluto VALUES ('x')")
        first.commit()
        first.run("UPDATE t SET y = y + 100")
        second.run("UPDATE pluto SET name = 'merovingio'")
        errors: list[str] = []

        def update() -> None:
            errors.append(first.error("UPDATE pluto SET name = 'merovingio.it'"))
            first.rollback()

        waiting = meanwhile(update)
        errors.append(second.error("UPDATE t SET y = y + 100"))
        second.rollback()
        waiting.join(DEADLINE)
        errors.remove("no error")
        [error] = errors
        assert error.startswith("ORA-00060: deadlock detected while waiting for resource")

    def test_that_may_not_wait_find_a_row_busy(self, sessions: Sequence[Asking]) -> None:
        first, second = sessions
        first.run("UPDATE t SET y = 1")
        assert second.error("SELECT * FROM t FOR UPDATE NOWAIT").startswith(
            "ORA-00054: resource busy and acquire with NOWAIT specified or timeout expired"
        )


class TestAPolicy:
    """algebracomp.ru: the policy limits SCOTT in SCOTT's own table; SYS sees every row."""

    def test_limits_the_owner_of_the_table_too(self) -> None:
        made = staffed()
        made.add_policy("HR", "EMP", name="EPOLICY", condition="ename = 'SCOTT'")
        assert asking(made).rows("SELECT ename FROM emp") == [("SCOTT",)]
        assert asking(made, "SYS").rows("SELECT COUNT(*) FROM hr.emp") == [(5,)]
