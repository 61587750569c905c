from __future__ import annotations

from collections.abc import Iterator

import pytest

from oracle_at_hand import OracleAtHand, oracle_at_hand
from oracle_etl.gateways.oracle import OracleTableSource


@pytest.fixture(scope="module")
def oracle() -> Iterator[OracleAtHand]:
    with oracle_at_hand() as found:
        yield found


@pytest.fixture(scope="module")
def source(oracle: OracleAtHand) -> Iterator[OracleTableSource]:
    with oracle.source() as opened:
        yield opened
