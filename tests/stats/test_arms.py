"""Estimates of one arm against statsmodels, scipy and resampling, and how often their intervals hold."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from mxt.stats.arms import quantile, ratio_of_sums

CHANCE = np.random.default_rng(0)


def clustered(chance: np.random.Generator, subjects: int) -> tuple[np.ndarray, np.ndarray]:
    """Values and subjects: one to five rows each, alike within a subject."""
    codes = np.repeat(np.arange(subjects), chance.integers(1, 6, subjects))
    return chance.normal(size=subjects)[codes] + chance.normal(size=len(codes)), codes


def test_a_mean_of_one_row_a_subject_has_its_usual_error() -> None:
    values = CHANCE.exponential(size=50)
    found = ratio_of_sums(values, np.ones(50), np.arange(50))
    assert found.value == pytest.approx(values.mean(), rel=1e-12)
    assert found.error == pytest.approx(stats.sem(values), rel=1e-12)
    assert (found.subjects, found.count, found.successes) == (50, 50, None)


def test_a_mean_of_many_rows_a_subject_has_the_clustered_error_of_statsmodels() -> None:
    values, codes = clustered(CHANCE, 80)
    found = ratio_of_sums(values, np.ones(len(values)), codes)
    model = sm.OLS(values, np.ones(len(values)))
    fitted = model.fit(cov_type="cluster", cov_kwds={"groups": codes, "use_correction": False})
    assert found.error == pytest.approx(fitted.bse[0] * np.sqrt(80 / 79), rel=1e-10)
    assert found.error > 1.2 * stats.sem(values)


def test_a_share_of_independent_rows_tells_its_successes() -> None:
    told, right = np.array([1.0, 1, 0, 1]), np.array([1.0, 0, 0, 1])
    found = ratio_of_sums(right, told, np.arange(4))
    assert found.value == pytest.approx(2 / 3)
    assert (found.successes, found.count) == (2, 3)
    assert ratio_of_sums(right, told, np.array([0, 0, 1, 2])).successes is None


def test_the_error_of_f1_is_that_of_resampled_subjects() -> None:
    real, told = CHANCE.random(400) < 0.3, CHANCE.random(400) < 0.3
    told |= real & (CHANCE.random(400) < 0.6)
    tops, bottoms = 2.0 * (real & told), real.astype(float) + told
    found = ratio_of_sums(tops, bottoms, np.arange(400))
    chosen = CHANCE.integers(0, 400, (4000, 400))
    again = tops[chosen].sum(axis=1) / bottoms[chosen].sum(axis=1)
    # The standard deviation of 4,000 resamples has a relative error of 1.1 %.
    assert found.error == pytest.approx(again.std(), rel=0.05)


def test_a_quantile_is_numpys_and_its_error_that_of_theory() -> None:
    values = CHANCE.normal(size=4000)
    found = quantile(values, np.arange(4000), 0.9)
    assert found.value == np.quantile(values, 0.9)
    theory = np.sqrt(0.9 * 0.1 / 4000) / stats.norm.pdf(stats.norm.ppf(0.9))
    assert found.error == pytest.approx(theory, rel=0.15)


def test_a_quantile_that_too_few_lie_beyond_has_no_error() -> None:
    found = quantile(CHANCE.normal(size=50), np.arange(50), 0.99)
    assert np.isnan(found.error)
    assert "beyond the quantile" in found.unknown


@pytest.mark.parametrize(
    "values",
    [CHANCE.poisson(2.674, 1000), CHANCE.poisson(20.668, 1000), np.round(CHANCE.lognormal(5, 0.5, 1000), -1)],
)
@pytest.mark.parametrize("share", [0.5, 0.95])
def test_a_quantile_that_many_rows_equal_has_no_error(values: np.ndarray, share: float) -> None:
    found = quantile(values.astype(float), np.arange(1000), share)
    assert np.isnan(found.error)
    assert found.unknown == "too many rows equal the quantile; compare a share or a mean"


def test_a_quantile_between_two_values_that_many_rows_have_has_no_error() -> None:
    halves = np.repeat([1.0, 2.0], 200)
    assert quantile(halves, np.arange(400), 0.5).value == 1.5
    assert np.isnan(quantile(halves, np.arange(400), 0.5).error)


def test_copies_of_a_subject_are_no_ties() -> None:
    values = np.repeat(CHANCE.normal(size=300), 4)
    assert quantile(values, np.arange(1200) // 4, 0.5).error > 0


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_nineteen_intervals_of_twenty_hold_the_quantile_of_subjects_with_many_rows(share: float) -> None:
    held = []
    truth = stats.norm.ppf(share) * np.sqrt(2)
    for _ in range(1000):
        values, codes = clustered(CHANCE, 300)
        found = quantile(values, codes, share)
        held.append(abs(found.value - truth) <= 1.96 * found.error)
    # 1,000 draws of 95 % have a standard error of 0.7 points.
    assert np.mean(held) == pytest.approx(0.95, abs=0.02)
