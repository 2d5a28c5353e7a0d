"""Errors of predicted numbers are scikit-learn's; what is no number is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_absolute_error, mean_squared_error

from endpoints.experiments import arm, compared, yes_or_no
from mxt.endpoints.error import ErrorEndpoint
from mxt.errors import DataError

NUMBERS = pd.Series(np.arange(50.0))


def test_errors_are_those_of_scikit_learn() -> None:
    chance = np.random.default_rng(1)
    truth, predicted = pd.Series(chance.normal(size=80)), pd.Series(chance.normal(size=80))
    numbers = arm("control", truth=truth, predictions=predicted)
    absolute = compared(ErrorEndpoint(margin=0.1), numbers, numbers)
    squared = compared(ErrorEndpoint(margin=0.1, error="squared"), numbers, numbers)
    assert absolute.control == pytest.approx(mean_absolute_error(truth, predicted), abs=1e-12)
    assert squared.treatment == pytest.approx(mean_squared_error(truth, predicted), abs=1e-12)


def test_a_smaller_error_is_better() -> None:
    near, far = (arm("control", truth=NUMBERS, predictions=NUMBERS + gap) for gap in (NUMBERS / 99, NUMBERS))
    assert compared(ErrorEndpoint(margin=0.1, hypothesis="superiority"), far, near).verdict == "yes"
    assert compared(ErrorEndpoint(margin=0.1), near, far).verdict == "no"


def test_classes_have_no_error() -> None:
    words = arm("control", truth=yes_or_no(np.arange(50) > 9), predictions=yes_or_no(np.arange(50) > 7))
    with pytest.raises(DataError, match="control arm predicts no numbers"):
        compared(ErrorEndpoint(margin=0.1), words, words)


def test_infinite_predictions_are_refused_by_their_number() -> None:
    good = arm("control", truth=NUMBERS, predictions=NUMBERS)
    bad = arm("treatment", truth=NUMBERS, predictions=NUMBERS.replace({3.0: np.inf, 4.0: np.nan}))
    with pytest.raises(DataError, match="in 2 of 50 rows of the treatment arm the truth or the prediction"):
        compared(ErrorEndpoint(margin=0.1), good, bad)
