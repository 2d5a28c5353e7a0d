"""Explanations of margins, converted to probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.svm import LinearSVC

from explainers.test_composite import INPUTS, NUMBER, SHOWN, forest, labels, predictor
from mxt.errors import ModelError
from mxt.explainers.auto import AutoExplainer
from mxt.explainers.base.units import in_probability
from mxt.explainers.linear import LinearExplainer
from mxt.explainers.tree import TreeExplainer


@pytest.mark.parametrize("classes", [2, 3])
def test_probabilities_start_at_the_link_of_the_margins_base(classes: int) -> None:
    found = predictor(LogisticRegression(), labels(classes))
    margin = AutoExplainer().explain(found, SHOWN, INPUTS)
    explanation = AutoExplainer(unit="probability").explain(found, SHOWN, INPUTS)
    told = expit(margin.base) if classes == 2 else softmax(margin.base)
    np.testing.assert_allclose(explanation.base, told, atol=1e-12)
    assert np.abs(explanation.residual).max() < 1e-12
    if classes == 2:
        secant = (explanation.prediction - explanation.base) / (margin.prediction - margin.base)
        np.testing.assert_allclose(explanation.values[:, :, 0], margin.values[:, :, 0] * secant, atol=1e-12)
    else:
        np.testing.assert_allclose(explanation.values.sum(axis=2), 0, atol=1e-12)


def test_probabilities_of_a_row_do_not_depend_on_its_company() -> None:
    found = predictor(LogisticRegression(), labels(3))
    explainer = AutoExplainer(unit="probability")
    together = explainer.explain(found, SHOWN, INPUTS).values
    alone = explainer.explain(found, SHOWN.iloc[[4]], INPUTS).values
    np.testing.assert_allclose(together[4:5], alone, atol=1e-14)


def test_values_that_are_probabilities_already_stay_as_they_are() -> None:
    found = predictor(forest(), labels(2))
    explanation = TreeExplainer().explain(found, SHOWN, None)
    assert in_probability(explanation, found, SHOWN) is explanation


@pytest.mark.parametrize(
    ("model", "target", "words"),
    [
        (Ridge(), NUMBER, "A Ridge predicts numbers"),
        (LinearSVC(), labels(2), "no known function of its scores"),
    ],
)
def test_models_without_probabilities_are_refused_in_that_unit(model: Any, target: Any, words: str) -> None:
    found = predictor(model, target)
    with pytest.raises(ModelError, match=f"{words}.*leave out unit: probability"):
        AutoExplainer(unit="probability").explain(found, SHOWN, INPUTS)


def test_a_link_that_does_not_lead_to_the_librarys_probabilities_is_refused() -> None:
    found = predictor(LogisticRegression(), labels(2))
    explanation = LinearExplainer().explain(found, SHOWN, INPUTS)
    other = predictor(LogisticRegression(C=0.01), labels(2))
    with pytest.raises(ModelError, match="no known function of its scores"):
        in_probability(explanation, other, SHOWN)
