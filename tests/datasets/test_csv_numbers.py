"""Texts as numbers, by the separators between thousands and before fractions."""

from __future__ import annotations

import pyarrow as pa
import pytest

from mxt.datasets.csv_numbers import as_texts, mended, number_fields, number_types, numbers, with_numbers
from mxt.errors import DataError


def test_numbers_are_the_nearest_doubles() -> None:
    cells = pa.array(["9.007.199.254.740.993", "0,1", None, "-1.234,5678"])
    assert numbers(cells, pa.float64(), ",", ".").to_pylist() == [9007199254740992.0, 0.1, None, -1234.5678]
    assert numbers(cells[:1], pa.int64(), ",", ".").to_pylist() == [9007199254740993]


@pytest.mark.parametrize("cell", ["1,10", "01,100", "1.5", "", "x", "1,100.5"])
def test_other_texts_are_no_whole_numbers(cell: str) -> None:
    with pytest.raises(pa.ArrowInvalid):
        numbers(pa.array(["1,100", cell]), pa.int64(), ".", ",")


def test_columns_are_whole_numbers_doubles_or_texts() -> None:
    batch = pa.record_batch(
        {
            "i": ["1,100", "5"],
            "f": ["1,100", ".5"],
            "t": ["1,100", "x"],
            "n": pa.array([None, None], pa.string()),
        }
    )
    types = number_types(batch, (".", ","))
    assert types == {"i": pa.int64(), "f": pa.float64()}
    assert with_numbers(batch, types, (".", ","), "here").to_pydict() == {
        "i": [1100, 5],
        "f": [1100.0, 0.5],
        "t": ["1,100", "x"],
        "n": [None, None],
    }
    with pytest.raises(
        DataError, match=r"here: column 't' is int64 in rows before it: one text without digits"
    ):
        with_numbers(batch, {"t": pa.int64()}, (".", ","), "here")


def test_numbers_of_a_schema_may_be_read_as_texts() -> None:
    schema = pa.schema({"i": pa.int64(), "f": pa.float64(), "b": pa.bool_(), "year": pa.int32()})
    assert [*number_fields(schema)] == ["i", "f"]
    assert as_texts(schema, ["i"]).types == [pa.string(), pa.float64(), pa.bool_(), pa.int32()]


def test_what_was_no_number_is_described_by_its_shape() -> None:
    assert mended(["1,100"]).startswith(": '9,999'-like; set `thousands: ','`")
    assert mended([]) == "; mend it, or name its type in `types`."
