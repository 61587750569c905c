"""What Cloud Storage holds is read as it was written, or not at all."""

from __future__ import annotations

import pytest

from google_fakes.storage_faults import BreakWithin, Damage, Fault, KeepOnly, LoseReply, Step
from google_fakes.storage_home import BUCKET, CONTENT, NAME, PASSING, Home, home
from oracle_etl.model.errors import NoSuchObject, StoreAway
from oracle_etl.model.objects import StoredObject

__all__ = ["home"]


class TestReading:
    def content(self, home: Home, stored: StoredObject) -> bytes:
        with home.store.open(stored) as chunks:
            return b"".join(chunks)

    @pytest.mark.parametrize("fault", [*PASSING, LoseReply(), KeepOnly(7), BreakWithin(7)], ids=str)
    @pytest.mark.parametrize("after", [0, 2])
    def test_gets_over_a_failure_that_passes(self, home: Home, fault: Fault, after: int) -> None:
        stored = home.write()
        home.fails_at(Step.READ, fault, after=after)
        assert self.content(home, stored) == CONTENT

    @pytest.mark.parametrize("after", [0, 3])
    def test_of_damaged_bytes_never_ends_well(self, home: Home, after: int) -> None:
        stored = home.write()
        home.fails_at(Step.READ, Damage(), after=after)
        with pytest.raises(StoreAway, match="damaged"):
            self.content(home, stored)

    def test_of_an_object_removed_meanwhile_names_it(self, home: Home) -> None:
        stored = home.write()
        with home.store.open(stored) as chunks:
            next(chunks)
            home.store.remove(stored)
            with pytest.raises(NoSuchObject, match=NAME):
                list(chunks)

    def test_lists_more_names_than_a_page_holds(self, home: Home) -> None:
        names = [f"x/{number:04d}" for number in range(250)]
        for name in names:
            home.cloud.contents.put(BUCKET, name, b"")
        assert list(home.store.names(BUCKET, "x/")) == names
