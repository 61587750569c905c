"""A first contact with every release of the stand-in, with little granted, and with faults."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

import pytest

from first_contact_trials import (
    DIALECTS,
    AlteringSchema,
    Opened,
    a_database,
    opened,
    served,
    tables_left,
    verdict,
    way,
)
from oracle_at_hand import OracleAtHand
from oracle_etl.flow.first_contact import FirstContact, Outcome
from oracle_etl.flow.first_contact.draw_values import drawn_values
from oracle_etl.flow.first_contact.tried_types import (
    ALL_TEXT,
    KOREAN_TEXT,
    PLAIN_TEXT,
    TRIED_TYPES,
    TriedType,
    Value,
    exact,
    text_held_by,
)
from oracle_etl.flow.first_contact.try_types import try_type
from oracle_etl.gateways.oracle import sessions
from oracle_etl.model.errors import SourceAway
from oracle_etl.model.names import TableName
from oracle_standin.engine.database import OracleDatabase
from oracle_standin.faults import Action, FaultBook, Rule
from oracle_standin.values.text import CHARACTER_SETS

LATER = {"JSON": "11.2 19c", "BOOLEAN": "11.2 19c"}
"""Types that some of the releases do not have."""


@pytest.fixture(scope="module")
def oracle() -> Iterator[OracleAtHand]:
    with served("23ai") as (account, _):
        yield account


@pytest.fixture(scope="module")
def trial(oracle: OracleAtHand) -> Iterator[Opened]:
    with opened(oracle) as found:
        yield found


@dataclass(frozen=True, kw_only=True)
class Found:
    """What came of a first contact with a release."""

    dialect: str
    contact: FirstContact
    left: list[str]


@cache
def found_with(dialect: str) -> Found:
    """Make the contact once for all tests that look at it."""
    with served(dialect) as (account, _), opened(account) as trial:
        contact = trial.contact()
        return Found(dialect=dialect, contact=contact, left=tables_left(account))


class TestEveryRelease:
    @pytest.fixture(params=list(DIALECTS))
    def found(self, request: pytest.FixtureRequest) -> Found:
        return found_with(request.param)

    def test_gives_every_value_back_as_it_was_put_in(self, found: Found) -> None:
        assert found.contact.is_well
        outcomes = {each.type: each.outcome for each in found.contact.types}
        expected = {
            each.name: Outcome.SKIPPED
            if found.dialect in LATER.get(each.name, "").split()
            else Outcome.SAME
            for each in TRIED_TYPES
        }
        assert outcomes == expected

    def test_has_types_that_it_lacks_left_out_by_name(self, found: Found) -> None:
        types = found.contact.types
        skipped = {each.type: each.told for each in types if each.outcome == "skipped"}
        lacking = {name for name, releases in LATER.items() if found.dialect in releases}
        assert set(skipped) == lacking
        assert all("release" in told for told in skipped.values())

    def test_is_left_as_it_was(self, found: Found) -> None:
        assert found.left == []

    def test_says_how_it_is_reached(self, found: Found) -> None:
        server = found.contact.server
        assert server.driver.endswith(", thin")
        assert abs(server.clock_ahead_seconds) < 5
        assert "CREATE TABLE" in server.privileges
        assert server.answers["database time zone"] == "+00:00"


class TestValues:
    def test_are_the_same_with_the_same_seed(self) -> None:
        assert [drawn_values(each, seed=7) for each in TRIED_TYPES] == [
            drawn_values(each, seed=7) for each in TRIED_TYPES
        ]

    def test_are_others_with_another_seed(self, trial: Opened) -> None:
        drawn = [each for each in TRIED_TYPES if drawn_values(each, seed=1)]
        assert len(drawn) > 10
        assert all(drawn_values(each, seed=1) != drawn_values(each, seed=2) for each in drawn)
        assert trial.contact(seed=2).is_well

    @pytest.mark.parametrize(
        ("character_set", "held"),
        [
            ("AL32UTF8", ALL_TEXT),
            ("AL16UTF16", ALL_TEXT),
            ("KO16MSWIN949", KOREAN_TEXT),
            ("US7ASCII", PLAIN_TEXT),
        ],
    )
    def test_are_those_that_a_character_set_holds(self, character_set: str, held: int) -> None:
        assert text_held_by(character_set) == held

    def test_that_the_database_cannot_hold_are_counted(self) -> None:
        korean = OracleDatabase(release=19, charset=CHARACTER_SETS["KO16MSWIN949"])
        with served("19c", korean) as (account, _), opened(account) as trial:
            contact = trial.contact()
        assert contact.is_well
        assert contact.server.character_set == "KO16MSWIN949"
        assert verdict(contact, "VARCHAR2(200)").left_out == 2
        assert verdict(contact, "NVARCHAR2(200)").left_out == 0


class TestADatabaseThatStoresSomethingElse:
    @pytest.mark.parametrize(
        ("put_in", "stored", "type_"),
        [
            ("999999999", "999999998", "NUMBER(9)"),
            ("HEXTORAW('ff0080')", "HEXTORAW('ff0081')", "RAW(200)"),
            (
                "TO_DATE('1970-01-01T00:00:00','SYYYY-MM-DD\"T\"HH24:MI:SS')",
                "TO_DATE('1970-01-02','SYYYY-MM-DD')",
                "DATE",
            ),
        ],
    )
    def test_is_told_by_the_type_that_differs(
        self, trial: Opened, put_in: str, stored: str, type_: str
    ) -> None:
        def alter(expressions: Sequence[str]) -> Sequence[str]:
            return [stored if each == put_in else each for each in expressions]

        contact = trial.contact(scratch=AlteringSchema(trial.scratch, alter))
        assert not contact.is_well
        found = verdict(contact, type_)
        assert found.outcome == Outcome.DIFFERS
        assert found.told.startswith(put_in[:40])

    def test_is_told_where_null_becomes_a_value(self, trial: Opened) -> None:
        def alter(expressions: Sequence[str]) -> Sequence[str]:
            return ["0" if each == "NULL" else each for each in expressions]

        contact = trial.contact(scratch=AlteringSchema(trial.scratch, alter))
        assert verdict(contact, "NUMBER").told == "NULL came back as '0'"

    def test_is_told_where_a_row_is_lost(self, trial: Opened) -> None:
        def alter(expressions: Sequence[str]) -> Sequence[str] | None:
            return None if "999999999" in expressions else expressions

        contact = trial.contact(scratch=AlteringSchema(trial.scratch, alter))
        found = verdict(contact, "NUMBER(9)")
        assert found.outcome == Outcome.DIFFERS
        assert "16 rows were put in, and 15 came back" in found.told

    def test_is_told_where_a_value_is_not_of_its_type_s_form(self, trial: Opened) -> None:
        tried = TriedType(
            declaration="VARCHAR2(9)", values=(Value(sql="'x'", expected=Decimal(1)),), read=exact
        )
        found = try_type(
            tried,
            table="ORACLE_ETL_TRY_FORM",
            server=trial.scratch.facts(),
            source=trial.source,
            scratch=trial.scratch,
            seed=1,
        )
        assert (found.outcome, found.told) == (Outcome.DIFFERS, "'x' came back as 'x'")


class TestWhatIsNotGranted:
    def test_is_told_by_name_with_what_to_do(self) -> None:
        database = a_database("19c")
        with served("19c", database) as (account, _), opened(account) as trial:
            contact = trial.contact()
        assert contact.is_well
        refused = way(contact, "SCN by DBMS_FLASHBACK")
        assert (refused.works, refused.code) == (False, "ORA-00904")
        assert "GRANT EXECUTE ON DBMS_FLASHBACK" in refused.advice
        assert way(contact, "SCN by TIMESTAMP_TO_SCN").works
        assert way(contact, "AS OF SCN").works
        assert way(contact, "parts by ROWID").works

    def test_is_told_where_it_is_any_way_to_the_moment(self) -> None:
        faults = FaultBook()
        for asked in ("DBMS_FLASHBACK", r"V\$DATABASE", "TIMESTAMP_TO_SCN"):
            faults.add(Rule(action=Action.ERROR, statement=asked, code=1031, times=None))
        with served("19c", faults=faults) as (account, _), opened(account) as trial:
            contact = trial.contact()
        assert not way(contact, "AS OF SCN").works
        assert "GRANT FLASHBACK" in way(contact, "AS OF SCN").advice

    def test_is_told_where_it_is_a_table_of_ours(self) -> None:
        database = a_database("19c")
        with served("19c", database) as (account, served_one):
            served_one.catalog.user(account.user).privileges.discard("CREATE TABLE")
            with opened(account) as trial:
                contact = trial.contact()
        assert not contact.is_well
        table = way(contact, "a table of ours")
        assert (table.works, table.code) == (False, "ORA-01031")
        assert "GRANT CREATE TABLE" in table.advice
        assert {each.told for each in contact.types if each.outcome == "failed"} == {"ORA-01031"}


class TestAnErrorOfTheServer:
    def test_fails_its_type_alone_and_leaves_no_table(self) -> None:
        faults = FaultBook()
        faults.add(Rule(action=Action.ERROR, statement="INSERT.*HEXTORAW", code=1652))
        with served("23ai", faults=faults) as (account, _), opened(account) as trial:
            contact = trial.contact()
            left = tables_left(account)
        failed = {each.type: each.told for each in contact.types if not each.is_well}
        assert failed == {"RAW(200)": "ORA-01652"}
        assert left == []

    def test_in_a_way_is_told_by_its_code(self) -> None:
        faults = FaultBook()
        faults.add(Rule(action=Action.ERROR, statement="FIRST_ROW", code=1652, times=None))
        with served("23ai", faults=faults) as (account, _), opened(account) as trial:
            cut = way(trial.contact(), "parts by ROWID")
        assert (cut.works, cut.code) == (False, "ORA-01652")

    @pytest.mark.parametrize(
        ("statement", "type_"),
        [("INSERT.*HEXTORAW", "RAW(200)"), ('SELECT.*"V" FROM.*_22"', "DATE")],
    )
    def test_that_ends_its_session_fails_its_type_alone(self, statement: str, type_: str) -> None:
        faults = FaultBook()
        faults.add(Rule(action=Action.DROP, statement=statement))
        with served("23ai", faults=faults) as (account, _), opened(account) as trial:
            contact = trial.contact()
            left = tables_left(account)
        assert {each.type for each in contact.types if not each.is_well} == {type_}
        assert left == []

    def test_that_ends_the_session_of_a_way_is_told(self) -> None:
        faults = FaultBook()
        faults.add(Rule(action=Action.DROP, statement="FIRST_ROW"))
        faults.add(Rule(action=Action.DROP, statement='INSERT.*_W"'))
        with served("23ai", faults=faults) as (account, _), opened(account) as trial:
            lost = way(trial.contact(), "a table of ours")
            again = way(trial.contact(), "parts by ROWID")
        assert (lost.works, lost.code) == (False, "DPY-4011")
        assert (again.works, again.code) == (False, "DPY-4011")

    def test_that_takes_it_away_for_good_ends_everything(self) -> None:
        faults = FaultBook()
        faults.add(Rule(action=Action.RESTART, statement="V.TIMEZONE_FILE", seconds=60.0))
        with (
            served("23ai", faults=faults) as (account, _),
            opened(account) as trial,
            pytest.raises(SourceAway),
        ):
            trial.contact()


class TestATableThatCannotBeDropped:
    @pytest.mark.parametrize(
        "fault",
        [
            Rule(action=Action.ERROR, statement="DROP TABLE.*_02", code=20001, times=None),
            Rule(action=Action.DROP, statement="DROP TABLE.*_02", times=None),
        ],
    )
    def test_is_the_last_that_is_made(self, fault: Rule) -> None:
        faults = FaultBook()
        faults.add(fault)
        with served("23ai", faults=faults) as (account, _), opened(account) as trial:
            contact = trial.contact()
            left = tables_left(account)
        assert left == ["ORACLE_ETL_TRY_01234567_02"]
        assert contact.table_left == left[0]
        assert len(contact.types) == 2
        assert not contact.is_well

    def test_is_named_with_what_drops_it(self) -> None:
        faults = FaultBook()
        faults.add(Rule(action=Action.ERROR, statement='DROP TABLE.*_W"', code=20001))
        with served("23ai", faults=faults) as (account, _), opened(account) as trial:
            contact = trial.contact()
            assert contact.left is not None
            assert "is left in the schema: dropping it ended with ORA-20001" in contact.left.message
            account.execute(contact.left.hint.removeprefix("run this: "))
            assert tables_left(account) == []
        assert (contact.ways, contact.types) == ((), ())

    @pytest.mark.parametrize("statement", ["INSERT", "FIRST_ROW", "CREATE TABLE"])
    def test_is_named_where_the_server_has_gone_for_good(self, statement: str) -> None:
        faults = FaultBook()
        faults.add(Rule(action=Action.RESTART, statement=statement, seconds=60.0))
        with served("23ai", faults=faults) as (account, _), opened(account) as trial:
            contact = trial.contact()
        assert contact.left is not None
        assert "may be left" in contact.left.message
        assert contact.table_left == "ORACLE_ETL_TRY_01234567_W"


class TestALogonTriggerThatSetsTheSchema:
    def test_does_not_move_our_tables_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        database = a_database("23ai")
        database.create_user("PRODUCTION", "secret")
        monkeypatch.setattr(sessions, "_SET_UP", "ALTER SESSION SET CURRENT_SCHEMA=PRODUCTION")
        faults = FaultBook()
        faults.add(Rule(action=Action.ERROR, statement='CREATE TABLE "PRODUCTION"', times=None))
        with served("23ai", database, faults=faults) as (account, _), opened(account) as trial:
            with trial.scratch.table("ORACLE_ETL_TRY_1", "N NUMBER") as table:
                assert table == TableName(owner=account.user, name="ORACLE_ETL_TRY_1")
            assert tables_left(account) == []


class TestATableOfSomebodyElse:
    def test_of_the_same_name_stays_as_it_is(self, oracle: OracleAtHand, trial: Opened) -> None:
        oracle.execute(
            'CREATE TABLE "ORACLE_ETL_TRY_01234567_00" (MINE NUMBER)',
            'INSERT INTO "ORACLE_ETL_TRY_01234567_00" VALUES (42)',
        )
        contact = trial.contact()
        assert verdict(contact, "NUMBER(9)").told == "ORA-00955"
        with oracle.session() as session, session.cursor() as cursor:
            cursor.execute('SELECT MINE FROM "ORACLE_ETL_TRY_01234567_00"')
            assert cursor.fetchall() == [(42,)]
            cursor.execute('DROP TABLE "ORACLE_ETL_TRY_01234567_00"')


class TestTheReport:
    def test_names_nobody_and_nothing(self, oracle: OracleAtHand, trial: Opened) -> None:
        written = json.dumps(trial.contact().document())
        host, _, service = oracle.dsn.partition("/")
        hidden = [oracle.user, oracle.password, service, *host.split(":"), "ORACLE_ETL_TRY_"]
        assert [each for each in hidden if each in written] == []

    def test_holds_the_code_of_an_error_and_never_its_text(self) -> None:
        faults = FaultBook()
        text = "no quota for SECRET_USER on host.example.org"
        faults.add(Rule(action=Action.ERROR, statement="INSERT", code=1536, text=text, times=None))
        with served("23ai", faults=faults) as (account, _), opened(account) as trial:
            written = json.dumps(trial.contact().document())
        assert "ORA-01536" in written
        assert "SECRET_USER" not in written
        assert "example" not in written

    def test_says_what_was_found_of_each_type(self, trial: Opened) -> None:
        document = json.loads(json.dumps(trial.contact().document()))
        assert (document["version"], document["well"], document["seed"]) == (1, True, 1)
        assert document["server"]["character_set"] == "AL32UTF8"
        assert document["types"][0] == {
            "type": "NUMBER(9)",
            "outcome": "same",
            "values": 16,
            "left_out": 0,
            "told": "",
        }
        assert {each["what"] for each in document["ways"]} >= {"AS OF SCN", "parts by ROWID"}
