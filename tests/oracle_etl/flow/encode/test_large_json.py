"""Large JSON documents are told from other text as small ones are, and in little memory."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from column_shapes import declared, shape_of
from delivered_batches import delivered, read_lines, written_by
from oracle_etl.flow.encode import PartRole, open_encoder
from oracle_etl.flow.encode.large_json import is_json
from oracle_etl.flow.encode.large_strings import LARGE
from oracle_etl.flow.plan_columns import plan_columns
from oracle_etl.model.errors import UnreadableValue
from oracle_etl.model.transport import Carriage, TableChoice

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)
SPACES = st.sampled_from(["", " ", "\n", "\t\r "])
WORDS = ["true", "null", '"a"', '"a":', "\\u00e9", "\\ud83d\\ude00", "\\ud83d", "\x00", "é"]
FRAGMENTS = st.sampled_from([*'[]{}:,"0123-+.eE \\/u', *WORDS])


def orjson_reads(text: bytes) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


class TestADocument:
    @given(value=VALUES, space=SPACES, as_ascii=st.booleans())
    def test_is_known_whatever_it_holds_and_however_it_is_spaced(
        self,
        value: object,
        space: str,
        as_ascii: bool,  # noqa: FBT001  hypothesis draws it
    ) -> None:
        text = json.dumps(
            value, ensure_ascii=as_ascii, separators=(f"{space},{space}", f"{space}:{space}")
        )
        document = f"{space}{text}{space}".encode(errors="surrogatepass")
        assert is_json(document) is orjson_reads(document)

    @given(value=VALUES, at=st.integers(0), other=st.binary(max_size=2), taken=st.integers(0, 3))
    def test_that_was_changed_is_judged_as_orjson_judges_it(
        self, value: object, at: int, other: bytes, taken: int
    ) -> None:
        document = json.dumps(value).encode()
        at %= len(document) + 1
        changed = document[:at] + other + document[at + taken :]
        assert is_json(changed) is orjson_reads(changed)

    @given(st.lists(FRAGMENTS, max_size=12).map("".join))
    @example("[1,]")
    @example('{"a":1,}')
    @example("[[],[]]")
    @example('{"a":[],1}')
    @example("[[] 1]")
    @example("1 2")
    @example("")
    @example("[" * 900 + "]" * 900)
    def test_of_fragments_is_judged_as_orjson_judges_it(self, text: str) -> None:
        assert is_json(text.encode()) is orjson_reads(text.encode())

    def test_of_more_items_than_one_step_takes_is_known(self) -> None:
        items = ",".join(["1", '"x"', "null"] * 5000)
        assert is_json(f"[{items}]".encode())
        assert not is_json(f"[{items},]".encode())

    def test_is_looked_through_without_being_built(self) -> None:
        document = b'[{"a":1,"b":"x","c":[1,2,3]}' + b',{"a":1,"b":"x","c":[1,2,3]}' * 50_000 + b"]"
        tracemalloc.start()
        try:
            assert is_json(document)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        # Its text passes by as UTF-8 in pieces of a megabyte.
        assert most < 4 * 2**20


class TestALargeColumnOfTypeJson:
    PLAN = plan_columns(shape_of(declared("J", "JSON")), TableChoice(table="T"), Carriage())

    def written(self, document: str) -> bytes:
        encoder = open_encoder(self.PLAN, Carriage(), role=PartRole.WHOLE)
        return written_by(encoder, delivered(self.PLAN, [(document,)])) + encoder.finish()

    def test_is_embedded_as_it_is(self) -> None:
        value = {"k": ["글" * LARGE]}
        assert read_lines(self.written(json.dumps(value))) == [{"J": value}]

    def test_that_holds_none_stops_the_table_with_the_columns_name(self) -> None:
        with pytest.raises(UnreadableValue, match="column J holds text that is no JSON"):
            self.written('["' + "x" * LARGE + '"')
