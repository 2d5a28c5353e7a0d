"""Values in the shapes of shap, and sums that must be the library's scores."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from shap.utils._exceptions import ExplainerError
from sklearn.ensemble import RandomForestClassifier

from mxt.explainers.base.kernels.engine import available
from mxt.explainers.shap.answers import Answers, explained, require_sums, squeezed
from mxt.explainers.shap.models import tree_model_of

ROWS = np.random.default_rng(0).normal(size=(40, 3))


def test_one_output_and_one_row_have_no_dimension() -> None:
    values = np.arange(6.0).reshape(1, 3, 2)
    assert squeezed(values, ROWS[:1]).shape == (1, 3, 2)
    assert squeezed(values, ROWS[0]).tolist() == values[0].tolist()
    assert squeezed(values[..., :1], pd.DataFrame(ROWS[:1])).tolist() == [[0, 2, 4]]


def test_rows_that_do_not_add_up_are_counted() -> None:
    scores = np.array([[0.0], [1.0], [1e6]])
    require_sums(scores + np.array([[0], [0], [10]]), scores)
    with pytest.raises(ExplainerError, match=r"1 of 3 rows do not add up .*relative gap 0.5\)"):
        require_sums(scores + np.array([[0.5], [0], [0]]), scores)
    with pytest.raises(ExplainerError, match="3 of 3"):
        require_sums(scores * np.nan, scores)


def test_an_explanation_repeats_the_base_for_each_row() -> None:
    found = explained(np.zeros((2, 3)), np.array([0.5]), pd.DataFrame(ROWS[:2]), ["a", "b", "c"], 0.1)
    assert found.base_values.tolist() == [0.5, 0.5]
    assert found.data.tolist() == ROWS[:2].tolist()
    several = explained(np.zeros((2, 3, 2)), np.array([0.5, 1.5]), ROWS[:2], None, 0.1)
    assert several.base_values.tolist() == [[0.5, 1.5]] * 2


@pytest.mark.skipif(not available(), reason="no compiled kernels")
def test_two_classes_of_probabilities_mirror_each_other() -> None:
    forest = RandomForestClassifier(3, random_state=0).fit(ROWS, ROWS[:, 0] > 0)
    model = tree_model_of(forest)
    assert model is not None
    answers = Answers(model, "raw", None, None)
    values = answers.shaped(answers.values(ROWS), ROWS)
    np.testing.assert_array_equal(values[..., 0], -values[..., 1])
    np.testing.assert_allclose(answers.expected + values.sum(axis=1), forest.predict_proba(ROWS), atol=1e-12)
    answers.check(answers.values(ROWS), ROWS)
    with pytest.raises(ExplainerError):
        answers.check(answers.values(ROWS) + 1, ROWS)
