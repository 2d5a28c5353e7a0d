"""The facade of a model, on a function whose predictions and contributions are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mxt.errors import ModelError
from mxt.explainers.enumeration import EnumerationExplainer
from mxt.importances.partial_dependence import PartialDependenceImportance
from mxt.importances.permutation import PermutationImportance
from mxt.importances.shap import ShapImportance
from mxt.models import Model
from mxt.predictors.function import FunctionPredictor

INPUTS = pd.DataFrame(np.random.default_rng(0).normal(size=(30, 2)), columns=["a", "b"])
LINE = Model(FunctionPredictor(lambda table: 3 * table["a"] - table["b"], ["a", "b"], []), INPUTS)


def chances(table: pd.DataFrame) -> np.ndarray:
    high = 1 / (1 + np.exp(-table["a"].to_numpy()))
    return np.column_stack([1 - high, high])


TWO = Model(FunctionPredictor(chances, ["a", "b"], ["no", "yes"]), INPUTS)


def test_predictions_are_a_table_indexed_as_the_inputs() -> None:
    table = TWO.predict(INPUTS[5:8])
    assert table.index.tolist() == [5, 6, 7]
    assert table["prediction"].tolist() == ["yes" if high else "no" for high in INPUTS["a"][5:8] > 0]
    probabilities = TWO.predict_proba(INPUTS)
    assert probabilities is not None
    np.testing.assert_allclose(probabilities["probability_yes"], chances(INPUTS)[:, 1])
    assert LINE.predict_proba(INPUTS) is None


def test_contributions_are_distances_from_the_mean_times_slopes() -> None:
    values = LINE.explain(INPUTS[:5]).values[:, :, 0]
    np.testing.assert_allclose(values, (INPUTS - INPUTS.mean())[:5] * [3, -1], atol=1e-12)


def test_a_table_of_samples_has_the_probability_that_it_explains() -> None:
    table = TWO.explain_samples(INPUTS[:4])
    assert set(table["class"]) == {"yes"}
    np.testing.assert_allclose(table["probability"], chances(INPUTS[:4])[:, 1])
    np.testing.assert_allclose(table["prediction"], table["probability"])


def test_importances_are_measured_on_the_background_unless_inputs_are_given() -> None:
    table = LINE.explain_model().set_index("feature")
    sizes = ((INPUTS - INPUTS.mean()) * [3, -1]).abs().mean()
    assert table["importance"].to_dict() == pytest.approx(sizes.to_dict())
    assert table["direction"].to_dict() == {"a": "raises", "b": "lowers"}
    few = LINE.explain_model(INPUTS[:7]).set_index("feature")
    assert set(few["n"]) == {7}


def test_an_explanation_is_computed_only_if_an_importance_needs_one() -> None:
    class Unexplained(Model):
        def explain(self, *_: object) -> None:  # type: ignore[override] # must not be called
            raise AssertionError

    bare = Unexplained(LINE.predictor, INPUTS)
    [curves] = bare.measure([PartialDependenceImportance(points=2)])
    assert curves.effects is not None
    explanation = LINE.explain(INPUTS, EnumerationExplainer())
    [sizes] = bare.measure([ShapImportance()], INPUTS, explanation)
    assert sizes.table is not None
    with pytest.raises(AssertionError):
        bare.measure([ShapImportance()])


def test_targets_are_those_of_the_inputs() -> None:
    truth = LINE.predict(INPUTS)["prediction"]
    [found] = LINE.measure([PermutationImportance()], targets=truth)
    assert found.table is not None
    assert found.table["feature"].tolist() == ["a", "b"]
    assert (found.table["importance"] > 0).all()


def test_a_model_without_importances_and_samples_has_none() -> None:
    with pytest.raises(ModelError, match="The model has no importances of its own; explain it with samples"):
        Model(LINE.predictor).explain_model()


def test_other_rows_or_another_class_leave_the_rest_as_it_is() -> None:
    other = TWO.with_background(INPUTS[:3]).with_positive("no")
    assert (len(other.background if other.background is not None else []), other.positive) == (3, "no")
    assert other.predictor is TWO.predictor
    assert Model(LINE.predictor, required=("numpy",)).packages[-1:] == ("numpy",)
