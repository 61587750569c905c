"""Many callers at the same moment: one job starts, and everyone is told which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import requests

from journey_homes.home import Home
from journey_homes.oracle import Oracle
from oracle_standin.faults import Action, Rule

CALLERS = 200
SLOWLY = Rule(action=Action.TRICKLE, statement="AS OF SCN", bytes_per_second=10_000, times=None)
"""The job must not end, and another one begin, while the callers are still calling."""


@pytest.fixture(scope="module")
def table(oracle: Oracle) -> str:
    rows = [(number, "x" * 190) for number in range(1_000)]
    oracle.make_table("CALLED_FOR", "ID NUMBER(9), NOTE VARCHAR2(200)", rows)
    return "SHOP.CALLED_FOR"


@pytest.fixture
def transport(home: Home, oracle: Oracle, table: str) -> Iterator[str]:
    with oracle.going_wrong(SLOWLY):
        transport = home.api.create([table])
        yield transport
        for job in home.api.get(f"/jobs?transport={transport}")["jobs"]:
            # It may end by itself first, which is refused and as good.
            cancelled = home.api.ask("POST", f"/jobs/{job['id']}/cancel", json={})
            assert cancelled.status_code in {202, 409}, cancelled.text
            home.api.ended(job["id"])


def call_at_once(home: Home, transport: str, headers: dict[str, str]) -> list[requests.Response]:
    barrier = Barrier(CALLERS)

    def call(_: int) -> requests.Response:
        api = home.api
        barrier.wait(timeout=90)
        return api.ask("POST", f"/transports/{transport}/execute", json={}, headers=headers)

    with ThreadPoolExecutor(CALLERS) as callers:
        return list(callers.map(call, range(CALLERS)))


class TestTwoHundredCallers:
    def test_start_one_job_and_all_others_are_told_which(self, home: Home, transport: str) -> None:
        replies = call_at_once(home, transport, {})
        assert Counter(reply.status_code for reply in replies) == {202: 1, 409: CALLERS - 1}
        [started] = [reply.json()["id"] for reply in replies if reply.ok]
        told = {reply.json()["details"]["job_id"] for reply in replies if not reply.ok}
        assert told == {started}
        jobs = home.api.get(f"/jobs?transport={transport}")["jobs"]
        assert [(job["id"], job["version"]) for job in jobs] == [(started, "v001")]

    def test_with_one_key_are_all_given_the_one_job(self, home: Home, transport: str) -> None:
        replies = call_at_once(home, transport, {"Idempotency-Key": "the same"})
        assert Counter(reply.status_code for reply in replies) == {202: CALLERS}
        assert len({reply.json()["id"] for reply in replies}) == 1
        first = [reply for reply in replies if "Idempotent-Replayed" not in reply.headers]
        assert len(first) == 1
