from __future__ import annotations

import pytest

from builders import NOON, a_final_object, a_part, a_table, an_extract, later
from oracle_etl.model.errors import LeaseLost
from oracle_etl.model.names import TableName
from oracle_etl.model.progress import Progress, StageName
from oracle_etl.model.table_task import Failure, RowidRange, Step, TableTask
from oracle_etl.model.work import Hold, WorkRef, WorkStatus

EMP = TableName(owner="HR", name="EMP")


def stages(table: TableTask) -> list[StageName]:
    return [each.name for each in table.stages]


def claimed(table: TableTask, *, at: float = 0) -> TableTask:
    return table.claimed("w1", now=later(at), lease_seconds=10)


def planned(table: TableTask, *, fence: int = 1) -> TableTask:
    return table.planned(
        fence, scn=7, resolved=EMP, warnings=("w",), progress=Progress(rows_total=3), now=NOON
    )


class TestATableNobodyHas:
    def test_is_planned_by_whoever_claims_it(self) -> None:
        table = claimed(a_table())
        assert (table.status, table.step, stages(table)) == (
            WorkStatus.RUNNING,
            Step.PLAN,
            [StageName.PLANNING],
        )

    def test_is_named_in_messages_without_a_part(self) -> None:
        table = a_table()
        assert table.ref == WorkRef(job_id=table.job_id, table_id=table.table_id)


class TestATableInAWorkersHands:
    def test_cannot_be_claimed(self) -> None:
        with pytest.raises(LeaseLost):
            claimed(claimed(a_table()), at=9)

    def test_can_be_claimed_when_its_lease_has_lapsed(self) -> None:
        assert claimed(claimed(a_table()), at=10).hold.fence == 2

    def test_stays_theirs_when_renewed(self) -> None:
        renewed = claimed(a_table()).renewed(1, now=later(9), lease_seconds=10)
        assert not renewed.can_be_claimed(later(18))

    def test_keeps_the_time_at_which_it_was_first_begun(self) -> None:
        assert claimed(claimed(a_table()), at=20).started_at == NOON

    def test_is_read_once_it_is_planned(self) -> None:
        table = planned(claimed(a_table()))
        assert (table.scn, table.resolved, table.warnings) == (7, EMP, ("w",))
        assert stages(table) == [StageName.PLANNING, StageName.EXTRACTING]

    def test_is_placed_once_it_is_read(self) -> None:
        extract = an_extract(rows=5)
        table = planned(claimed(a_table())).extracted(1, extract, now=NOON)
        assert (table.step, table.extract, table.progress.percent) == (Step.CLOSE, extract, 100.0)

    def test_counts_rows_and_bytes_of_all_its_objects_when_complete(self) -> None:
        one, two = a_final_object(rows=2), a_final_object(rows=3)
        table = planned(claimed(a_table())).completed(1, (one, two), now=NOON)
        assert (table.rows, table.bytes) == (5, one.object.size + two.object.size)
        assert (table.status, table.step, table.hold.owner) == (
            WorkStatus.COMPLETED,
            Step.DONE,
            None,
        )

    def test_goes_to_the_next_worker_when_given_back(self) -> None:
        table = claimed(a_table())
        returned = table.returned(table.hold.freed(1), now=NOON, note="stopping")
        assert returned.can_be_claimed(NOON)
        assert returned.stages[-1].note == "stopping"

    @pytest.mark.parametrize("late", ["planned", "extracted", "completed", "split", "renewed"])
    def test_takes_nothing_from_a_worker_whose_lease_went_to_another(self, late: str) -> None:
        table = claimed(claimed(a_table()), at=20)
        writes = {
            "planned": lambda: planned(table, fence=1),
            "extracted": lambda: table.extracted(1, an_extract(), now=NOON),
            "completed": lambda: table.completed(1, (), now=NOON),
            "split": lambda: table.split(1, parts=2, undo_seconds=900),
            "renewed": lambda: table.renewed(1, now=NOON, lease_seconds=1),
        }
        with pytest.raises(LeaseLost):
            writes[late]()


class TestATableThatRestsAfterAFailure:
    def test_is_nobodys_but_not_to_be_had_yet(self) -> None:
        table = claimed(a_table())
        resting = table.returned(table.hold.stumbled(1, until=later(60)), now=NOON, note="dropped")
        assert (resting.can_be_claimed(later(59)), resting.can_be_ended(later(1))) == (False, True)
        assert resting.can_be_claimed(later(60))
        assert resting.last_note == "dropped"

    def test_that_never_failed_has_no_note(self) -> None:
        assert a_table().last_note == ""


class TestASplitTable:
    def test_waits_for_its_parts_in_nobodys_hands(self) -> None:
        table = planned(claimed(a_table())).split(1, parts=2, undo_seconds=900)
        assert (table.step, table.hold.owner, table.can_be_claimed(NOON)) == (
            Step.PARTS,
            None,
            False,
        )

    @pytest.mark.parametrize(("completed", "failed"), [(2, 0), (1, 1), (0, 2)])
    def test_is_claimed_for_closing_when_all_its_parts_have_ended(
        self, completed: int, failed: int
    ) -> None:
        table = a_table(
            step=Step.PARTS,
            status=WorkStatus.RUNNING,
            parts_total=2,
            parts_completed=completed,
            parts_failed=failed,
        )
        closing = claimed(table)
        assert (closing.step, stages(closing)) == (Step.CLOSE, [StageName.CLOSING])


class TestATableThatEnded:
    @pytest.mark.parametrize(
        ("ended", "stage"),
        [
            (a_table().failed(Failure(code="C", message="why"), now=NOON), StageName.FAILED),
            (a_table().cancelled(now=NOON), StageName.CANCELLED),
        ],
    )
    def test_is_never_claimed_again(self, ended: TableTask, stage: StageName) -> None:
        assert ended.status.ended
        assert stages(ended) == [stage]
        assert not ended.can_be_claimed(later(10_000))

    def test_for_good_says_why(self) -> None:
        failed = a_table().failed(Failure(code="C", message="why"), now=NOON)
        assert failed.failure == Failure(code="C", message="why")
        assert failed.stages[-1].note == "why"


class TestAPart:
    def test_is_named_in_messages_with_its_number(self) -> None:
        assert a_part(3).ref.part == 3

    def test_can_be_claimed_once(self) -> None:
        part = a_part().claimed("w1", now=NOON, lease_seconds=10)
        with pytest.raises(LeaseLost):
            part.claimed("w2", now=later(9), lease_seconds=10)

    def test_stays_with_who_renews(self) -> None:
        part = a_part().claimed("w1", now=NOON, lease_seconds=10)
        assert not part.renewed(1, now=later(9), lease_seconds=10).can_be_claimed(later(18))

    def test_read_whole_is_complete(self) -> None:
        part = a_part().claimed("w1", now=NOON, lease_seconds=10)
        extract = an_extract(rows=4)
        done = part.extracted(1, extract, now=NOON)
        assert (done.status, done.extract, done.progress.rows) == (WorkStatus.COMPLETED, extract, 4)

    def test_takes_nothing_from_a_stale_worker(self) -> None:
        part = a_part().claimed("w1", now=NOON, lease_seconds=10)
        again = part.claimed("w2", now=later(11), lease_seconds=10)
        with pytest.raises(LeaseLost):
            again.extracted(1, an_extract(), now=NOON)

    def test_halved_gives_two_that_cover_the_same_rows(self) -> None:
        part = a_part(rows_of=RowidRange(low="A", high="Z")).claimed(
            "w1", now=NOON, lease_seconds=10
        )
        low, high = part.halved(1, "M", number=9)
        assert (low.number, low.rows_of) == (part.number, RowidRange(low="A", high="M"))
        assert (high.number, high.rows_of) == (9, RowidRange(low="M", high="Z"))
        assert low.depth == high.depth == 1
        assert low.can_be_claimed(NOON)
        assert high.can_be_claimed(NOON)

    def test_given_back_starts_from_nothing(self) -> None:
        part = a_part(progress=Progress(rows=5)).returned(Hold(), note="dropped")
        assert (part.progress, part.note) == (Progress(), "dropped")

    @pytest.mark.parametrize(
        "ended", [a_part().failed(Failure(code="C", message="m")), a_part().cancelled()]
    )
    def test_that_ended_is_never_claimed_again(self, ended: object) -> None:
        assert not ended.can_be_claimed(later(10_000))  # type: ignore[attr-defined]
