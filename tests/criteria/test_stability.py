"""Stability: shuffled explanations and few background rows are less stable, and some explainers wholly."""

from __future__ import annotations

from criteria.candidates import shuffled, trees
from mxt.criteria.stability import StabilityCriterion
from mxt.explainers.tree import TreeExplainer


def test_a_shuffled_explanation_is_not_stable() -> None:
    inputs = trees().inputs
    true, decisions = trees().model.explain(inputs), trees().model.predict(inputs)["prediction"]
    assessments = StabilityCriterion().judge([true, shuffled(true)], decisions)
    assert [part.outcome for part in assessments] == ["FAIL", "FAIL"]


def test_an_explainer_without_a_background_is_wholly_stable_and_says_so() -> None:
    criterion = StabilityCriterion(explainer=TreeExplainer())
    assessments = criterion.assess(trees())
    assert [part.value for part in assessments] == [1, 1]
    assert all("the background changes nothing" in part.note for part in assessments)


def test_fewer_background_rows_are_less_stable() -> None:
    values = [StabilityCriterion(background_rows=rows).assess(trees())[0].value for rows in (5, 50, 500)]
    assert values == sorted(values)
    assert values[0] < values[2]
