"""Statistics of counted cells: those of the rows that the cells stand for."""

from __future__ import annotations

import numpy as np

from mxt.stats.cells import FEW, difference, mean_of, of_rows

CHANCE = np.random.default_rng(0)


def test_the_mean_of_cells_is_that_of_rows() -> None:
    for values in (CHANCE.integers(0, 3, 500).astype(float), CHANCE.normal(size=FEW + 1)):
        cells = mean_of(values)
        np.testing.assert_allclose(cells.statistic(cells.sizes[None]), [values.mean()], rtol=1e-13)


def test_few_values_make_few_cells_and_many_values_make_none() -> None:
    assert len(mean_of(np.tile([1.0, 0.0], 400)).sizes) == 2
    assert mean_of(np.arange(FEW + 1.0)).sizes.tolist() == [1] * (FEW + 1)


def test_a_difference_is_that_of_the_same_rows_in_every_resample() -> None:
    first, second = CHANCE.integers(0, 2, 60).astype(float), CHANCE.integers(0, 4, 60).astype(float)
    both = difference(mean_of(first), mean_of(second))
    rows = CHANCE.integers(0, 60, size=(5, 60))
    counts = np.array([np.bincount(both.cell[drawn], minlength=len(both.sizes)) for drawn in rows])
    expected = [first[drawn].mean() - second[drawn].mean() for drawn in rows]
    np.testing.assert_allclose(both.statistic(counts), expected, rtol=1e-12, atol=1e-15)


def test_rows_that_all_differ_are_their_own_cells() -> None:
    cells = of_rows(lambda counts: counts @ np.arange(4), 4)
    assert cells.sizes.tolist() == [1, 1, 1, 1]
    assert cells.statistic(np.array([[0, 2, 0, 1]])).tolist() == [5]
