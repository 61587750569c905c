from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from command_line.transport_form import ORDER, filled, short
from transport_api.requests import TransportSent

names = st.text("ABCDEFG_.*", min_size=1)
masks = st.fixed_dictionaries(
    {"column": names, "kind": st.sampled_from(["hash", "redact"])}, optional={"keep": st.just(2)}
)
entries = names | st.fixed_dictionaries(
    {"table": names},
    optional={
        "columns": st.lists(names),
        "where": names,
        "masks": st.lists(masks),
        "binds": st.dictionaries(names, st.integers()),
    },
)
schedules = st.fixed_dictionaries(
    {"cron": st.just("0 3 * * *")},
    optional={"time_zone": st.sampled_from(["UTC", "Asia/Seoul"]), "grace_seconds": st.just(60)},
)
transports = st.fixed_dictionaries(
    {"name": names, "tables": st.lists(entries, min_size=1)},
    optional={
        "description": st.text(),
        "enabled": st.booleans(),
        "schedule": schedules | st.none(),
        "format": st.sampled_from(["jsonl.gz", "parquet"]),
        "max_row_drop_percent": st.just(5.0),
        "parallel_tables": st.integers(1, 8),
    },
)


class TestTheFormOfATransport:
    def test_knows_every_field_that_the_api_takes(self) -> None:
        assert set(ORDER) == set(TransportSent.model_fields)

    def test_has_the_defaults_of_the_api(self) -> None:
        sent = TransportSent.model_validate({"name": "n", "tables": ["T"]}).model_dump(mode="json")
        unknown_to_clients = ("id", "parallel_tables", "target_bucket")
        expected = {name: value for name, value in sent.items() if name not in unknown_to_clients}
        written = filled({"name": "n", "tables": ["T"]})
        assert {**written, "tables": ["T"]} == expected

    @given(transports)
    def test_is_the_same_written_short_or_with_all_defaults(self, written: dict[str, Any]) -> None:
        assert filled(short(filled(written))) == filled(written)

    @given(transports)
    def test_is_no_longer_than_it_was_written(self, written: dict[str, Any]) -> None:
        assert set(short(filled(written))) <= set(written)

    def test_shortens_a_table_that_says_nothing_but_its_name(self) -> None:
        whole = filled({"name": "n", "tables": ["T", {"table": "U", "where": "A > 1"}]})
        assert short(whole)["tables"] == ["T", {"table": "U", "where": "A > 1"}]
