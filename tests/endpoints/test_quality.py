"""Qualities of predictions: scikit-learn's numbers, how often they are wrong, and classes that do not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

from endpoints.experiments import (
    MANY,
    Pair,
    arm,
    assert_seldom_wrong,
    assert_wrong_once_in_twenty,
    compared,
    yes_or_no,
)
from mxt.endpoints.quality import QualityEndpoint
from mxt.errors import ConfigError, DataError
from mxt.stats.arms import ArmEstimate, ratio_of_sums

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mxt.endpoints.base.arms import Arm

SCORES: dict[Any, Any] = {
    "accuracy": accuracy_score,
    "precision": lambda truth, predicted: precision_score(truth, predicted, pos_label="yes"),
    "recall": lambda truth, predicted: recall_score(truth, predicted, pos_label="yes"),
    "f1": lambda truth, predicted: f1_score(truth, predicted, pos_label="yes"),
}
each_score = pytest.mark.parametrize("score", SCORES)


def drawn(chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Truth and predictions of 300 rows."""
    truth = chance.random(300) < 0.4
    return truth, chance.normal(size=300) + (2 * truth - 1) > 0


def classes(name: str, seed: int) -> Arm:
    truth, predicted = drawn(np.random.default_rng(seed))
    return arm(name, truth=yes_or_no(truth), predictions=yes_or_no(predicted))


def estimates(score: str) -> Iterable[Pair]:
    """Estimates of two arms that predict alike."""
    chance, codes = np.random.default_rng(7), np.arange(300)

    def one() -> ArmEstimate:
        true, predicted = drawn(chance)
        tops, bottoms = {
            "accuracy": (true == predicted, np.ones(300)),
            "precision": (true & predicted, predicted),
            "recall": (true & predicted, true),
            "f1": (2.0 * (true & predicted), true.astype(float) + predicted),
        }[score]
        return ratio_of_sums(tops.astype(float), bottoms.astype(float), codes)

    for _ in range(MANY):
        yield one(), one()


@each_score
def test_a_quality_without_a_gain_seldom_says_yes(score: Any) -> None:
    endpoint = QualityEndpoint(score=score, margin=0.05, hypothesis="superiority")
    assert_seldom_wrong(endpoint, estimates(score))


@pytest.mark.slow
@each_score
def test_a_quality_without_a_gain_says_yes_once_in_twenty(score: Any) -> None:
    endpoint = QualityEndpoint(score=score, margin=0.05, hypothesis="superiority")
    assert_wrong_once_in_twenty(endpoint, estimates(score))


@each_score
def test_qualities_are_those_of_scikit_learn(score: Any) -> None:
    control, treatment = classes("control", 1), classes("treatment", 2)
    contrast = compared(QualityEndpoint(score=score, margin=0.1), control, treatment)
    first, second = (SCORES[score](each.truth, each.predictions) for each in (control, treatment))
    assert (contrast.control, contrast.treatment) == pytest.approx((first, second), abs=1e-12)
    assert contrast.effect == pytest.approx(second - first, abs=1e-12)
    assert contrast.positive == ("" if score == "accuracy" else "yes")


def test_perfect_arms_are_compared_by_what_chance_allows() -> None:
    truth = yes_or_no(np.arange(200) < 90)
    perfect = arm("control", truth=truth, predictions=truth)
    contrast = compared(QualityEndpoint(score="accuracy", margin=0.05), perfect, perfect)
    assert contrast.verdict == "yes"
    assert contrast.low == pytest.approx(-contrast.high)
    assert 0 < contrast.high < 0.05
    assert np.isnan(contrast.power)


def test_the_precision_of_a_class_that_is_never_predicted_is_inconclusive() -> None:
    never = arm("control", truth=yes_or_no(np.arange(60) < 30), predictions=yes_or_no(np.zeros(60)))
    contrast = compared(QualityEndpoint(score="precision", margin=0.1), never, never)
    assert (contrast.verdict, contrast.note) == ("inconclusive", "an arm has no case that counts")


def test_a_positive_class_must_be_known() -> None:
    three = arm("control", truth=pd.Series(list("abc") * 20), predictions=pd.Series(list("abc") * 20))
    with pytest.raises(ConfigError, match="3 classes; name the `positive` one"):
        compared(QualityEndpoint(score="f1", margin=0.1), three, three)
    with pytest.raises(ConfigError, match="no row's truth is the positive class 'd'"):
        compared(QualityEndpoint(score="f1", margin=0.1, positive="d"), three, three)
    endpoint = QualityEndpoint(score="f1", margin=0.1, positive="a", minimum=10)
    assert compared(endpoint, three, three).control == 1


@each_score
def test_predictions_of_other_classes_are_refused_by_their_number(score: Any) -> None:
    truth = yes_or_no(np.arange(100) < 40)
    good = arm("control", truth=truth, predictions=truth)
    digits = arm("treatment", truth=truth, predictions=pd.Series(np.arange(100) % 2))
    with pytest.raises(DataError, match="100 predictions of the treatment arm have 2 classes, none of which"):
        compared(QualityEndpoint(score=score, margin=0.1), good, digits)


def test_one_predicted_class_of_the_truths_is_enough() -> None:
    truth = yes_or_no(np.arange(100) < 40)
    one, good = (arm("control", truth=truth, predictions=part) for part in (pd.Series(["no"] * 100), truth))
    contrast = compared(QualityEndpoint(score="accuracy", margin=0.1), one, good)
    assert contrast.control == pytest.approx(0.6)


def test_numbers_have_no_quality() -> None:
    numbers = pd.Series(np.arange(50.0))
    regression = arm("control", truth=numbers, predictions=numbers)
    with pytest.raises(DataError, match="no classes to score"):
        compared(QualityEndpoint(score="accuracy", margin=0.1), regression, regression)
