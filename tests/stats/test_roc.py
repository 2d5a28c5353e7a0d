"""The area under the ROC curve and DeLong's interval of it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit, ndtr, ndtri
from sklearn.metrics import roc_auc_score

from mxt.stats.proportions import wilson
from mxt.stats.roc import auc, delong


def by_pairs(scores: np.ndarray, positive: np.ndarray) -> tuple[float, float]:
    """The area and DeLong's variance by their definition, over all pairs of a positive and a negative row."""
    first, second = scores[positive][:, None], scores[~positive][None]
    won = (first > second) + (first == second) / 2
    return won.mean(), won.mean(axis=1).var(ddof=1) / len(first) + won.mean(axis=0).var(ddof=1) / second.size


@pytest.mark.parametrize("places", [1, 8])
def test_area_and_variance_are_those_of_the_definition_over_pairs(places: int) -> None:
    chance = np.random.default_rng(0)
    positive = chance.random(80) < 0.3
    scores = np.round(chance.normal(size=80) + positive, places)
    area, variance = by_pairs(scores, positive)
    found = delong(scores, positive)
    assert found.estimate == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)
    reach = ndtri(0.975) * np.sqrt(variance) / (area * (1 - area))
    ends = expit([logit(area) - reach, logit(area) + reach])
    assert (found.low, found.high) == pytest.approx(tuple(ends), abs=1e-12)


@pytest.mark.parametrize(("area", "positives", "negatives"), [(0.75, 50, 100), (0.9, 60, 60), (0.6, 30, 300)])
def test_the_interval_holds_the_area_93_to_97_times_of_a_hundred(
    area: float, positives: int, negatives: int
) -> None:
    # Normal scores a distance apart: the area is the chance that the difference of two is positive.
    chance, runs = np.random.default_rng(1), 2000
    apart = ndtri(area) * np.sqrt(2)
    assert ndtr(apart / np.sqrt(2)) == pytest.approx(area)
    positive = np.arange(positives + negatives) < positives
    scores = chance.normal(size=(runs, positives + negatives)) + apart * positive
    found = [delong(row, positive) for row in scores]
    assert 0.93 <= np.mean([part.low <= area <= part.high for part in found]) <= 0.97


def test_a_perfect_separation_has_the_interval_of_independent_pairs() -> None:
    positive = np.arange(30) < 10
    found = delong(positive.astype(float), positive)
    assert found == wilson(10, 10)
    assert found.low < 0.75
    assert delong(-positive.astype(float), positive).high == wilson(0, 10).high


def test_constant_scores_have_an_interval_around_a_half() -> None:
    found = delong(np.ones(40), np.arange(40) < 20)
    assert found.estimate == 0.5
    assert found.low < 0.5 < found.high


def test_one_class_has_no_area() -> None:
    assert np.isnan(delong(np.arange(4.0), np.ones(4, dtype=bool))).all()
    assert np.isnan(auc(np.arange(4.0), np.ones(4, dtype=bool), np.ones((1, 4), dtype=int))).all()


def test_areas_of_counted_rows_are_those_of_repeated_rows() -> None:
    chance = np.random.default_rng(2)
    positive = chance.random(60) < 0.4
    scores = np.round(chance.normal(size=60) + positive, 1)
    counts = chance.multinomial(60, np.full(60, 1 / 60), size=20)
    rows = [np.repeat(np.arange(60), row) for row in counts]
    repeated = [roc_auc_score(positive[row], scores[row]) for row in rows]
    np.testing.assert_allclose(auc(scores, positive, counts), repeated, atol=1e-12)
