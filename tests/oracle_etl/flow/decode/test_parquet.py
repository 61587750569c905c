from __future__ import annotations

import io
import math
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from oracle_etl.flow.decode import Damaged, open_counter, parquet_batches
from oracle_etl.flow.decode.object_lines import parquet_lines
from oracle_etl.model.transport import Format


def file_of(**columns: Any) -> bytes:  # noqa: ANN401 - a column's values
    target = io.BytesIO()
    pq.write_table(pa.table(columns), target, compression="zstd", row_group_size=2)
    return target.getvalue()


class TestTheLinesOfAParquetFile:
    def test_tell_every_float_from_every_other_and_from_null(self) -> None:
        values = [math.nan, math.inf, -math.inf, 0.0, -0.0, 1.1, None]
        lines = list(parquet_lines([file_of(X=pa.array(values, pa.float64()))]))
        assert len(set(lines)) == len(values)

    def test_tell_texts_from_nulls_and_keep_every_digit(self) -> None:
        decimals = pa.array(["1.10", None], pa.string()).cast(pa.decimal128(38, 2))
        content = file_of(T=["", None], D=decimals, B=[b"\x00\xff", b""])
        first, second = parquet_lines([content[:10], content[10:]])
        assert first == b'{"T":"","D":1.10,"B":"00ff"}'
        assert second == b'{"T":null,"D":null,"B":""}'


class TestAParquetObject:
    def test_is_counted_over_all_its_row_groups(self) -> None:
        counter = open_counter(Format.PARQUET, columns=None)
        counter.take(file_of(X=[1, 2, 3, 4, 5]))
        counter.end()
        counter.close()
        assert counter.rows == 5

    @pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" * 10, file_of(X=[1])[:-1]])
    def test_that_is_none_is_damaged_whatever_the_reader_does(self, content: bytes) -> None:
        counter = open_counter(Format.PARQUET, columns=None)
        counter.take(content)
        with pytest.raises(Damaged, match="it is no whole Parquet file"):
            counter.end()
        counter.close()


class TestAnInterrupt:
    def test_while_a_file_is_read_is_no_damage(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupted(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(parquet_batches, "read_parquet", interrupted)
        with pytest.raises(KeyboardInterrupt):
            list(parquet_lines([b""]))
