"""The challenger's gate compares scores of the same rows and the same class."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gates.evidence import LATE, RUN, TAGS, evidence
from mxt.findings import tags
from mxt.gates.base import Examination
from mxt.gates.challenger import ChallengerGate


def scored(value: float, **changed_tags: str) -> Examination:
    scores = {"roc_auc": value, "calibration_error": value}
    return replace(RUN, run_id="c3", scores=scores, tags={**TAGS, **changed_tags})


@pytest.mark.parametrize(
    ("fields", "before", "passed"),
    [
        ({}, 0.84, True),
        ({}, 0.841, False),
        ({"margin": 0.03}, 0.8, True),
        ({"margin": 0.05}, 0.8, False),
        ({"margin": -0.01}, 0.849, True),
        ({"margin": -0.01}, 0.851, False),
        ({"metric": "calibration_error", "higher_is_better": False}, 0.04, True),
        ({"metric": "calibration_error", "higher_is_better": False}, 0.02, False),
        ({}, float("nan"), False),
    ],
)
def test_a_challenger_is_better_by_the_margin(fields: dict[str, Any], before: float, passed: bool) -> None:  # noqa: FBT001 - a case
    gate = ChallengerGate(**{"metric": "roc_auc", **fields})
    verdict = gate.judge(evidence(champion=3, champion_evaluation=scored(before)))
    assert verdict.passed is passed
    assert "of version 3" in verdict.reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"champion": None}, "version 7 has no version to beat; the first needs allow_first: true"),
        ({"champion_evaluation": None}, "version 3 was never evaluated, so nothing can be compared"),
        ({"evaluation": None}, "version 7 was never evaluated, so nothing can be compared"),
        (
            {"champion_evaluation": scored(0.1, **{tags.DATA: "e"})},
            "versions 7 and 3 were evaluated on different data; evaluate both by one config",
        ),
        (
            {"champion_evaluation": scored(0.1, **{tags.ROWS: "s"})},
            "versions 7 and 3 were evaluated on different rows; evaluate both by one config",
        ),
        (
            {"champion_evaluation": scored(0.1, **{tags.ROWS: ""})},
            "the evaluations of versions 7 and 3 do not record which rows they used",
        ),
        (
            {"champion_evaluation": replace(RUN, scores={"f1": 0.1})},
            "no score 'roc_auc' of both versions 7 and 3 (known: none)",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(changes: dict[str, Any], reason: str) -> None:
    gate = ChallengerGate(metric="roc_auc")
    verdict = gate.judge(evidence(**{"champion": 3, "champion_evaluation": scored(0.1), **changes}))
    assert (verdict.passed, verdict.reason) == (False, reason)


@pytest.mark.parametrize("metric", ["f1", "f1_low"])
@pytest.mark.parametrize(
    ("positives", "passed", "reason"),
    [
        ({"f1": "late"}, True, "of the class 'late' is"),
        ({"f1": "on time"}, False, "is about different classes, 'late' and 'on time'; evaluate both by one"),
        ({}, False, "an evaluation of versions 7 and 3 does not say which class its"),
    ],
)
def test_scores_of_two_classes_are_not_compared(
    metric: str,
    positives: dict[str, str],
    passed: bool,  # noqa: FBT001 - a case
    reason: str,
) -> None:
    before = replace(
        LATE, tags={**TAGS, **{f"mxt.positive.{name}": text for name, text in positives.items()}}
    )
    verdict = ChallengerGate(metric=metric).judge(
        evidence(evaluation=LATE, champion=3, champion_evaluation=before)
    )
    assert verdict.passed is passed
    assert reason in verdict.reason


def test_scores_of_releases_that_recorded_no_class_are_compared_as_before() -> None:
    old = replace(LATE, tags=TAGS)
    verdict = ChallengerGate(metric="f1").judge(evidence(evaluation=old, champion=3, champion_evaluation=old))
    assert (verdict.passed, verdict.reason) == (True, "f1 is 0.6, against 0.6 of version 3")


def test_a_champion_need_not_beat_itself() -> None:
    assert ChallengerGate(metric="roc_auc", margin=1.0).judge(evidence(champion=7)).passed
