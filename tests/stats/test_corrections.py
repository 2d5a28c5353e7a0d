"""Stepping down against statsmodels."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from mxt.stats.corrections import step_down

if TYPE_CHECKING:
    from collections.abc import Iterator

CHANCE = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _nothing_to_collect() -> Iterator[None]:
    """Keep all objects out of the collection of garbage that statsmodels demands at each call."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.parametrize("claims", [1, 2, 5])
def test_claims_are_held_as_holm_holds_them(claims: int) -> None:
    for _ in range(20):
        p_values = (CHANCE.random(claims) ** 3).tolist()
        levels = step_down(p_values, lambda left: 0.05 / left)
        held = [value <= level for value, level in zip(p_values, levels, strict=True)]
        assert held == multipletests(p_values, 0.05, method="holm")[0].tolist()


def test_no_claim_needs_no_level() -> None:
    assert step_down([], lambda left: 0.05 / left) == []
