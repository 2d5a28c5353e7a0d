"""Verdicts of contrasts: Holm's levels for claims, each hypothesis at its own, and one verdict of all."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from endpoints.experiments import DESIGN, MEAN, mean
from mxt.endpoints.base.contrasts import Contrast, overall, with_verdicts
from mxt.endpoints.mean import MeanEndpoint

CLAIM = Contrast("x", "superiority", "difference", 0.1, True, effect=0.2, p_against=0.9)  # noqa: FBT003 - the fields' order


def verdicts(*p_values: float, **changes: Any) -> list[tuple[str, Any]]:
    contrasts = [replace(CLAIM, p_superiority=p_value, **changes) for p_value in p_values]
    return [(contrast.verdict, contrast.level) for contrast in with_verdicts(contrasts, DESIGN)]


def test_claims_of_superiority_step_down_from_the_smallest_p_value() -> None:
    yes, third = ("yes", pytest.approx(0.05 / 3)), pytest.approx(0.05 / 2)
    assert verdicts(0.03, 0.001, 0.024) == [("yes", 0.05), yes, ("yes", third)]
    assert verdicts(0.03, 0.001, 0.026) == [("inconclusive", third), yes, ("inconclusive", third)]
    assert verdicts(0.05) == [("yes", 0.05)]


def test_non_inferiority_keeps_the_whole_level_beside_claims() -> None:
    equal = replace(CLAIM, hypothesis="non_inferiority", p_non_inferiority=0.04)
    claims = [replace(CLAIM, p_superiority=0.04)] * 2
    judged = with_verdicts([equal, *claims], DESIGN)
    assert [contrast.verdict for contrast in judged] == ["yes", "inconclusive", "inconclusive"]
    assert judged[0].level == 0.05


def test_a_claim_that_is_shown_to_fail_is_a_no() -> None:
    assert verdicts(0.9, p_against=0.05) == [("no", 0.05)]
    assert verdicts(0.9, p_against=0.0501) == [("inconclusive", 0.05)]


def test_what_was_not_compared_takes_no_part_of_the_level() -> None:
    unknown = Contrast("y", "superiority", "difference", 0.1, True, note="nothing varies")  # noqa: FBT003 - as above
    first, second = with_verdicts([unknown, replace(CLAIM, p_superiority=0.04)], DESIGN)
    assert (first, second.verdict) == (unknown, "yes")
    assert math.isnan(first.p_value)


def test_one_no_decides_and_one_inconclusive_leaves_open() -> None:
    yes, no = replace(CLAIM, verdict="yes"), replace(CLAIM, verdict="no")
    assert overall([yes, yes]) == "yes"
    assert overall([yes, CLAIM]) == "inconclusive"
    assert overall([yes, CLAIM, no]) == "no"
    assert overall([]) == "inconclusive"


@pytest.mark.slow
def test_several_claims_of_superiority_are_seldom_wrong_at_all() -> None:
    chance, wrong = np.random.default_rng(7), 0
    endpoint = MeanEndpoint(**MEAN, margin=0.3, hypothesis="superiority")
    for _ in range(2000):
        draws = chance.normal(size=(3, 2, 60))
        contrasts = [endpoint.contrast(mean(first), mean(second), DESIGN) for first, second in draws]
        wrong += any(contrast.verdict == "yes" for contrast in with_verdicts(contrasts, DESIGN))
    assert wrong / 2000 == pytest.approx(0.05, abs=0.015)
