"""The threshold's gate holds a score to a minimum, a maximum or both."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from gates.evidence import LATE, RUN, evidence
from mxt.gates.threshold import ThresholdGate


@pytest.mark.parametrize(
    ("limits", "passed", "reason"),
    [
        ({"metric": "roc_auc", "minimum": 0.8}, True, "roc_auc is 0.84"),
        ({"metric": "roc_auc", "minimum": 0.84}, True, "roc_auc is 0.84"),
        ({"metric": "roc_auc", "minimum": 0.85}, False, "roc_auc is 0.84, below 0.85"),
        ({"metric": "roc_auc", "maximum": 0.8}, False, "roc_auc is 0.84, above 0.8"),
        ({"metric": "calibration_error", "maximum": 0.03}, True, "calibration_error is 0.03"),
        ({"metric": "roc_auc", "minimum": 0.8, "maximum": 0.83}, False, "roc_auc is 0.84, above 0.83"),
        ({"metric": "broken", "minimum": 0.0}, False, "broken is nan, below 0"),
        ({"metric": "broken", "maximum": 1.0}, False, "broken is nan, above 1"),
        (
            {"metric": "f1", "minimum": 0.5},
            False,
            "no score 'f1' of version 7 (known: broken, calibration_error, roc_auc)",
        ),
    ],
)
def test_a_score_must_keep_its_limits(limits: dict[str, Any], passed: bool, reason: str) -> None:  # noqa: FBT001 - a case
    verdict = ThresholdGate(**limits).judge(evidence())
    assert (verdict.passed, verdict.reason) == (passed, reason)


def test_a_version_without_scores_has_none_known() -> None:
    verdict = ThresholdGate(metric="f1", minimum=0.5).judge(evidence(evaluation=replace(RUN, scores={})))
    assert verdict.reason == "no score 'f1' of version 7 (known: none)"


def test_a_failed_evaluation_does_not_touch_a_score() -> None:
    failed = evidence(evaluation=replace(RUN, passed=False))
    assert ThresholdGate(metric="roc_auc", minimum=0.8).judge(failed).passed


@pytest.mark.parametrize(
    "config", ['{"minimum": 0.5}', '{"metric": "", "minimum": 0.5}', '{"metric": "roc_auc"}']
)
def test_a_threshold_names_a_metric_and_a_limit(config: str) -> None:
    with pytest.raises(ValidationError):
        ThresholdGate.model_validate_json(config)


@pytest.mark.parametrize(
    ("metric", "positive", "passed", "reason"),
    [
        ("f1", None, True, "f1 of the class 'late' is 0.6"),
        ("f1_low", "late", True, "f1_low of the class 'late' is 0.5"),
        ("f1", "on time", False, "f1 is about the class 'late'; asked for is 'on time'"),
        ("recall", "late", False, "recall does not say which class it is about; asked for is 'late'"),
    ],
)
def test_a_limit_can_be_set_for_the_score_of_one_class(
    metric: str,
    positive: str | None,
    passed: bool,  # noqa: FBT001 - a case
    reason: str,
) -> None:
    run = replace(LATE, scores={**LATE.scores, "recall": 0.9})
    verdict = ThresholdGate(metric=metric, minimum=0.5, positive=positive).judge(evidence(evaluation=run))
    assert (verdict.passed, verdict.reason) == (passed, reason)
