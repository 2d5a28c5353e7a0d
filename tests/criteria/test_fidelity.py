"""Fidelity: true explanations move the prediction sooner than shuffled ones, by gains reckoned by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from criteria.candidates import candidate, shuffled, trees
from mxt.criteria.fidelity import FidelityCriterion
from mxt.explainers.base.comparison import decided_outputs
from mxt.explainers.kernel import KernelExplainer


def test_a_shuffled_explanation_has_no_fidelity() -> None:
    inputs = trees().inputs[:40]
    explanation = trees().model.explain(inputs)
    criterion = FidelityCriterion(orders=3, background_rows=10)
    true, false = (criterion.judge(trees(), inputs, part) for part in (explanation, shuffled(explanation)))
    assert [part.outcome for part in true] == ["PASS", "PASS"]
    assert [part.outcome for part in false] == ["FAIL", "FAIL"]
    assert all(part.missed_by > 0 for part in false)


def test_deletion_moves_a_linear_model_as_reckoned_by_hand() -> None:
    """Against one background row, a linear score loses its largest contribution first."""
    made = candidate()
    one = replace(made, model=made.model.with_background(made.training.inputs.iloc[:1]))
    inputs = one.inputs[:3]
    explanation = one.model.explain(inputs, KernelExplainer(coalitions=6, background_rows=1))
    criterion = FidelityCriterion(orders=200, background_rows=1, minimum_rows=2)
    reached = decided_outputs(explanation, one.model.predict(inputs)["prediction"])
    gains = criterion._gains(one, inputs, explanation, reached)
    row = inputs.iloc[[0]]
    there, gone = row.iloc[0], one.training.inputs.iloc[0]
    sign = np.sign(explanation.prediction[0, 0] - explanation.base[0])
    order = np.argsort(-sign * explanation.values[0, :, 0], kind="stable")

    def chance_with(kept: list[int]) -> float:
        cells = [(there if place in kept else gone).iloc[place] for place in range(3)]
        made_up = type(row)([cells], columns=row.columns, index=["x"]).astype(row.dtypes)
        return float(one.model.predict(made_up)["probability_good"].iloc[0])

    end = chance_with([0, 1, 2])
    fall = [sign * (end - chance_with([*order[step:]])) for step in (1, 2)]
    every = [
        np.mean([sign * (end - chance_with([*other[step:]])) for step in (1, 2)])
        for other in ([0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0])
    ]
    # 200 orders and their reverses: the mean of random orders is that of all six but for chance.
    assert gains[0, 0] == pytest.approx(np.mean(fall) - np.mean(every), abs=0.05)
