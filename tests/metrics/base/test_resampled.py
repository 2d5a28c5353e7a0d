"""Scores of many samples at once are those that scikit-learn gives to each."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import get_scorer_names

from metrics.tables import classified, measured
from mxt.errors import MxtError
from mxt.metrics.base.answers import encoded
from mxt.metrics.base.orders import order_of
from mxt.metrics.base.resampled import resampled
from mxt.metrics.sklearn import SklearnMetric

SETS = {
    "two": classified(["No", "Yes"], 120),
    "three": classified(["bad", "fair", "good"], 120),
    "numbers": measured(120),
}


def defined(name: str, kind: str) -> bool:
    try:
        SklearnMetric(name=name).score(*SETS[kind])
    except MxtError:
        return False
    return True


CASES = [(name, kind) for kind in SETS for name in get_scorer_names() if defined(name, kind)]
QUICK = [(name, kind) for name, kind in CASES if resampled(name, encoded(*SETS[kind])) is not None]
OF_CLASSES = [case for case in QUICK if case[1] != "numbers"]


def test_scorers_of_all_three_sorts_are_known() -> None:
    assert len(CASES) >= 60
    assert len(QUICK) >= 45


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_resamples_score_as_repeated_rows(name: str, kind: str) -> None:
    metric, (truth, table) = SklearnMetric(name=name), SETS[kind]
    order = order_of(truth, table)
    truth, table = truth.iloc[order], table.iloc[order]
    cells = metric.cells(truth, table)
    chance = np.random.default_rng(0)
    rows = [np.sort(chance.integers(120, size=120)) for _ in range(5)]
    counts = np.array([np.bincount(cells.cell[drawn], minlength=len(cells.sizes)) for drawn in rows])
    expected = [metric.score(truth.iloc[drawn], table.iloc[drawn]) for drawn in rows]
    np.testing.assert_allclose(cells.statistic(counts), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("name", "kind"), OF_CLASSES)
def test_a_sample_that_misses_a_class_scores_as_scikit_learn_does_or_not_at_all(name: str, kind: str) -> None:
    truth, table = SETS[kind]
    metric, chosen = SklearnMetric(name=name), (truth != truth.min()).to_numpy()
    cells = metric.cells(truth, table)
    found = cells.statistic(np.bincount(cells.cell[chosen], minlength=len(cells.sizes))[None])[0]
    try:
        expected = metric.score(truth[chosen], table[chosen])
    except MxtError:
        assert np.isnan(found) or name in {"neg_log_loss", "neg_brier_score"}, "a mean needs no second class"
    else:
        assert found == pytest.approx(expected, abs=1e-12)
