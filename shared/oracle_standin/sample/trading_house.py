"""The rows of the trading house: departments, employees, customers, products, orders, stock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal

from oracle_standin.engine import instants
from oracle_standin.engine.kinds import Value
from oracle_standin.engine.storage.blocks import Row
from oracle_standin.port import ColumnType
from oracle_standin.sample.cells import CellMaker, rows_of
from oracle_standin.values.cells import NULL

DAY_ONE = instants.instant(2024, 1, 1)
FAMILY_NAMES = ("김", "이", "박", "최", "정", "Smith", "Müller", "García", "Nguyễn", "佐藤")
GIVEN_NAMES = ("민준", "서연", "도윤", "지우", "하준", "Anna", "José", "Zoë", "Linh", "太郎")
CITIES = ("서울", "부산", "인천", "Zürich", "São Paulo", "東京", "Kraków", "New York", None)
COUNTRIES = ("KR ", "DE ", "JP ", "US ", "BR ")
GOODS = ("나사", "볼트", "Schraube", "tuerca", "ボルト", "bearing", "valve", "밸브")
STATES = ("NEW", "PAID", "SENT", "CLOSED")
ZONES = (540, 0, -300, 60)

EMPLOYEES = 200
CUSTOMERS = 2_000
PRODUCTS = 500
ORDERS = 20_000
POOL = 1_500
ORDERING_SECONDS = 600 * 86400

Kinds = Sequence[ColumnType]


def departments(make: CellMaker, kinds: Kinds) -> Iterator[Row]:
    """Return the rows of DEPARTMENTS."""
    names = ("본사", "영업부", "Research", "Einkauf", "물류", "Finanzas")
    numbers = [Decimal(10 * each) for each in range(1, len(names) + 1)]
    return _rows(make, kinds, numbers, names, CITIES[1 : len(names) + 1])


def employees(make: CellMaker, kinds: Kinds) -> Iterator[Row]:
    """Return the rows of EMPLOYEES, three of whom have nobody above them."""
    number, family, given, email, hired, salary, commission, boss, department = kinds
    choose = make.choose
    bosses = [None] * 3 + [
        Decimal(choose.randrange(1, min(each, 20))) for each in range(4, EMPLOYEES + 1)
    ]
    days = [DAY_ONE - each * instants.DAY for each in range(5000)]
    shares = make.any_of(commission, _hundredths(range(40)), count=EMPLOYEES)
    return rows_of(
        (
            make.each(number, _numbers(EMPLOYEES)),
            make.any_of(family, FAMILY_NAMES, count=EMPLOYEES),
            make.any_of(given, GIVEN_NAMES, count=EMPLOYEES),
            make.each(email, (f"user{each}@example.com" for each in range(1, EMPLOYEES + 1))),
            make.each(hired, choose.choices(days, k=EMPLOYEES)),
            make.each(salary, _hundredths(_whole(make, 200_000, 900_000, EMPLOYEES))),
            make.padded(shares, NULL, share=0.7),
            make.each(boss, bosses),
            make.any_of(department, (Decimal(10 * each) for each in range(1, 7)), count=EMPLOYEES),
        )
    )


def customers(make: CellMaker, kinds: Kinds) -> Iterator[Row]:
    """Return the rows of CUSTOMERS."""
    number, name, city, country, credit, created = kinds
    names = [f"{family} {given}" for family in FAMILY_NAMES for given in GIVEN_NAMES]
    moments = [DAY_ONE + each for each in _whole(make, 0, 10**15, CUSTOMERS)]
    return rows_of(
        (
            make.each(number, _numbers(CUSTOMERS)),
            make.any_of(name, names, count=CUSTOMERS),
            make.any_of(city, CITIES, count=CUSTOMERS),
            make.any_of(country, COUNTRIES, count=CUSTOMERS),
            make.each(credit, _hundredths(_whole(make, 0, 10**9, CUSTOMERS))),
            make.each(created, moments),
        )
    )


def products(make: CellMaker, kinds: Kinds) -> Iterator[Row]:
    """Return the rows of PRODUCTS, every third one described."""
    number, name, price, weight, description = kinds
    choose = make.choose
    names = [f"{goods} M{size}" for goods in GOODS for size in range(2, 40)]
    described = (
        None if each % 3 else "가나다 " * choose.randrange(1, 40) for each in range(1, PRODUCTS + 1)
    )
    return rows_of(
        (
            make.each(number, _product_numbers()),
            make.any_of(name, names, count=PRODUCTS),
            make.each(price, _thousandths(_whole(make, 1, 10**6, PRODUCTS))),
            make.each(weight, (choose.random() * 50 for _ in range(PRODUCTS))),
            make.each(description, described),
        )
    )


def orders(make: CellMaker, kinds: Kinds) -> Iterator[Row]:
    """Return the rows of ORDERS."""
    number, customer, ordered, state, sent, memo = kinds
    seconds = _whole(make, 0, ORDERING_SECONDS, POOL)
    days = [DAY_ONE + each * instants.SECOND for each in seconds]
    zoned = [instants.Zoned(at, ZONES[place % len(ZONES)]) for place, at in enumerate(days)]
    memos = make.any_of(memo, (f"메모 {each}" for each in range(POOL)), count=ORDERS)
    return rows_of(
        (
            make.each(number, _numbers(ORDERS)),
            make.any_of(customer, _numbers(CUSTOMERS), count=ORDERS),
            make.any_of(ordered, days, count=ORDERS),
            make.any_of(state, STATES, count=ORDERS),
            make.any_of(sent, zoned, count=ORDERS),
            make.padded(memos, NULL, share=0.8),
        )
    )


def order_items(make: CellMaker, kinds: Kinds) -> Iterator[Row]:
    """Return the rows of ORDER_ITEMS, one or two for each order."""
    order, line, product, quantity, price = kinds
    orders_ = make.each(order, _numbers(ORDERS))
    first, second = make.each(line, _numbers(2))
    keys = [
        (number, line_)
        for number, lines in zip(orders_, make.choose.choices((1, 2), k=ORDERS), strict=True)
        for line_ in (first, second)[:lines]
    ]
    count = len(keys)
    return rows_of(
        (
            [number for number, _ in keys],
            [line_ for _, line_ in keys],
            make.any_of(product, _product_numbers(), count=count),
            make.any_of(quantity, _numbers(99), count=count),
            make.any_of(price, _thousandths(_whole(make, 1, 10**6, POOL)), count=count),
        )
    )


def stock(make: CellMaker, kinds: Kinds) -> Iterator[Row]:
    """Return the rows of STOCK: every product in two cities."""
    product, city, pieces, counted = kinds
    count = 2 * PRODUCTS
    days = [DAY_ONE + each * instants.DAY for each in range(700)]
    return rows_of(
        (
            make.each(product, (each for each in _product_numbers() for _ in range(2))),
            make.each(city, ("서울", "부산") * PRODUCTS),
            make.any_of(pieces, (Decimal(each) for each in range(0, 5000, 3)), count=count),
            make.any_of(counted, days, count=count),
        )
    )


ROWS: dict[str, Callable[[CellMaker, Kinds], Iterator[Row]]] = {
    "DEPARTMENTS": departments,
    "EMPLOYEES": employees,
    "CUSTOMERS": customers,
    "PRODUCTS": products,
    "ORDERS": orders,
    "ORDER_ITEMS": order_items,
    "STOCK": stock,
}
"""How the rows of each table are made, parents first."""


def _rows(make: CellMaker, kinds: Kinds, *columns: Iterable[Value]) -> Iterator[Row]:
    return rows_of(make.each(kind, values) for kind, values in zip(kinds, columns, strict=True))


def _numbers(count: int) -> list[Decimal]:
    return [Decimal(number) for number in range(1, count + 1)]


def _whole(make: CellMaker, low: int, high: int, count: int) -> list[int]:
    return [make.choose.randrange(low, high) for _ in range(count)]


def _hundredths(values: Iterable[int]) -> list[Decimal]:
    return [Decimal(value).scaleb(-2) for value in values]


def _thousandths(values: Iterable[int]) -> list[Decimal]:
    return [Decimal(value).scaleb(-3) for value in values]


def _product_numbers() -> list[str]:
    return [f"P-{number:05d}" for number in range(1, PRODUCTS + 1)]
