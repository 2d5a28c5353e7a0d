"""Assessments: outcomes by how far parts miss their target, joined outcomes, and data that is too little."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pydantic_core import PydanticCustomError

from criteria.candidates import accuracy, candidate
from mxt.criteria.base import Assessment, joined, limited, too_few, without_contributions
from mxt.errors import ConfigError
from mxt.metrics.sklearn import SklearnMetric
from mxt.stats.intervals import of_numbers


@pytest.mark.parametrize(
    ("missed_by", "outcome", "missed"),
    [
        ([-0.1, 0.0], "PASS", 0),
        ([-0.1, 0.2, 0.3], "FAIL", 0.3),
        ([math.nan, 0.2], "FAIL", 0.2),
        ([math.nan, -0.1], "INSUFFICIENT", 0),
        ([], "INSUFFICIENT", 0),
    ],
)
def test_one_part_beyond_the_target_fails_and_one_unknown_part_leaves_open(
    missed_by: list[float], outcome: str, missed: float
) -> None:
    assessment = Assessment.of("x", "at most 1", of_numbers(1.2, 1.1, 1.3), 5, missed_by=missed_by)
    assert (assessment.outcome, assessment.missed_by) == (outcome, missed)
    assert (assessment.value, assessment.low, assessment.high, assessment.n) == (1.2, 1.1, 1.3, 5)


def test_outcomes_join_as_parts_do() -> None:
    assert joined(["PASS", "PASS"]) == "PASS"
    assert joined(["PASS", "INSUFFICIENT"]) == "INSUFFICIENT"
    assert joined(["INSUFFICIENT", "FAIL"]) == "FAIL"
    assert joined([]) == "INSUFFICIENT"


@pytest.mark.parametrize(
    ("truth", "folds", "why"),
    [
        (["a"] * 99, 1, "99 rows; at least 100 are needed"),
        (["a"] * 100, 1, "all 100 rows have the same target"),
        (["a"] * 97 + ["b"] * 3, 5, "a class has 3 rows, fewer than the 5 folds"),
        (["a"] * 95 + ["b"] * 5, 5, ""),
    ],
)
def test_too_little_data_has_a_reason(truth: list[str], folds: int, why: str) -> None:
    assert too_few(pd.Series(truth), 100, folds) == why


def test_contributions_of_0_alone_cannot_be_judged() -> None:
    nothing, something = np.zeros((3, 2)), np.eye(3, 2)
    assert without_contributions([nothing, nothing]).endswith("all contributions are 0")
    assert without_contributions([nothing, something]) == ""


def test_a_metric_without_a_limit_is_refused() -> None:
    assert limited(accuracy(0.5)) == accuracy(0.5)
    with pytest.raises(PydanticCustomError, match="needs a minimum or a maximum"):
        limited(SklearnMetric(name="accuracy"))


def test_a_recipe_that_is_not_known_is_missed_by_the_criterion_that_trains() -> None:
    with pytest.raises(ConfigError, match=r"SomeCriterion trains the model again.*give the job its `recipe`"):
        replace(candidate(), recipe=None).recipe_for("SomeCriterion")


def test_a_note_names_the_class_of_scores_that_are_about_one() -> None:
    assert candidate().class_note(SklearnMetric(name="recall")) == "; positive class 'good'"
    assert candidate().class_note(SklearnMetric(name="recall", positive="bad")) == "; positive class 'bad'"
    assert candidate().class_note(accuracy(0.5)) == ""
