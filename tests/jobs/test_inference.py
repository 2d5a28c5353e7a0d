"""Scoring a part: a prediction for each row, with its id."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from mxt.jobs.inference import Scoring
from mxt.models import Model
from mxt.predictors.base.library import predictor_of

INPUTS = pd.DataFrame(
    np.random.default_rng(0).normal(size=(50, 2)), columns=["a", "b"], index=[f"r{row}" for row in range(50)]
)


def test_rows_get_the_models_own_predictions_and_probabilities_and_keep_their_ids() -> None:
    tree = DecisionTreeClassifier(max_depth=2).fit(INPUTS, np.where(INPUTS["a"] > 0, "Yes", "No"))
    done = Scoring(Model(predictor_of(tree, ["a", "b"], ["No", "Yes"]))).do(INPUTS, INPUTS)
    assert done.table is not None
    assert done.table.index.equals(INPUTS.index)
    assert done.table["prediction"].tolist() == tree.predict(INPUTS).tolist()
    np.testing.assert_allclose(done.table["probability_Yes"], tree.predict_proba(INPUTS)[:, 1])
    assert (done.states, done.rows) == ({}, None)


@pytest.mark.parametrize("rows", [1, 7])
def test_the_predictions_of_a_row_do_not_depend_on_its_part(rows: int) -> None:
    tree = DecisionTreeRegressor(max_depth=3).fit(INPUTS, INPUTS["a"] * 2)
    task = Scoring(Model(predictor_of(tree, ["a", "b"], [])))
    whole = task.do(INPUTS, INPUTS).table
    part = task.do(INPUTS[5 : 5 + rows], INPUTS[5 : 5 + rows]).table
    assert whole is not None
    assert part is not None
    pd.testing.assert_frame_equal(part, whole[5 : 5 + rows])
