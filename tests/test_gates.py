"""Gates decide on the evidence, and say why."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from mxt.gates import EvaluationGate, Evidence, Gate, ThresholdGate
from mxt.kinds import example_of, members

SCORES = {"roc_auc": 0.84, "calibration_error": 0.03, "broken": float("nan")}


def evidence(**changes: Any) -> Evidence:
    """A version that was evaluated and passed."""
    return Evidence(**{"version": 7, "evaluation": "a1b2", "passed": True, "metrics": SCORES, **changes})


@pytest.mark.parametrize("name", members(Gate))
def test_no_gate_lets_a_version_pass_of_which_nothing_is_known(name: str) -> None:
    gate = members(Gate)[name](**yaml.safe_load(example_of(members(Gate)[name])))
    verdict = gate.judge(Evidence(version=7))
    assert not verdict.passed
    assert "version 7" in verdict.reason


@pytest.mark.parametrize(
    ("changes", "passed", "reason"),
    [
        ({}, True, "the evaluation of version 7 passed (run a1b2)"),
        ({"passed": False}, False, "the evaluation of version 7 failed (run a1b2)"),
        ({"passed": None}, False, "the evaluation of version 7 failed (run a1b2)"),
        ({"evaluation": None, "passed": None}, False, "version 7 was never evaluated"),
        ({"evaluation": None}, False, "version 7 was never evaluated"),
    ],
)
def test_an_evaluation_must_have_passed(changes: dict[str, Any], passed: bool, reason: str) -> None:  # noqa: FBT001 - a case
    verdict = EvaluationGate().judge(evidence(**changes))
    assert (verdict.passed, verdict.reason) == (passed, reason)


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
    verdict = ThresholdGate(metric="f1", minimum=0.5).judge(evidence(metrics={}))
    assert verdict.reason == "no score 'f1' of version 7 (known: none)"


def test_a_failed_evaluation_does_not_touch_a_score() -> None:
    assert ThresholdGate(metric="roc_auc", minimum=0.8).judge(evidence(passed=False)).passed


@pytest.mark.parametrize(
    "config", ['{"minimum": 0.5}', '{"metric": "", "minimum": 0.5}', '{"metric": "roc_auc"}']
)
def test_a_threshold_names_a_metric_and_a_limit(config: str) -> None:
    with pytest.raises(ValidationError):
        ThresholdGate.model_validate_json(config)
