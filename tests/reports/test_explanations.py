"""The page and the figure of contributions: what they show of many rows, and what they leave out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from mxt.explainers.base import Explanation
from mxt.importances.base import ranked, rows_asked
from mxt.importances.tally import Tally
from mxt.reports.explanations import contributions_figure, summary


@pytest.fixture(scope="module")
def inputs() -> pd.DataFrame:
    return pd.DataFrame({"a": np.arange(2500.0), "b": 1.0})


@pytest.fixture(scope="module")
def explanation(inputs: pd.DataFrame) -> Explanation:
    values = inputs.to_numpy()[:, :, np.newaxis]
    prediction = values.sum(axis=1)
    return Explanation(inputs.index, [*inputs], values, np.zeros(1), prediction, "target", [""], "hand")


def dots(explanation: Explanation, inputs: pd.DataFrame) -> np.ndarray:
    """The contributions of the upper column that are shown, in order."""
    plt.close("all")
    figure = contributions_figure(Tally.of(explanation, inputs, rows_asked([])), 0, "")
    found = np.sort(
        np.concatenate([np.asarray(part.get_offsets())[:, 0] for part in figure.axes[0].collections])
    )
    assert figure.axes[0].get_title() == "Contributions (target, 2000 of 2500 rows)"
    plt.close(figure)
    return found[-2000:]


def test_of_many_rows_the_same_are_shown_in_any_order(explanation: Explanation, inputs: pd.DataFrame) -> None:
    back = inputs.iloc[::-1]
    values, prediction = explanation.values[::-1], explanation.prediction[::-1]
    reverse = replace(explanation, ids=back.index, values=values, prediction=prediction)
    found = dots(explanation, inputs)
    np.testing.assert_array_equal(found, dots(reverse, back))
    assert found.max() > 2400


def test_the_page_says_how_many_rows_a_method_used_and_leaves_idle_columns_out(
    explanation: Explanation, inputs: pd.DataFrame
) -> None:
    some = ranked(["a", "b"], np.array([2.0, 0.0]), "permutation", "squared error", n=500)
    every = ranked(["a", "b"], np.zeros(2), "mean_abs_shap", "target", n=2500)
    tally = Tally.of(explanation, inputs, rows_asked([]))
    page = summary({"model_uri": "models:/m/1"}, tally, pd.concat([some, every]))
    assert "## permutation (squared error, 500 of 2500 rows)\n" in page
    assert "## mean_abs_shap (target)\n" in page
    assert page.count("| a | ") == 2
    assert page.count("| b | ") == 1
