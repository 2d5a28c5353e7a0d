"""The Brier score is scikit-learn's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss

from metrics.tables import classified, measured
from mxt.errors import DataError
from mxt.metrics.brier import BrierMetric


@pytest.mark.parametrize("classes", [["No", "Yes"], ["bad", "fair", "good"], [0, 1]])
def test_the_score_is_that_of_scikit_learn(classes: list[Any]) -> None:
    truth, table = classified(classes)
    shares = table.filter(like="probability_").to_numpy()
    expected = np.mean((np.eye(len(classes))[pd.Categorical(truth, categories=classes).codes] - shares) ** 2)
    expected *= len(classes) if len(classes) > 2 else 1
    if len(classes) == 2:
        assert expected == pytest.approx(brier_score_loss(truth == classes[1], shares[:, 1]), abs=1e-12)
    assert BrierMetric().score(truth, table) == pytest.approx(expected, abs=1e-12)


def test_numbers_have_no_brier_score() -> None:
    with pytest.raises(DataError, match="brier is for classes, and the model predicts numbers"):
        BrierMetric().score(*measured())
