"""The one error for all parts that failed."""

from __future__ import annotations

import pytest

from mxt.errors import DataError, ModelError, MxtError
from mxt.executors.base import Receipt
from mxt.streams.failures import failure

BAD = [
    Receipt(7, 700, 100, error="the model is wrong.", exit_code=4),
    Receipt(2, 200, 100, error="a cell is missing.", exit_code=3),
]


def test_it_is_that_of_the_first_part_in_the_table_however_the_parts_came_in() -> None:
    error = failure(BAD, whole=8)
    assert type(error) is DataError
    assert str(error) == (
        "a cell is missing. (part 2, rows 200 to 299). 1 more parts failed. "
        "8 parts are kept; the next run goes on from there."
    )


@pytest.mark.parametrize(("receipt", "kind"), [(BAD[0], ModelError), (Receipt(0, 0, 9, error="?"), MxtError)])
def test_the_error_of_a_pilot_names_no_part(receipt: Receipt, kind: type[MxtError]) -> None:
    error = failure([receipt])
    assert (type(error), str(error)) == (kind, receipt.error)
