"""The Gini coefficient is twice scikit-learn's area less 1."""

from __future__ import annotations

import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from metrics.tables import classified
from mxt.errors import ConfigError, DataError
from mxt.metrics.gini import GiniMetric
from mxt.metrics.sklearn import SklearnMetric

TRUTH, TABLE = classified(["No", "Yes"])


def test_score_and_interval_are_those_of_the_area_doubled_less_one() -> None:
    expected = 2 * roc_auc_score(TRUTH == "Yes", TABLE["probability_Yes"]) - 1
    assert GiniMetric().score(TRUTH, TABLE) == pytest.approx(expected, abs=1e-12)
    found, area = GiniMetric().interval(TRUTH, TABLE), SklearnMetric(name="roc_auc").interval(TRUTH, TABLE)
    assert found.method == "delong"
    assert (found.low, found.high) == pytest.approx((2 * area.low - 1, 2 * area.high - 1), abs=1e-12)


def test_one_of_several_classes_can_be_the_positive_one() -> None:
    truth, table = classified(["bad", "fair", "good"])
    expected = 2 * roc_auc_score(truth == "fair", table["probability_fair"]) - 1
    assert GiniMetric(positive="fair").score(truth, table) == pytest.approx(expected, abs=1e-12)
    with pytest.raises(ConfigError, match="which of 3 classes is the positive one"):
        GiniMetric().score(truth, table)
    with pytest.raises(
        ConfigError, match=r"'worst' for positive, which is none of \['bad', 'fair', 'good'\]"
    ):
        GiniMetric(positive="worst").score(truth, table)


def test_rows_of_one_class_and_a_model_without_probabilities_are_refused() -> None:
    one = TRUTH == "No"
    with pytest.raises(DataError, match="not defined for these"):
        GiniMetric().score(TRUTH[one], TABLE[one])
    with pytest.raises(DataError, match="needs probabilities"):
        GiniMetric().score(TRUTH, pd.DataFrame(TABLE["prediction"]))
