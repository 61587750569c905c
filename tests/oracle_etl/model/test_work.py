from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOON, later
from oracle_etl.model.errors import LeaseLost, UnreadableMessage
from oracle_etl.model.work import Hold, WorkRef, WorkStatus

IDS = st.text("abcXYZ019_-", min_size=1, max_size=64)
REFS = st.builds(
    WorkRef, job_id=IDS, table_id=IDS, part=st.none() | st.integers(min_value=1, max_value=999_999)
)


class TestAMessage:
    @given(REFS)
    def test_names_the_work_it_was_made_of(self, ref: WorkRef) -> None:
        assert WorkRef.from_message(ref.to_message()) == ref

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"\xff",
            b"[]",
            b"7",
            b'{"v":2,"job":"J","table":"t","part":null}',
            b'{"v":1,"job":"J"}',
            b'{"v":1,"job":1,"table":"t","part":null}',
            b'{"v":1,"job":"J","table":"t","part":"1"}',
            b'{"v":1,"job":"J","table":"t","part":true}',
            b'{"v":1,"job":"J","table":"t","part":0}',
            b'{"v":1,"job":"J","table":"t","part":99999999999999999999}',
            b'{"v":1,"job":"J\\ud800","table":"t","part":null}',
            b'{"v":1,"job":"../J","table":"t","part":null}',
            b'{"v":1,"job":"J","table":"","part":null}',
            b"[" * 5000,
            b'{"v":1,"job":"J","table":"t","part":null}' + b" " * 5000,
        ],
    )
    def test_that_no_version_of_ours_wrote_is_refused(self, body: bytes) -> None:
        with pytest.raises(UnreadableMessage):
            WorkRef.from_message(body)

    @given(st.binary(max_size=200))
    def test_of_any_bytes_is_read_or_refused(self, body: bytes) -> None:
        try:
            WorkRef.from_message(body)
        except UnreadableMessage:
            return


class TestAHold:
    def test_that_nobody_has_is_free(self) -> None:
        assert Hold().is_free(NOON)

    def test_grows_its_fence_with_every_claim(self) -> None:
        first = Hold().claimed("w1", now=NOON, lease_seconds=10)
        second = first.freed(1).claimed("w2", now=NOON, lease_seconds=10)
        assert (first.fence, second.fence, second.failures) == (1, 2, 0)

    def test_cannot_be_claimed_while_it_lasts(self) -> None:
        held = Hold().claimed("w1", now=NOON, lease_seconds=10)
        with pytest.raises(LeaseLost):
            held.claimed("w2", now=later(9), lease_seconds=10)

    def test_that_lapsed_counts_as_a_failure_of_its_owner(self) -> None:
        held = Hold().claimed("w1", now=NOON, lease_seconds=10)
        assert held.claimed("w2", now=later(10), lease_seconds=10).failures == 1

    def test_lasts_longer_when_renewed(self) -> None:
        held = Hold().claimed("w1", now=NOON, lease_seconds=10)
        assert not held.renewed(1, now=later(8), lease_seconds=10).is_free(later(17))

    def test_refuses_who_comes_with_an_old_fence(self) -> None:
        held = Hold().claimed("w1", now=NOON, lease_seconds=10)
        again = held.claimed("w2", now=later(11), lease_seconds=10)
        with pytest.raises(LeaseLost):
            again.check(1)

    def test_refuses_who_gave_it_back_already(self) -> None:
        with pytest.raises(LeaseLost):
            Hold().claimed("w1", now=NOON, lease_seconds=10).freed(1).check(1)

    def test_given_back_after_stumbling_counts_a_failure_and_rests(self) -> None:
        hold = Hold().claimed("w1", now=NOON, lease_seconds=10).stumbled(1, until=later(60))
        assert (hold.failures, hold.is_held(NOON)) == (1, False)
        assert [hold.is_free(later(59)), hold.is_free(later(60))] == [False, True]

    def test_that_rested_counts_its_failure_once(self) -> None:
        rested = Hold().claimed("w1", now=NOON, lease_seconds=10).stumbled(1, until=later(60))
        assert rested.claimed("w2", now=later(60), lease_seconds=10).failures == 1


class TestAStatus:
    @pytest.mark.parametrize("status", [WorkStatus.PENDING, WorkStatus.RUNNING])
    def test_that_may_change_has_not_ended(self, status: WorkStatus) -> None:
        assert not status.ended

    @pytest.mark.parametrize(
        "status", [WorkStatus.COMPLETED, WorkStatus.FAILED, WorkStatus.CANCELLED]
    )
    def test_that_stays_has_ended(self, status: WorkStatus) -> None:
        assert status.ended
