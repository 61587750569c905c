from __future__ import annotations

from oracle_standin.sample.schema import sample_database


class TestATableWhoseRowsAreGenerated:
    def test_has_statistics_that_tell_its_size(self) -> None:
        database = sample_database(event_rows=100_000)
        session = database.open_session(user="SCOTT", session_id=1, attributes={})
        outcome = session.execute(
            "SELECT NUM_ROWS, AVG_ROW_LEN FROM USER_TABLES WHERE TABLE_NAME = 'EVENTS'", []
        )
        assert outcome.rows is not None
        ((rows, average),) = outcome.rows.fetch(2).cells
        assert rows == b"\x02\xc3\x0b"
        assert average > b"\x02\xc1\x15"
