"""What the criteria of explanations share: true ones pass, and models without any are insufficient."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from churn import churn
from criteria.candidates import candidate, classes, trees, whole
from mxt.criteria.agreement import AgreementCriterion
from mxt.criteria.base import Candidate, Criterion
from mxt.criteria.fidelity import FidelityCriterion
from mxt.criteria.stability import StabilityCriterion
from mxt.explainers.permutation import PermutationExplainer
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


@EACH
@pytest.mark.parametrize("make", [trees, candidate, classes])
def test_the_true_explanation_passes(criterion: Criterion, make: Callable[[], Candidate]) -> None:
    assessments = criterion.assess(make())
    assert {assessment.outcome for assessment in assessments} == {"PASS"}
    assert {assessment.n for assessment in assessments} == {ROWS}


@EACH
def test_a_model_of_one_column_is_insufficient(criterion: Criterion) -> None:
    inputs, targets = churn(300)
    model = XgboostRecipe(trees=3).fit(inputs[["tenure"]], targets)
    made = Candidate(model, inputs, targets, inputs, whole(inputs, targets))
    assert {assessment.outcome for assessment in criterion.assess(made)} == {"INSUFFICIENT"}


@EACH
def test_a_model_without_contributions_is_insufficient(criterion: Criterion) -> None:
    """All explanations of a model that always predicts the same are alike, and none is of use."""
    inputs, targets = candidate().training.inputs, candidate().training.targets
    model = XgboostRecipe(trees=2, child_weight=1e9).fit(inputs, targets)
    silent = replace(candidate(), model=model.with_background(inputs))
    assessments = criterion.assess(silent)
    assert {assessment.outcome for assessment in assessments} == {"INSUFFICIENT"}
    assert all("all contributions are 0" in assessment.note for assessment in assessments)
    assert {assessment.n for assessment in assessments} == {ROWS}
