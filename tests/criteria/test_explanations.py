"""Explanation quality: a true explanation is told from a shuffled one, whatever the order of rows."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from churn import churn
from criteria.subjects import subject, whole
from mxt.criteria.agreement import AgreementCriterion
from mxt.criteria.base import Criterion, Subject
from mxt.criteria.fidelity import FidelityCriterion
from mxt.criteria.stability import StabilityCriterion
from mxt.explainers.base import Explanation
from mxt.explainers.base.comparison import decided_outputs
from mxt.explainers.kernel import KernelExplainer
from mxt.explainers.permutation import PermutationExplainer
from mxt.explainers.tree import TreeExplainer
from mxt.models.random_forest import RandomForestRecipe
from mxt.models.xgboost import XgboostRecipe

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = 40
CRITERIA: list[Criterion] = [
    AgreementCriterion(
        rows=ROWS, minimum_rows=ROWS, second=PermutationExplainer(orders=3, background_rows=20)
    ),
    StabilityCriterion(rows=ROWS, minimum_rows=ROWS, draws=3, minimum=0.8),
    FidelityCriterion(rows=ROWS, minimum_rows=ROWS, orders=2, background_rows=10),
]
EACH = pytest.mark.parametrize("criterion", CRITERIA, ids=[type(each).__name__ for each in CRITERIA])


@cache
def trees() -> Subject:
    """A model of the shipped table, and 100 rows that it was not fitted to."""
    inputs, targets = churn(1100)
    model = XgboostRecipe(trees=40, depth=3, learning_rate=0.2).fit(inputs[:1000], targets[:1000])
    held_out = inputs[1000:]
    return Subject(
        model.with_background(inputs[:1000]), held_out, targets[1000:], held_out, whole(inputs, targets)
    )


@cache
def classes() -> Subject:
    """A model of three classes."""
    inputs, _ = churn(700)
    inputs = inputs[["tenure", "MonthlyCharges", "Contract", "Partner"]]
    targets = inputs.pop("Contract")
    model = RandomForestRecipe(trees=20, depth=4).fit(inputs[:600], targets[:600])
    held_out = inputs[600:]
    return Subject(
        model.with_background(inputs[:600]), held_out, targets[600:], held_out, whole(inputs, targets)
    )


def shuffled(explanation: Explanation) -> Explanation:
    """The contributions of each row, each given to a column drawn by chance."""
    return replace(explanation, values=np.random.default_rng(0).permuted(explanation.values, axis=1))


@EACH
@pytest.mark.parametrize("make", [trees, subject, classes])
def test_the_true_explanation_passes(criterion: Criterion, make: Callable[[], Subject]) -> None:
    found = criterion.assess(make())
    assert [assessment.outcome for assessment in found] == ["PASS"] * len(found)
    assert all(assessment.low <= assessment.value <= assessment.high for assessment in found)
    assert all(assessment.n == ROWS for assessment in found)


def test_a_shuffled_explanation_has_no_fidelity() -> None:
    inputs = trees().inputs
    told = trees().model.explain(inputs)
    criterion = FidelityCriterion(orders=3, background_rows=10)
    true, false = (criterion.judge(trees(), inputs, part) for part in (told, shuffled(told)))
    assert [part.outcome for part in true] == ["PASS", "PASS"]
    assert [part.outcome for part in false] == ["FAIL", "FAIL"]
    assert all(part.missed_by > 0 for part in false)


def test_a_shuffled_explanation_agrees_with_none() -> None:
    inputs = trees().inputs
    told, decisions = trees().model.explain(inputs), trees().model.predict(inputs)["prediction"]
    found = AgreementCriterion().judge(told, shuffled(told), decisions)
    assert found.outcome == "FAIL"
    assert abs(found.value) < 0.1
    assert AgreementCriterion().judge(told, told, decisions).value == 1


def test_a_shuffled_explanation_is_not_stable() -> None:
    inputs = trees().inputs
    told, decisions = trees().model.explain(inputs), trees().model.predict(inputs)["prediction"]
    found = StabilityCriterion().judge([told, shuffled(told)], decisions)
    assert [part.outcome for part in found] == ["FAIL", "FAIL"]


def test_an_explainer_without_a_background_is_wholly_stable_and_says_so() -> None:
    criterion = StabilityCriterion(explainer=TreeExplainer())
    found = criterion.assess(trees())
    assert [part.value for part in found] == [1, 1]
    assert all("the background changes nothing" in part.note for part in found)


def test_fewer_background_rows_are_less_stable() -> None:
    values = [StabilityCriterion(background_rows=rows).assess(trees())[0].value for rows in (5, 50, 500)]
    assert values == sorted(values)
    assert values[0] < values[2]


def test_deletion_moves_a_linear_model_as_reckoned_by_hand() -> None:
    """Against one background row, a linear score loses its largest contribution first."""
    made = subject()
    one = replace(made, model=made.model.with_background(made.training.inputs.iloc[:1]))
    explanation = one.model.explain(one.inputs, KernelExplainer(coalitions=6, background_rows=1))
    criterion = FidelityCriterion(orders=200, background_rows=1, minimum_rows=2)
    reached = decided_outputs(explanation, one.model.predict(one.inputs)["prediction"])
    gains = criterion._gains(one, one.inputs, explanation, reached)
    row = one.inputs.iloc[[0]]
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


@EACH
def test_the_order_of_rows_changes_nothing(criterion: Criterion) -> None:
    turned = np.random.default_rng(1).permutation(len(trees().inputs))
    made = replace(
        trees(), **{name: getattr(trees(), name).iloc[turned] for name in ("inputs", "truth", "table")}
    )
    assert criterion.assess(made) == criterion.assess(trees())


@EACH
def test_too_few_rows_are_insufficient(criterion: Criterion) -> None:
    few = replace(trees(), inputs=trees().inputs[:10], truth=trees().truth[:10])
    found = criterion.assess(few)
    assert {assessment.outcome for assessment in found} == {"INSUFFICIENT"}
    assert all(np.isnan(assessment.value) for assessment in found)


@EACH
def test_a_model_of_one_column_is_insufficient(criterion: Criterion) -> None:
    inputs, targets = churn(300)
    model = XgboostRecipe(trees=3).fit(inputs[["tenure"]], targets)
    made = Subject(model, inputs, targets, inputs, whole(inputs, targets))
    assert {assessment.outcome for assessment in criterion.assess(made)} == {"INSUFFICIENT"}


@EACH
def test_a_model_that_tells_nothing_is_insufficient(criterion: Criterion) -> None:
    """Of a model that always says the same, all explanations are alike, and none is of use."""
    inputs, targets = subject().training.inputs, subject().training.targets
    model = XgboostRecipe(trees=2, child_weight=1e9).fit(inputs, targets)
    silent = replace(subject(), model=model.with_background(inputs))
    found = criterion.assess(silent)
    assert [assessment.outcome for assessment in found] == ["INSUFFICIENT"] * len(found)
    assert all("nothing is told of any row" in assessment.note for assessment in found)
    assert all(assessment.n == ROWS for assessment in found)


def test_one_explainer_that_tells_nothing_agrees_with_none_that_tells_something() -> None:
    inputs = trees().inputs
    told, decisions = trees().model.explain(inputs), trees().model.predict(inputs)["prediction"]
    silent = replace(told, values=np.zeros_like(told.values))
    assert AgreementCriterion().judge(told, silent, decisions).outcome == "FAIL"
