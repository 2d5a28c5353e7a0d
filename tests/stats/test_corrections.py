"""Stepping down against statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from mxt.stats.corrections import step_down

CHANCE = np.random.default_rng(0)


@pytest.mark.parametrize("claims", [1, 2, 5])
def test_claims_are_held_as_holm_holds_them(claims: int) -> None:
    for _ in range(3):  # statsmodels collects all garbage at each call, which takes long
        p_values = (CHANCE.random(claims) ** 3).tolist()
        levels = step_down(p_values, lambda left: 0.05 / left)
        found = [value <= level for value, level in zip(p_values, levels, strict=True)]
        assert found == multipletests(p_values, 0.05, method="holm")[0].tolist()


def test_no_claim_needs_no_level() -> None:
    assert step_down([], lambda left: 0.05 / left) == []
