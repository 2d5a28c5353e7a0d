"""The population stability index by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from drift.columns import texts
from drift.raw import compare
from mxt.drift.psi import PsiDrift
from mxt.stats.divergence import population_stability, population_stability_noise


def test_psi_of_categories_by_hand() -> None:
    found = compare(PsiDrift(), texts(a=60, b=40), texts(a=30, b=50, c=15, d=5))
    by_hand = population_stability(np.array([60, 40, 0]), np.array([30, 50, 20]))
    assert found.statistic == pytest.approx(by_hand, abs=1e-12)
    assert found.threshold == pytest.approx(population_stability_noise(3, 100, 100, 0.001), abs=1e-12)


def test_psi_counts_missing_values_as_a_category() -> None:
    found = compare(PsiDrift(), texts(a=80, none=20), texts(a=50, none=50))
    by_hand = population_stability(np.array([80, 20]), np.array([50, 50]))
    assert found.statistic == pytest.approx(by_hand, abs=1e-12)
    numbers = pd.Series([1.0] * 80 + [np.nan] * 20, name="x")
    assert compare(PsiDrift(), numbers, numbers.iloc[30:]).statistic > 0


def test_psi_of_numbers_is_that_of_tenths() -> None:
    before = pd.Series(np.arange(100.0), name="x")
    after = pd.Series(np.arange(50.0), name="x")
    by_hand = population_stability(np.full(10, 10), np.array([10] * 5 + [0] * 5))
    assert compare(PsiDrift(), before, after).statistic == pytest.approx(by_hand, abs=1e-12)


def test_psi_needs_both_a_large_index_and_enough_rows() -> None:
    few, many = ((texts(a=6 * size, b=4 * size), texts(a=3 * size, b=7 * size)) for size in (1, 100))
    assert not compare(PsiDrift(threshold=0.1), *few).drifted
    assert compare(PsiDrift(threshold=0.1), *many).drifted
    assert not compare(PsiDrift(threshold=0.9), *many).drifted


@pytest.mark.parametrize("outlier", [1e12, -1e300, np.inf])
def test_one_outlier_hides_no_drift(outlier: float) -> None:
    before = pd.Series(np.linspace(-2, 2, 400), name="x")
    after = before + 1
    kept = compare(PsiDrift(), before, after).statistic
    for pair in (
        (before, pd.concat([after, pd.Series([outlier])])),
        (pd.concat([before, pd.Series([outlier])]), after),
    ):
        found = compare(PsiDrift(), *(cells.rename("x") for cells in pair))
        assert found.drifted
        assert found.statistic == pytest.approx(kept, rel=0.15)
