"""Objects of Cloud Storage put together: the result is whole or absent, whatever goes wrong."""

from __future__ import annotations

import pytest

from google_fakes.storage_faults import Answer, Damage, Fault, LoseReply, Replace, Step
from google_fakes.storage_home import BUCKET, GZIP, NAME, PASSING, Home, home
from oracle_etl.model.errors import InvalidRequest, ObjectConflict, StoreAway
from oracle_etl.model.objects import StoredObject

__all__ = ["home"]


class TestComposing:
    @pytest.fixture
    def sources(self, home: Home) -> list[StoredObject]:
        made = []
        for number in range(40):
            name = f"_attempts/JOB/p{number:05d}"
            with home.store.create(BUCKET, name, content_type=GZIP) as target:
                target.write(b"%d," % number)
            made.append(target.stored())
        return made

    joined = b"".join(b"%d," % number for number in range(40))

    def compose(self, home: Home, sources: list[StoredObject]) -> StoredObject:
        return home.store.compose(BUCKET, NAME, sources, content_type=GZIP)

    def names(self, home: Home) -> set[str]:
        return set(home.objects)

    @pytest.mark.parametrize("fault", [*PASSING, LoseReply()], ids=str)
    @pytest.mark.parametrize("after", [0, 2])
    def test_gets_over_a_failure_that_passes(
        self, home: Home, sources: list[StoredObject], fault: Fault, after: int
    ) -> None:
        home.fails_at(Step.COMPOSE, fault, after=after)
        self.compose(home, sources)
        assert home.objects[NAME] == self.joined
        assert self.names(home) == {NAME, *(source.name for source in sources)}

    def test_says_what_it_holds(self, home: Home, sources: list[StoredObject]) -> None:
        self.compose(home, sources)
        assert home.cloud.contents.content_type(BUCKET, NAME) == GZIP

    @pytest.mark.parametrize("after", [0, 2])
    def test_that_came_out_damaged_leaves_nothing(
        self, home: Home, sources: list[StoredObject], after: int
    ) -> None:
        home.fails_at(Step.COMPOSE, Damage(), after=after)
        with pytest.raises(StoreAway, match="damaged"):
            self.compose(home, sources)
        assert self.names(home) == {source.name for source in sources}

    def test_never_replaces_another_object(self, home: Home, sources: list[StoredObject]) -> None:
        home.fails_at(Step.COMPOSE, Replace(b"theirs"), after=2)
        with pytest.raises(ObjectConflict):
            self.compose(home, sources)
        assert home.objects[NAME] == b"theirs"

    def test_succeeds_though_its_inner_objects_cannot_be_removed(
        self, home: Home, sources: list[StoredObject]
    ) -> None:
        home.fails_at(Step.DELETE, *[Answer(503)] * 14)
        self.compose(home, sources)
        assert home.objects[NAME] == self.joined
        left = self.names(home) - {NAME, *(source.name for source in sources)}
        assert len(left) == 2
        assert all(name.startswith("_attempts/JOB/joined-") for name in left)

    def test_needs_sources_of_the_same_bucket(
        self, home: Home, sources: list[StoredObject]
    ) -> None:
        with pytest.raises(InvalidRequest):
            home.store.compose("other", NAME, sources, content_type=GZIP)
        with pytest.raises(InvalidRequest):
            home.store.compose(BUCKET, NAME, [], content_type=GZIP)
