"""Frames as bytes and put together, by pandas' own comparison."""

from __future__ import annotations

import pandas as pd
import pytest

from mxt.datasets.frames import from_bytes, to_bytes, together
from mxt.errors import DataError


def test_bytes_bring_back_types_names_and_the_index() -> None:
    frame = pd.DataFrame(
        {
            "text": ["a", None],
            "old text": pd.array(["a", "b"], dtype=object),
            "whole": pd.array([1, None], dtype="Int64"),
            "level": pd.Categorical(["low", "high"], ["low", "high", "top"], ordered=True),
        },
        index=pd.Index([7, 3], name="whole"),
    )
    pd.testing.assert_frame_equal(from_bytes(to_bytes(frame)), frame)
    bare = frame.set_axis(["x", "y"])
    pd.testing.assert_frame_equal(from_bytes(to_bytes(bare)), bare)


def test_a_column_that_mixes_types_is_refused_without_its_cells() -> None:
    with pytest.raises(DataError, match="mixes types") as refused:
        to_bytes(pd.DataFrame({"a": [1, "secret"]}))
    assert "secret" not in str(refused.value)


def test_categories_of_all_frames_are_known_in_any_order() -> None:
    one, two = (pd.DataFrame({"a": pd.Categorical(cells)}) for cells in (["z", "m"], ["m", "a"]))
    there, back = together([one, two]), together([two, one])
    assert there["a"].cat.categories.tolist() == back["a"].cat.categories.tolist() == ["a", "m", "z"]
    assert there["a"].tolist() == ["z", "m", "m", "a"]


def test_a_column_may_have_any_name() -> None:
    one, two = (pd.DataFrame({"self": pd.Categorical([cell]), 7: [1]}) for cell in "ab")
    found = together([one, two])
    assert found["self"].tolist() == ["a", "b"]
    assert one["self"].cat.categories.tolist() == ["a"]


def test_categories_keep_their_order_where_all_have_it() -> None:
    one, two = (pd.DataFrame({"a": pd.Categorical(["m"], order)}) for order in (["z", "m"], ["m", "z"]))
    assert together([one, one])["a"].cat.categories.tolist() == ["z", "m"]
    assert together([one, two])["a"].cat.categories.tolist() == ["m", "z"]
    assert together([two, one])["a"].cat.categories.tolist() == ["m", "z"]


def test_orders_that_differ_are_refused() -> None:
    one, two = (pd.DataFrame({"a": pd.Categorical(["m"], [other, "m"], ordered=True)}) for other in "xy")
    with pytest.raises(DataError, match="ordered categories"):
        together([one, two])


def test_booleans_beside_numbers_become_numbers() -> None:
    one, two = pd.DataFrame({"a": [True, False]}), pd.DataFrame({"a": [1.0, None]})
    found = together([one, two])["a"]
    assert found.dtype == "float64"
    assert found.fillna(9).tolist() == [1, 0, 1, 9]
    assert together([one, one])["a"].dtype == "bool"
