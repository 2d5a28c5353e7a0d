"""The change of the share of missing values, and Fisher's exact test of it."""

from __future__ import annotations

import pytest

from drift.columns import texts
from drift.raw import compare
from mxt.drift.missing import MissingDrift


def test_missing_is_the_change_of_the_share() -> None:
    found = compare(MissingDrift(), texts(a=800, none=200), texts(a=200, none=800))
    assert found.statistic == pytest.approx(0.6)
    assert found.drifted
    assert compare(MissingDrift(), texts(a=200, none=800), texts(a=800, none=200)).drifted
    assert not compare(MissingDrift(), texts(a=1000), texts(a=960, none=40)).drifted


def test_missing_gives_the_p_value_of_fishers_exact_test() -> None:
    # Fisher's tea tasting, The Design of Experiments (1935), chapter 2: 3 of 4 cups, two-sided 34/70.
    found = compare(MissingDrift(), texts(a=3, none=1), texts(a=1, none=3))
    assert found.p_value == pytest.approx(34 / 70, abs=1e-12)
    assert not found.drifted
