"""Decimals that a double stands for, and decimals that no double does."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from mxt.datasets.decimals import beyond_doubles, digits, without_decimals

PRICE = pa.decimal128(20, 2)


@pytest.mark.parametrize(
    ("cell", "beyond"),
    [
        ("0.30", False),
        ("123456789012345.67", False),
        ("12345678901234567.1", True),
        ("-12345678901234567.1", True),
        ("9007199254740993", True),
        ("9007199254740992", False),
        (None, False),
    ],
)
def test_a_double_stands_for_the_decimal_that_is_its_shortest_form(cell: str | None, *, beyond: bool) -> None:
    column = pa.array([None if cell is None else Decimal(cell)], PRICE)
    assert beyond_doubles(column).tolist() == [beyond]


@pytest.mark.parametrize("kind", [pa.decimal32(9, 2), pa.decimal64(18, 2), PRICE, pa.decimal256(40, 2)])
def test_prices_have_doubles_in_each_width(kind: pa.DataType) -> None:
    column = pa.array([Decimal("0.30"), Decimal("1999.99")], kind)
    assert not beyond_doubles(column).any()


def test_a_batch_has_doubles_and_the_places_of_the_rows_beyond_them() -> None:
    cells: list[Any] = [Decimal("0.30"), Decimal("12345678901234567.1"), None]
    batch, beyond = without_decimals(pa.record_batch({"x": pa.array(cells, PRICE), "n": [1, 2, 3]}))
    assert batch.column("x").to_pylist() == [0.3, 12345678901234567.1, None]
    assert beyond.tolist() == [1]


def test_digits_have_no_exponent_and_no_zeros_at_their_end() -> None:
    cells = [Decimal("1.50"), Decimal("100.00"), Decimal("-0.01"), None]
    assert digits(pa.array(cells, PRICE)).to_pylist() == ["1.5", "100", "-0.01", None]
