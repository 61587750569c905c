"""The columns of a statement, as the driver describes them."""

from __future__ import annotations

from types import SimpleNamespace

import oracledb
import pytest

from oracle_etl.gateways.oracle.describe import query_columns
from oracle_etl.model.columns import DeclaredColumn


def described(precision: int, scale: int) -> DeclaredColumn:
    info = SimpleNamespace(
        name="N",
        type_code=oracledb.DB_TYPE_NUMBER,
        precision=precision,
        scale=scale,
        internal_size=22,
        null_ok=True,
    )
    [column] = query_columns([info])
    return column


class TestANumber:
    @pytest.mark.parametrize(("precision", "scale"), [(9, 0), (38, 0), (12, 2), (5, -2)])
    def test_of_declared_size_keeps_it(self, precision: int, scale: int) -> None:
        assert (described(precision, scale).precision, described(precision, scale).scale) == (
            precision,
            scale,
        )

    @pytest.mark.parametrize(
        ("precision", "scale"), [(0, -127), (126, -127), (0, 0)], ids=["free", "float", "computed"]
    )
    def test_of_any_size_has_no_scale(self, precision: int, scale: int) -> None:
        # Asked for as a whole number, 1.11 would come as another one.
        assert described(precision, scale).scale is None
