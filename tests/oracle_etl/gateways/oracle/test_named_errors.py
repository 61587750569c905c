"""The driver's errors under our names."""

from __future__ import annotations

import inspect
import socket
from types import SimpleNamespace

import oracledb
import pytest

from oracle_etl.gateways.oracle.named_errors import DECISIONS, decided, named_errors
from oracle_etl.model import errors
from oracle_etl.model.errors import (
    AccessDenied,
    GiveUp,
    LoginRefused,
    SourceAway,
    SourceMisconfigured,
    TableChanged,
    TableNotFound,
    TransportError,
    UndoGone,
    UnreadableMoment,
    UnreadableValue,
)

CLASSES = [
    each
    for _, each in inspect.getmembers(oracledb, inspect.isclass)
    if issubclass(each, oracledb.Error | oracledb.Warning)
]
MEANT = {
    "ORA-01017": LoginRefused,
    "ORA-28000": LoginRefused,
    "ORA-28001": LoginRefused,
    "ORA-00942": TableNotFound,
    "ORA-01031": AccessDenied,
    "ORA-01045": AccessDenied,
    "ORA-01555": UndoGone,
    "ORA-08180": UndoGone,
    "ORA-22924": UndoGone,
    "ORA-01466": TableChanged,
    "ORA-08181": TableChanged,
    "ORA-08103": TableChanged,
    "ORA-12514": SourceAway,
    "ORA-12541": SourceAway,
    "ORA-03113": SourceAway,
    "ORA-01033": SourceAway,
    "ORA-00018": SourceAway,
    "DPY-4011": SourceAway,
    "DPY-4024": SourceAway,
    "DPY-6005": SourceAway,
    "DPY-3010": SourceMisconfigured,
    "DPY-2018": SourceMisconfigured,
    "DPI-1047": SourceMisconfigured,
    "DPY-4000": SourceMisconfigured,
    "DPY-4042": UnreadableValue,
    "ORA-25191": TableNotFound,
    "ORA-30657": AccessDenied,
    "ORA-01652": SourceAway,
    "ORA-04031": SourceAway,
    "ORA-12850": SourceAway,
    "ORA-00904": GiveUp,
    "ORA-29283": GiveUp,
}


def as_raised(full_code: str, *, behind: str = "") -> oracledb.Error:
    prefix, number = full_code.split("-")
    dead = full_code in {"ORA-03113", "DPY-4011"}
    details = SimpleNamespace(
        full_code=full_code,
        code=int(number) if prefix == "ORA" else 0,
        isrecoverable=dead,
        is_session_dead=dead,
    )
    kind = oracledb.NotSupportedError if full_code == "DPY-3010" else oracledb.DatabaseError
    text = f"{full_code}: what happened\n{behind}"
    raised = type("Raised", (kind,), {"__str__": lambda _: text})
    error: oracledb.Error = raised(details)
    return error


class TestEveryClassOfTheDriver:
    @pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
    def test_leaves_as_an_error_of_ours(self, kind: type[Exception]) -> None:
        with pytest.raises((errors.TryAgain, errors.GiveUp)), named_errors():
            raise kind("something happened")

    def test_is_known_here(self) -> None:
        assert len(CLASSES) == 10

    def test_of_a_host_that_is_not_found_says_what_to_check(self) -> None:
        with pytest.raises(errors.SourceAway, match="not found") as raised, named_errors():
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        assert "ORACLE_DSN" in raised.value.hint

    def test_that_is_not_the_drivers_passes_through(self) -> None:
        with pytest.raises(KeyError), named_errors():
            raise KeyError("a bug of ours")


class TestACode:
    @pytest.mark.parametrize(("code", "meant"), MEANT.items())
    def test_has_its_meaning(self, code: str, meant: type[TransportError]) -> None:
        error = decided(as_raised(code))
        assert type(error) is meant
        assert code in error.message
        assert error.hint

    def test_stands_in_the_table_once(self) -> None:
        codes = [code for decision in DECISIONS for code in decision.codes]
        assert len(codes) == len(set(codes))

    def test_of_an_11g_server_tells_to_set_thick_mode(self) -> None:
        assert "ORACLE_MODE=thick" in decided(as_raised("DPY-3010")).hint


class TestAnErrorThatWrapsAnother:
    """As a table that Oracle reads with several processes of its own gives each error."""

    @pytest.mark.parametrize("wrapper", ["ORA-12801", "ORA-00604"])
    @pytest.mark.parametrize(
        ("behind", "meant"), [("ORA-01555", UndoGone), ("ORA-08103", TableChanged)]
    )
    def test_means_what_the_other_does(
        self, wrapper: str, behind: str, meant: type[TransportError]
    ) -> None:
        error = decided(as_raised(wrapper, behind=f"{behind}: what happened there"))
        assert type(error) is meant
        assert wrapper in error.message

    def test_that_nobody_knows_gives_up(self) -> None:
        assert type(decided(as_raised("ORA-12801", behind="ORA-00600: x"))) is GiveUp

    def test_is_no_error_that_merely_quotes_a_code(self) -> None:
        quoting = as_raised("ORA-20001", behind="ORA-06512: after ORA-01555")
        assert type(decided(quoting)) is GiveUp


class TestAMomentThatPythonDoesNotKnow:
    @pytest.mark.parametrize(
        "text",
        [
            "year -4712 is out of range",
            "day is out of range for month",
            "day 29 must be in range 1..28 for month 2 in year 1500",
        ],
    )
    def test_asks_for_text(self, text: str) -> None:
        with pytest.raises(UnreadableMoment), named_errors():
            raise ValueError(text)

    def test_is_told_from_other_values(self) -> None:
        with pytest.raises(ValueError, match="something else"), named_errors():
            raise ValueError("something else")
