"""Work out in money what a benchmark measured.

    python -m benchmarks --json bench-results.json
    python -m benchmarks.costs bench-results.json

Prices are those of docs/costs.md. Times are CPU-seconds of the machine that measured, so every
figure is a floor: a worker that waits for Oracle or for the network is paid for as well.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VCPU_SECOND = 0.0000216
GIB_SECOND = 0.0000024
FIRESTORE_WRITE = 0.115 / 100_000
FIRESTORE_READ = 0.038 / 100_000
CLASS_A_OPERATION = 0.005 / 1000
GIB_FOR_A_VCPU = 1.0
SEEDS_BYTES = 4.7e12
"""How much the seed is to carry, here as JSON Lines before compression."""
WRITES_OF_A_TABLE, READS_OF_A_TABLE = 9.05, 14.0
"""Measured on Firestore's emulator with two workers, besides progress."""
WRITES_OF_A_PART = 4
OPERATIONS_OF_A_TABLE = 4
OPERATIONS_OF_A_PART = 2
_JSON_LINES = "jsonl.gz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a case costs in one format."""

    case: str
    format: str
    bytes_of_a_row: float
    """As JSON Lines, whatever the format."""
    rows_per_cpu_second: float

    @property
    def million_rows(self) -> float:
        """Dollars for a million rows."""
        return 1e6 / self.rows_per_cpu_second * _SECOND

    @property
    def seeds_cpu_seconds(self) -> float:
        """How long one vCPU works on all that the seed is to carry."""
        return SEEDS_BYTES / self.bytes_of_a_row / self.rows_per_cpu_second


_SECOND = VCPU_SECOND + GIB_FOR_A_VCPU * GIB_SECOND


def main() -> None:
    """Print what the figures of a file cost."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.costs")
    parser.add_argument("file", type=Path, help="what `python -m benchmarks --json FILE` stored")
    file: Path = parser.parse_args().file
    results = json.loads(file.read_text(encoding="utf-8"))["results"]
    print("\n".join(lines_of(list(costs_of(results)))))


def costs_of(results: Sequence[Mapping[str, Any]]) -> Iterator[Cost]:
    """Yield the cost of each case and format that one worker carried."""
    alone = [each for each in results if each["parts"] == 1]
    sizes = {each["case"]: _bytes_of_a_row(each) for each in alone if each["format"] == _JSON_LINES}
    for each in alone:
        if each["case"] in sizes:
            yield Cost(
                case=each["case"],
                format=each["format"],
                bytes_of_a_row=sizes[each["case"]],
                rows_per_cpu_second=each["rows_per_cpu_second"],
            )


def _bytes_of_a_row(result: Mapping[str, Any]) -> float:
    size: float = result["json_mb_per_second"] * 1e6 / result["rows_per_second"]
    return size


def lines_of(costs: Sequence[Cost]) -> Iterator[str]:
    """Yield the tables as docs/costs.md shows them."""
    yield "| table | format | bytes of a row | a million rows | 4.7 TB of JSON | vCPU-seconds |"
    yield "|---|---|---|---|---|---|"
    for each in costs:
        yield (
            f"| {each.case} | {each.format} | {each.bytes_of_a_row:,.0f} "
            f"| ${each.million_rows:.6f} | ${each.seeds_cpu_seconds * _SECOND:,.2f} "
            f"| {each.seeds_cpu_seconds:,.0f} |"
        )
    yield ""
    yield "| besides rows | Firestore | Cloud Storage |"
    yield "|---|---|---|"
    table = WRITES_OF_A_TABLE * FIRESTORE_WRITE + READS_OF_A_TABLE * FIRESTORE_READ
    part = WRITES_OF_A_PART * FIRESTORE_WRITE
    yield f"| a table | ${table:.6f} | ${OPERATIONS_OF_A_TABLE * CLASS_A_OPERATION:.6f} |"
    yield f"| a part | ${part:.6f} | ${OPERATIONS_OF_A_PART * CLASS_A_OPERATION:.6f} |"


if __name__ == "__main__":
    main()
