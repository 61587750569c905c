"""Whatever goes wrong on the way to Cloud Storage, an object is whole or absent."""

from __future__ import annotations

import gc
import logging
import signal
import subprocess
import sys
from contextlib import suppress

import google_crc32c
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from google_fakes.anonymous import CHUNK, store_on
from google_fakes.cloud_storage_server import FakeCloudStorage
from google_fakes.storage_faults import (
    Answer,
    BreakWithin,
    Claim,
    Damage,
    Fault,
    Forget,
    KeepOnly,
    LoseReply,
    LoseRequest,
    Replace,
    Step,
)
from google_fakes.storage_home import BUCKET, CONTENT, GZIP, NAME, PASSING, Home, home
from oracle_etl.model.errors import (
    ObjectConflict,
    StoreAway,
    StoreRefused,
    TransportError,
)

__all__ = ["home"]


class TestAFailureThatPasses:
    @pytest.mark.parametrize("step", [Step.START, Step.CHUNK, Step.FINISH])
    @pytest.mark.parametrize("fault", PASSING, ids=str)
    def test_costs_no_byte(self, home: Home, step: Step, fault: Fault) -> None:
        home.fails_at(step, fault)
        home.write()
        assert home.objects == {NAME: CONTENT}

    @pytest.mark.parametrize("step", [Step.CHUNK, Step.FINISH])
    @pytest.mark.parametrize("kept", [0, 1, 1000])
    def test_may_break_the_connection_within_a_chunk(
        self, home: Home, step: Step, kept: int
    ) -> None:
        home.fails_at(step, BreakWithin(kept))
        home.write()
        assert home.objects == {NAME: CONTENT}

    @pytest.mark.parametrize("step", [Step.CHUNK, Step.FINISH])
    @pytest.mark.parametrize("kept", [0, 1, 999])
    def test_may_keep_part_of_a_chunk(self, home: Home, step: Step, kept: int) -> None:
        home.fails_at(step, KeepOnly(kept))
        home.write()
        assert home.objects == {NAME: CONTENT}

    def test_may_lose_the_reply_to_a_chunk(self, home: Home) -> None:
        home.fails_at(Step.CHUNK, LoseReply(), after=1)
        home.write()
        assert home.objects == {NAME: CONTENT}

    def test_may_strike_while_the_session_is_asked_where_it_stands(self, home: Home) -> None:
        home.fails_at(Step.CHUNK, LoseReply())
        home.fails_at(Step.PROBE, Answer(503), LoseReply(), LoseRequest())
        home.write()
        assert home.objects == {NAME: CONTENT}

    def test_may_lose_the_last_reply(self, home: Home) -> None:
        home.fails_at(Step.FINISH, LoseReply())
        stored = home.write()
        assert home.objects == {NAME: CONTENT}
        assert stored == home.store.stat(BUCKET, NAME)

    def test_may_lose_the_last_reply_and_the_session_with_it(self, home: Home) -> None:
        home.fails_at(Step.FINISH, LoseReply())
        home.fails_at(Step.PROBE, Forget())
        stored = home.write()
        assert home.objects == {NAME: CONTENT}
        assert stored == home.store.stat(BUCKET, NAME)

    def test_may_strike_between_the_last_byte_and_its_reply(self, home: Home) -> None:
        home.fails_at(Step.FINISH, BreakWithin(len(CONTENT)))
        home.fails_at(Step.PROBE, Answer(503))
        home.write()
        assert home.objects == {NAME: CONTENT}

    def test_of_the_last_request_answered_412_by_our_own_object_is_success(
        self, home: Home
    ) -> None:
        home.fails_at(Step.FINISH, Replace(CONTENT))
        home.write()
        assert home.objects == {NAME: CONTENT}


class TestAFailureThatStays:
    @pytest.mark.parametrize("step", [Step.START, Step.CHUNK, Step.FINISH])
    def test_goes_up_after_some_patience_and_leaves_nothing(self, home: Home, step: Step) -> None:
        home.fails_at(step, *[Answer(503)] * 7)
        home.fails_at(Step.PROBE, *[Answer(503)] * 7)
        with pytest.raises(StoreAway):
            home.write()
        assert home.cloud.objects(BUCKET) == {}

    def test_of_a_session_that_takes_no_bytes_ends(self, home: Home) -> None:
        home.fails_at(Step.CHUNK, *[KeepOnly(0)] * 7)
        with pytest.raises(StoreAway, match="takes no bytes"):
            home.write()
        assert home.objects == {}

    @pytest.mark.parametrize("claimed", [0, CHUNK - 1, 2 * CHUNK + 1, len(CONTENT)])
    def test_of_a_session_that_says_what_cannot_be_leaves_nothing(
        self, home: Home, claimed: int
    ) -> None:
        home.fails_at(Step.CHUNK, Claim(claimed), after=1)
        with pytest.raises(StoreAway, match="which cannot be"):
            home.write()
        assert home.objects == {}

    def test_of_a_lost_session_goes_up_and_leaves_nothing(self, home: Home) -> None:
        home.fails_at(Step.FINISH, LoseRequest())
        home.fails_at(Step.PROBE, Forget())
        with pytest.raises(StoreAway, match="session is gone"):
            home.write()
        assert home.objects == {}

    def test_of_a_session_lost_on_the_way_goes_up_and_leaves_nothing(self, home: Home) -> None:
        home.fails_at(Step.CHUNK, LoseRequest(), after=1)
        home.fails_at(Step.PROBE, Forget())
        with pytest.raises(StoreAway, match="session is gone"):
            home.write()
        assert home.objects == {}

    def test_is_not_tried_again_where_we_are_refused(self, home: Home) -> None:
        home.fails_at(Step.START, Answer(403, "storage.objects.create denied"))
        with pytest.raises(StoreRefused, match="denied") as refused:
            home.write()
        assert "roles/storage.objectUser" in refused.value.hint
        assert home.cloud.asked == [Step.START]

    def test_names_a_bucket_that_is_not_there(self, home: Home) -> None:
        for act in (
            lambda: home.store.verify("typo"),
            lambda: home.store.stat("typo", NAME),
            lambda: list(home.store.names("typo", "")),
        ):
            with pytest.raises(StoreRefused, match="does not exist") as refused:
                act()
            assert "create the bucket" in refused.value.hint

    @pytest.mark.parametrize("removing", [[], [Answer(503)], [LoseReply()]], ids=str)
    def test_of_bytes_damaged_on_the_way_leaves_nothing(
        self, home: Home, removing: list[Fault]
    ) -> None:
        home.fails_at(Step.FINISH, Damage())
        home.fails_at(Step.DELETE, *removing)
        with pytest.raises(StoreAway, match="damaged"):
            home.write()
        assert home.objects == {}


class TestAnotherObjectAtTheName:
    def test_is_never_touched_and_both_generations_are_named(self, home: Home) -> None:
        home.fails_at(Step.FINISH, Replace(b"theirs"))
        with pytest.raises(ObjectConflict) as conflict:
            home.write()
        assert home.objects == {NAME: b"theirs"}
        theirs = home.store.stat(BUCKET, NAME)
        assert theirs is not None
        assert theirs.generation in conflict.value.message
        assert "generation 0" in conflict.value.message
        assert conflict.value.hint

    def test_that_came_with_a_lost_session_is_never_taken_for_ours(self, home: Home) -> None:
        home.fails_at(Step.FINISH, Replace(b"theirs"))
        home.fails_at(Step.STAT, Answer(503))
        with pytest.raises(ObjectConflict):
            home.write()
        assert home.objects == {NAME: b"theirs"}

    def test_before_the_first_byte_costs_no_transfer(self, home: Home) -> None:
        home.cloud.contents.put(BUCKET, NAME, b"theirs")
        with pytest.raises(ObjectConflict):
            home.write()
        assert Step.CHUNK not in home.cloud.asked


class TestAnUploadThatIsGivenUp:
    def test_ends_its_session(self, home: Home) -> None:
        with pytest.raises(ValueError, match="no"):
            self.give_up(home)
        assert home.cloud.contents.sessions == {}

    @pytest.mark.parametrize("fault", [Answer(503), LoseRequest(), LoseReply()], ids=str)
    def test_leaves_nothing_though_its_session_cannot_be_ended(
        self, home: Home, fault: Fault
    ) -> None:
        home.fails_at(Step.CANCEL, fault)
        with pytest.raises(ValueError, match="no"):
            self.give_up(home)
        gc.collect()
        assert home.objects == {}

    def test_leaves_nothing_when_it_is_garbage(self, home: Home) -> None:
        writer = home.store.create(BUCKET, NAME, content_type=GZIP).__enter__()
        writer.write(CONTENT)
        del writer
        gc.collect()
        assert home.objects == {}
        assert Step.FINISH not in home.cloud.asked

    def test_takes_no_more_bytes(self, home: Home) -> None:
        with (
            suppress(ValueError),
            home.store.create(BUCKET, NAME, content_type=GZIP) as target,
        ):
            raise ValueError("no")
        with pytest.raises(RuntimeError):
            target.write(b"more")

    @pytest.mark.parametrize("ending", ["sys.exit(0)", "os.kill(os.getpid(), signal.SIGTERM)"])
    def test_leaves_nothing_when_its_process_ends(self, home: Home, ending: str) -> None:
        script = f"""
import os, signal, sys
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from oracle_etl.gateways.google.cloud_storage import CloudStorageObjectStore
from oracle_etl.gateways.system_clock import SystemClock
client = storage.Client(
    project=None, credentials=AnonymousCredentials(),
    client_options={{"api_endpoint": {home.cloud.endpoint!r}}},
)
store = CloudStorageObjectStore(lambda: client, clock=SystemClock(), chunk_bytes={CHUNK})
writer = store.create({BUCKET!r}, {NAME!r}, content_type="x").__enter__()
writer.write(bytes({len(CONTENT)}))
{ending}
"""
        ended = subprocess.run(  # noqa: S603 - our own interpreter and script
            [sys.executable, "-c", script], check=False, timeout=60
        )
        assert ended.returncode in {0, -signal.SIGTERM}
        assert Step.CHUNK in home.cloud.asked
        assert home.objects == {}

    def give_up(self, home: Home) -> None:
        with home.store.create(BUCKET, NAME, content_type=GZIP) as target:
            target.write(CONTENT)
            raise ValueError("no")


class TestTheAddressOfASession:
    """Whoever has it may write the object, so nobody is shown it."""

    @pytest.mark.parametrize("fault", [Answer(403, "no"), LoseRequest()], ids=str)
    def test_is_in_no_error_and_no_log(
        self, home: Home, fault: Fault, caplog: pytest.LogCaptureFixture
    ) -> None:
        home.fails_at(Step.CHUNK, fault)
        home.fails_at(Step.PROBE, *[LoseRequest()] * 6)
        home.fails_at(Step.CANCEL, LoseRequest())
        with caplog.at_level(logging.DEBUG, logger="oracle_etl"):
            with pytest.raises(TransportError) as raised:
                home.write()
            logging.getLogger("oracle_etl").error("failed", exc_info=raised.value)
        assert "failed" in caplog.text
        assert "upload_id" not in caplog.text


class TestMemory:
    @given(sizes=st.lists(st.integers(0, 3 * CHUNK), max_size=6))
    @settings(max_examples=20, deadline=None)
    def test_holds_one_chunk_whatever_is_written(self, sizes: list[int]) -> None:
        cloud = FakeCloudStorage(BUCKET)
        with (
            cloud.serving(),
            store_on(cloud) as store,
            store.create(BUCKET, NAME, content_type=GZIP) as target,
        ):
            for size in sizes:
                target.write(bytes(size))
                assert len(target._kept) <= CHUNK  # type: ignore[attr-defined]
        assert cloud.objects(BUCKET) == {NAME: bytes(sum(sizes))}

    def test_is_bounded_by_whole_granules(self, home: Home) -> None:
        with pytest.raises(ValueError, match="multiple"), store_on(home.cloud, chunk_bytes=1000):
            pass


step_faults = st.one_of(
    st.tuples(
        st.sampled_from([Step.START, Step.CHUNK, Step.FINISH, Step.PROBE, Step.STAT]),
        st.sampled_from([Answer(503), Answer(429), LoseRequest(), LoseReply()]),
    ),
    st.tuples(
        st.sampled_from([Step.CHUNK, Step.FINISH]),
        st.one_of(st.integers(0, CHUNK).map(KeepOnly), st.integers(0, CHUNK - 1).map(BreakWithin)),
    ),
    st.tuples(st.just(Step.PROBE), st.just(Forget())),
    st.tuples(st.just(Step.FINISH), st.sampled_from([Damage(), Replace(CONTENT)])),
)


class TestAnySeriesOfFaults:
    @given(
        faults=st.lists(st.tuples(step_faults, st.integers(0, 2)), max_size=8),
        size=st.sampled_from([0, 1, CHUNK, CHUNK + 1, 2 * CHUNK, len(CONTENT)]),
    )
    @settings(max_examples=60, deadline=None)
    def test_leaves_the_whole_object_or_none(
        self, faults: list[tuple[tuple[Step, Fault], int]], size: int
    ) -> None:
        content = CONTENT[:size]
        cloud = FakeCloudStorage(BUCKET)
        for (step, fault), after in faults:
            given_fault = Replace(content) if isinstance(fault, Replace) else fault
            if not (size == 0 and isinstance(fault, Damage)):
                cloud.faults.at(step, given_fault, after=after)
        with cloud.serving(), store_on(cloud) as store:
            try:
                stored = Home(store, cloud).write(content)
            except TransportError:
                assert cloud.objects(BUCKET) in ({}, {NAME: content})
            else:
                assert cloud.objects(BUCKET) == {NAME: content}
                assert (stored.size, stored.crc32c) == (size, google_crc32c.value(content))
