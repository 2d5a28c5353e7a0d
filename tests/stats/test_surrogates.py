"""Weighted linear surrogates: by scikit-learn, by statsmodels, and by hand."""

from __future__ import annotations

import numpy as np
import statsmodels.api as sm
from sklearn.linear_model import Ridge

from mxt.stats.surrogates import fit_few, fit_surrogate, stability

CHANCE = np.random.default_rng(0)
DATA = CHANCE.integers(0, 2, size=(80, 5)).astype(float)
WEIGHTS = CHANCE.uniform(0.1, 1, 80)
TARGETS = DATA @ CHANCE.normal(size=(5, 2)) + CHANCE.normal(scale=0.3, size=(80, 2))


def test_the_fit_is_the_ridge_of_scikit_learn() -> None:
    fit = fit_surrogate(DATA, WEIGHTS, TARGETS, alpha=0.7)
    theirs = Ridge(alpha=0.7).fit(DATA, TARGETS, sample_weight=WEIGHTS)
    np.testing.assert_allclose(fit.coefficients, theirs.coef_.T, rtol=1e-10)
    np.testing.assert_allclose(fit.intercept, theirs.intercept_, rtol=1e-10)
    scores = [
        theirs_one.score(DATA, target, WEIGHTS)
        for target in TARGETS.T
        for theirs_one in [Ridge(alpha=0.7).fit(DATA, target, sample_weight=WEIGHTS)]
    ]
    np.testing.assert_allclose(fit.fidelity, scores, rtol=1e-10)


def test_the_errors_without_a_penalty_are_hc3_of_statsmodels() -> None:
    fit = fit_surrogate(DATA, WEIGHTS, TARGETS[:, :1], alpha=0.0)
    theirs = sm.WLS(TARGETS[:, 0], sm.add_constant(DATA), weights=WEIGHTS).fit(cov_type="HC3")
    np.testing.assert_allclose(fit.standard_error[:, 0], theirs.bse[1:], rtol=1e-9)


def test_too_few_samples_have_no_errors_and_a_constant_is_fitted_whole() -> None:
    fit = fit_surrogate(DATA[:6], WEIGHTS[:6], np.ones((6, 1)))
    assert np.isnan(fit.standard_error).all()
    assert fit.fidelity.tolist() == [1.0]


def test_a_fit_of_few_columns_is_the_fit_of_these_alone() -> None:
    data = np.vstack([np.ones(5), DATA[1:]])
    few = fit_few(data, WEIGHTS, TARGETS, count=2)
    for output in range(2):
        kept = np.flatnonzero(few.coefficients[:, output])
        assert len(kept) == 2
        alone = fit_surrogate(data[:, kept], WEIGHTS, TARGETS[:, [output]])
        np.testing.assert_allclose(few.coefficients[kept, output], alone.coefficients[:, 0], rtol=1e-12)


def test_stability_is_the_jaccard_index_of_the_leading_columns() -> None:
    first = np.array([[5.0], [-4], [3], [0.1], [0.2], [0.3]])
    other = np.array([[5.0], [0.1], [3], [-4], [0.2], [0.3]])
    assert stability(first, first).tolist() == [1.0]
    assert stability(first, other).tolist() == [0.5]
