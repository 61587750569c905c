"""The tables that are measured: their columns, and a row of values for each number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from oracle_standin.values.moments import Moment

Value = int | Decimal | str | bytes | datetime | Moment | None
_FEWEST_ROWS = 400
_FEWEST_TABLES = 4
_ROUNDS = 4
"""How often a shrunk table replays its pool, which is what takes long to make."""
_START = datetime(2020, 1, 1)  # noqa: DTZ001  an Oracle DATE has no zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One column of a case."""

    name: str
    type: str
    precision: int | None = None
    scale: int | None = None
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One kind of table; `tables` of them are read one after the other."""

    name: str
    columns: tuple[Declared, ...]
    row: Callable[[int], Sequence[Value]]
    rows: int
    pool: int
    driver_sizes: tuple[int, ...]
    """Batch sizes among which the driver alone has its best."""
    peer_rows: int = 1_000
    """How many rows each peer carries: its rate does not depend on the table's length."""
    tables: int = 1

    def shrunk(self, share: float) -> Case:
        """Return the case with a share of its rows and tables, to try a measurement out."""
        if share == 1:
            return self
        rows = max(_FEWEST_ROWS, int(self.rows * share) // _FEWEST_ROWS * _FEWEST_ROWS)
        return replace(
            self,
            rows=rows,
            pool=min(self.pool, max(_FEWEST_ROWS, rows // _ROUNDS)),
            peer_rows=min(self.peer_rows, rows),
            tables=min(self.tables, max(_FEWEST_TABLES, int(self.tables * share))),
        )


def _number(name: str, precision: int | None = None, scale: int | None = 0) -> Declared:
    free = precision is None
    return Declared(name=name, type="NUMBER", precision=precision, scale=None if free else scale)


def _text(name: str, size: int) -> Declared:
    return Declared(name=name, type="VARCHAR2", size=size)


def _date(name: str) -> Declared:
    return Declared(name=name, type="DATE")


def _narrow_row(n: int) -> Sequence[Value]:
    return (
        n,
        n * 7 % 100_000,
        Decimal(n * 137 % 10_000_000) / 100,
        -n,
        f"CUST{n:012d}",
        f"MAT-{n % 5000:06d}",
        f"Text value {n:06d}",
        _START + timedelta(days=n % 2000),
        _START + timedelta(days=n % 900, seconds=n),
        _START + timedelta(seconds=n, microseconds=n * 31 % 1_000_000),
    )


_NARROW = (
    _number("ID", 10),
    _number("QTY", 9),
    _number("AMT", 13, 2),
    _number("DELTA", 10),
    _text("KUNNR", 20),
    _text("MATNR", 20),
    _text("TXT", 20),
    _date("D1"),
    _date("D2"),
    Declared(name="TS1", type="TIMESTAMP(6)", scale=6),
)

_WIDE_SIZES = (3, 4, 10, 18, 2, 1)
_WIDE_COLUMNS = 274


def _wide_column(at: int) -> Declared:
    kind, name = at % 10, f"VB{at:03d}"
    if kind < 6:  # noqa: PLR2004  six in ten are texts, as in SAP's VBRP
        return _text(name, _WIDE_SIZES[at % 6])
    return _number(name, 13, 2) if kind < 9 else _date(name)  # noqa: PLR2004  three in ten numbers


_WIDE = tuple(_wide_column(at) for at in range(_WIDE_COLUMNS))


def _wide_row(n: int) -> Sequence[Value]:
    return tuple(_wide_value(column, n * 31 + at * 17) for at, column in enumerate(_WIDE))


def _wide_value(column: Declared, h: int) -> Value:
    if column.type == "VARCHAR2":
        return None if h % 5 == 0 else f"{h:0{column.size}d}"[-column.size :]
    if column.type == "NUMBER":
        return 0 if h % 2 else Decimal(h % 1_000_000) / 100
    return _START + timedelta(days=h % 1500)


_EBS = (
    *(_number(f"SEGMENT_AMOUNT{at:02d}") for at in range(40)),
    *(_text(f"ATTRIBUTE{at:02d}", 150) for at in range(12)),
    *(_number(f"ORG_ID{at}", 15) for at in range(4)),
    *(_date(f"LAST_UPDATE_DATE{at}") for at in range(4)),
)


def _ebs_value(column: Declared, n: int, at: int) -> Value:
    h = n * 2_654_435_761 + at * 40_503 & 0xFFFFFFFF
    if column.type == "NUMBER" and column.precision is None:
        forms = (h % 10**6, Decimal(h) / 100, Decimal(h % 9999) / 10_000, -(h % 5000), None)
        return forms[h % 5]
    if column.type == "NUMBER":
        return h % 1000
    if column.type == "DATE":
        return _START + timedelta(seconds=h % 10**8)
    return None if h % 3 == 0 else f"Value {h % 10_000} of {column.name}"


def _ebs_row(n: int) -> Sequence[Value]:
    return tuple(_ebs_value(column, n, at) for at, column in enumerate(_EBS))


_LOB = (
    _number("ID", 10),
    _text("NAME", 40),
    Declared(name="DOCUMENT", type="CLOB"),
    Declared(name="PICTURE", type="BLOB"),
)


def _lob_row(n: int) -> Sequence[Value]:
    document = f"Line {n} of a document that somebody typed.\n" * (20 + n % 300)
    return (n, f"Document {n}", document, bytes((n * at) & 255 for at in range(997)) * 2)


_SPARSE = (
    _number("ID", 10),
    *(_text(f"FLEX{at:02d}", 60) for at in range(60)),
    *(_number(f"MEASURE{at:02d}", 15, 3) for at in range(40)),
)


def _sparse_row(n: int) -> Sequence[Value]:
    return tuple(
        n
        if column.name == "ID"
        else None
        if (n * 31 + at * 7) % 20
        else Decimal(n % 999)
        if column.type == "NUMBER"
        else f"flex {n}"
        for at, column in enumerate(_SPARSE)
    )


_THIRD = Decimal(1) / 3
_EXACT = (
    _number("ID", 10),
    _number("RATE"),
    _number("LARGE"),
    _number("DIGITS38", 38),
    _number("DIGITS19", 19),
    _number("AMOUNT", 25, 5),
    Declared(name="MOMENT9", type="TIMESTAMP(9)", scale=9),
    Declared(name="MOMENT_TZ", type="TIMESTAMP(6) WITH TIME ZONE", scale=6),
    _text("NAME", 40),
)


def _exact_row(n: int) -> Sequence[Value]:
    """Give values that doubles, microseconds and clocks without a zone lose."""
    h = n * 2_654_435_761 & 0xFFFFFFFF
    return (
        n,
        Decimal(h) / 10**12 + round(_THIRD, 20),
        Decimal(f"{h:010d}1234567890.12345"),
        Decimal(f"{10**8 + n}{h:010d}9876543210987654321"),
        2**62 + n,
        Decimal(f"{h:010d}00000{n % 10**5:05d}.12345"),
        Moment(2024, 2, 29, n % 24, n % 60, h % 60, h % 10**9),
        Moment(2024, 1 + n % 12, 28, n % 24, n % 60, h % 60, h % 10**6 * 1000, (540, -210)[n % 2]),
        f"Name {n:06d}",
    )


CASES = {
    case.name: case
    for case in (
        Case(
            name="narrow",
            columns=_NARROW,
            row=_narrow_row,
            rows=1_000_000,
            pool=20_000,
            driver_sizes=(1000, 2000, 5000, 10_000),
            peer_rows=100_000,
        ),
        Case(
            name="wide",
            columns=_WIDE,
            row=_wide_row,
            rows=40_000,
            pool=5_000,
            driver_sizes=(200, 500, 1000, 2000),
            peer_rows=4_000,
        ),
        Case(
            name="ebs",
            columns=_EBS,
            row=_ebs_row,
            rows=150_000,
            pool=5_000,
            driver_sizes=(500, 1000, 2000, 5000),
            peer_rows=10_000,
        ),
        Case(
            name="lob",
            columns=_LOB,
            row=_lob_row,
            rows=10_000,
            pool=1_000,
            driver_sizes=(50, 100, 200, 500),
            peer_rows=1_000,
        ),
        Case(
            name="sparse",
            columns=_SPARSE,
            row=_sparse_row,
            rows=200_000,
            pool=5_000,
            driver_sizes=(500, 1000, 2000, 5000),
            peer_rows=10_000,
        ),
        Case(
            name="small",
            columns=_NARROW,
            row=_narrow_row,
            rows=2_000,
            pool=2_000,
            driver_sizes=(1000, 2000),
            peer_rows=2_000,
            tables=100,
        ),
        Case(
            name="exact",
            columns=_EXACT,
            row=_exact_row,
            rows=100_000,
            pool=5_000,
            driver_sizes=(1000, 2000, 5000),
            peer_rows=5_000,
        ),
    )
}
