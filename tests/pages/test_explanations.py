"""The page and the figure of contributions: what they show of many rows, and what they leave out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from mxt.explainers.base import Explanation
from mxt.importances.base import ranked, rows_by_seed
from mxt.importances.base.tally import Tally
from mxt.pages.explanations import contributions_charts, explained, explanations_page
from mxt.reports.markdown import render


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
    figure, charts = Figure(), contributions_charts(Tally.of(explanation, inputs, rows_by_seed([])))
    charts["contributions"].draw(figure)
    found = np.sort(
        np.concatenate([np.asarray(part.get_offsets())[:, 0] for part in figure.axes[0].collections])
    )
    assert figure.axes[0].get_title() == "Contributions (target, 2000 of 2500 rows)"
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
    tally = Tally.of(explanation, inputs, rows_by_seed([]))
    page = render(explanations_page(tally, pd.concat([some, every]), [], ""))
    assert (
        "## permutation (squared error, 500 of 2,500 rows)\n\n1 of 2 columns shown; 1 column has none.\n"
        in page
    )
    assert page.startswith("## mean_abs_shap (target)\n"), "contributions come first"
    assert page.count("| a | ") == 2
    assert page.count("| b | ") == 1


def test_the_answer_names_the_leading_columns_and_how_exact_the_explanation_is(
    explanation: Explanation, inputs: pd.DataFrame
) -> None:
    importances = ranked(["a", "b"], np.array([3.0, 1.0]), "mean_abs_shap", "target", n=2500)
    tally = Tally.of(replace(explanation, method="exact, along the trees' paths"), inputs, rows_by_seed([]))
    off = replace(tally, largest_residual=25.0)
    law = "base value and contributions add up to each prediction, to 0.01 of it at worst."
    assert explained(off, importances, "m version 1") == [
        "What moves the predictions of m version 1 most, by mean |SHAP|: a (75 %), b (25 %).",
        f"Explained 2,500 rows exactly (path-dependent TreeSHAP), in target; {law}",
    ], "a residual is seen beside the predictions, which reach 2,500"


def test_a_column_without_an_order_has_the_category_that_moves_most() -> None:
    inputs = pd.DataFrame({"plan": ["a"] * 50 + ["b"] * 50 + ["rare"] * 2})
    values = np.r_[np.full(50, 0.1), np.full(50, -0.5), np.full(2, 9.0)].reshape(-1, 1, 1)
    made = Explanation(inputs.index, ["plan"], values, np.zeros(1), values[:, 0], "target", [""], "hand")
    tally = Tally.of(made, inputs, rows_by_seed([]))
    importances = ranked(["plan"], np.ones(1), "mean_abs_shap", "target", direction="varies", n=102)
    page = render(explanations_page(tally, importances, [], ""))
    assert "| b lowers it most (-0.5) |" in page, "two rows are too few to speak of"
