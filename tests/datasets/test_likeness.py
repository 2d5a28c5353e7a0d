"""Cells of two tables that are equal though their types differ."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mxt.datasets.likeness import comparable, joined, texts


@pytest.mark.parametrize(
    "cells",
    [
        [7, 0, 1],
        [7.0, -0.0, 1.0],
        np.array([7, 0, 1], "float32"),
        pd.array([7, 0, 1], "Int64"),
        ["7", "0", "1"],
    ],
)
def test_equal_numbers_have_equal_texts(cells: Any) -> None:
    assert texts(pd.Series(cells)).tolist() == ["7", "0", "1"]


def test_booleans_have_the_texts_of_numbers_and_fractions_keep_all_digits() -> None:
    assert texts(pd.Series([True, False])).tolist() == ["1", "0"]
    assert texts(pd.Series([0.1, 2.0**53, np.inf])).tolist() == ["0.1", "9007199254740992.0", "inf"]


def test_numbers_are_comparable_as_doubles_and_other_cells_as_texts() -> None:
    assert comparable(pd.Series(pd.array([1, None], "Int64")))[0] == 1.0
    assert np.isnan(comparable(pd.Series(pd.array([1, None], "Int64")))[1])
    assert list(comparable(pd.Series(["a", None], dtype="object"))) == ["a", None]


@pytest.mark.parametrize("ids", [["2", "9", "1"], [2, 9, 1]], ids=["texts", "numbers"])
@pytest.mark.parametrize("known", [["1", "2"], [1, 2]], ids=["of texts", "of numbers"])
def test_targets_are_joined_by_ids_of_either_type(known: list[Any], ids: list[Any]) -> None:
    found = joined(pd.Series(["no", "yes"], index=known), pd.Index(ids))
    assert found.index.tolist() == ids
    assert found.isna().tolist() == [False, True, False]
    assert found.dropna().tolist() == ["yes", "no"]
