"""Designs: levels of looks by Lan and DeMets, shared by claims, and what looks do to wrong verdicts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from endpoints.experiments import MEAN, mean
from mxt.endpoints.base.contrasts import with_verdicts
from mxt.endpoints.base.designs import Design, Looks
from mxt.endpoints.mean import MeanEndpoint
from mxt.errors import ConfigError


def test_levels_of_looks_are_the_published_ones() -> None:
    # Critical values of five looks at 0.025 by the spending of O'Brien and Fleming's kind.
    published = (4.8769, 3.3569, 2.6803, 2.2898, 2.0310)
    for look, value in enumerate(published, 1):
        design = Design(0.025, 0.8, 0.5, Looks(planned=5, look=look))
        assert design.nominal() == pytest.approx(stats.norm.sf(value), rel=2e-3)
        assert design.last() == pytest.approx(stats.norm.sf(published[-1]), rel=2e-3)


def test_without_looks_claims_share_the_level() -> None:
    design = Design(0.05, 0.8, 0.5)
    assert (design.nominal(), design.nominal(4), design.last(4)) == (0.05, 0.0125, 0.0125)


@pytest.mark.parametrize("spending", ["obrien_fleming", "pocock"])
def test_the_only_look_has_the_whole_level(spending: Any) -> None:
    design = Design(0.05, 0.8, 0.5, Looks(planned=1, look=1, spending=spending))
    assert design.nominal() == pytest.approx(0.05, rel=1e-6)


def test_a_look_beyond_those_planned_is_refused() -> None:
    with pytest.raises(ConfigError, match="look 3 is none of the 2 planned"):
        Design(0.05, 0.8, 0.5, Looks(planned=2, look=3))


@pytest.mark.slow
@pytest.mark.parametrize("spending", ["obrien_fleming", "pocock"])
@pytest.mark.parametrize(("shift", "hypothesis"), [(0.0, "superiority"), (-0.4, "non_inferiority")])
def test_five_looks_are_wrong_no_more_often_than_one(spending: Any, shift: float, hypothesis: Any) -> None:
    endpoint = MeanEndpoint(**MEAN, margin=0.4, hypothesis=hypothesis)
    designs = [Design(0.05, 0.8, 0.5, Looks(planned=5, look=look, spending=spending)) for look in range(1, 6)]
    chance, wrong, naive = np.random.default_rng(7), 0, 0
    for _ in range(2000):
        control, treatment = chance.normal(size=200), chance.normal(shift, 1, 200)
        contrasts = [
            endpoint.contrast(mean(control[: 40 * look]), mean(treatment[: 40 * look]), design)
            for look, design in enumerate(designs, 1)
        ]
        judged = [with_verdicts([part], design)[0] for part, design in zip(contrasts, designs, strict=True)]
        wrong += any(part.verdict == "yes" for part in judged)
        naive += any(part.p_value <= 0.05 for part in judged)
    assert wrong / 2000 == pytest.approx(0.05, abs=0.015)
    assert naive / 2000 > 0.10
