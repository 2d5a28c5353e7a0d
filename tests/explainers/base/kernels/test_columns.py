"""Codes of columns: a number is at most a split value if, and only if, its code is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from explainers.base.kernels.forests import forest
from mxt.errors import ModelError
from mxt.explainers.base.kernels.columns import column_names, float_columns, make_columns
from mxt.explainers.base.kernels.engine import available

pytestmark = pytest.mark.skipif(not available(), reason="no compiled kernels")


def test_codes_order_numbers_as_their_split_values_do() -> None:
    trees = forest(np.random.default_rng(0), columns=3)
    _, tests = make_columns(trees)
    inner = np.flatnonzero(trees.left >= 0)
    assert len(inner) > 5
    for node in inner:
        edges = np.unique(trees.threshold[inner][trees.feature[inner] == trees.feature[node]])
        for number in (*edges, *np.nextafter(edges, np.inf), -9.0, 9.0):
            code = int((edges < number).sum())
            assert (code <= tests.cuts[node]) == (number <= trees.threshold[node])


def test_codes_of_categories_are_their_positions_among_those_tested() -> None:
    trees = forest(np.random.default_rng(1), columns=2, categorical=frozenset({0, 1}))
    _, tests = make_columns(trees)
    for column in range(2):
        named = [int(trees.category[node]) for node in np.flatnonzero(trees.feature == column)]
        categories = sorted({int(code) for number in named for code in trees.sets[number]})
        for number in named:
            assert [categories[code] for code in tests.sets[number]] == sorted(trees.sets[number].tolist())


def test_a_column_is_either_of_numbers_or_of_categories() -> None:
    trees = forest(np.random.default_rng(1), columns=1, categorical=frozenset({0}))
    inner = np.flatnonzero(trees.left >= 0)
    mixed = trees.category.copy()
    mixed[inner[0]] = -1
    with pytest.raises(ModelError, match="Column 0 of the ensemble is tested both as a number and"):
        make_columns(replace(trees, category=mixed))


def test_arrays_of_floats_are_not_copied() -> None:
    for kind in (np.float32, np.float64):
        table = np.ones((4, 2), kind)
        assert all(np.shares_memory(column, table) for column in float_columns(table, 2))
    assert float_columns(pd.DataFrame({"a": pd.array([1, None], dtype="Int64")}), 1)[0].dtype == np.float64


def test_columns_without_names_are_named_by_position() -> None:
    assert column_names(np.zeros((1, 2))) == ["0", "1"]
    assert column_names(pd.DataFrame({"a": [1], 7: [2]})) == ["a", "7"]
