"""A calibrated classifier is the mean of its calibrators' probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from predictors.sklearn.composition.whole import ROWS, composed, labels, sums


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
@pytest.mark.parametrize(
    "core", [LogisticRegression(), DecisionTreeClassifier(max_depth=2)], ids=["decisions", "probabilities"]
)
def test_the_mean_over_folds_is_the_librarys_own(core: object, method: str, classes: int) -> None:
    model = CalibratedClassifierCV(core, method=method, cv=2).fit(ROWS, labels(classes))
    _, composition = composed(model)
    assert len(composition.parts) == 2
    own = model.predict_proba(ROWS)
    np.testing.assert_allclose(sums(composition), own[:, 1:] if classes == 2 else own, atol=1e-9)
