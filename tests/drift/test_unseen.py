"""Categories that a reference does not have, and those that a sample happens to lack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from drift.columns import UNLISTED, drawn, sampled, texts
from drift.raw import compare
from mxt.drift.psi import PsiDrift
from mxt.drift.unseen import UnseenDrift
from mxt.schemas import InputsSchema
from mxt.stats.divergence import population_stability
from sweeps import trials

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_known_category_is_not_new_though_the_reference_lacks_it() -> None:
    before = texts(a=60, b=40).cat.set_categories(["a", "b", "rare"])
    found = compare(UnseenDrift(), before, texts(a=60, b=39, rare=1))
    assert (found.statistic, found.drifted) == (0, False)
    index = compare(PsiDrift(), before, texts(a=30, b=50, rare=15, new=5))
    by_hand = population_stability(np.array([60, 40, 0, 0]), np.array([30, 50, 15, 5]))
    assert index.statistic == pytest.approx(by_hand, abs=1e-12)


@pytest.mark.parametrize(
    ("current", "share"),
    [
        (texts(a=5, b=5), 0),
        (texts(a=5, c=5), 0.5),
        (texts(a=8, c=1, d=1), 0.2),
        (texts(a=5, none=5), 0),
        (texts(none=10), 0),
        (texts(a=3, c=1, none=6), 0.1),
    ],
)
def test_unseen_is_the_share_of_new_categories(current: pd.Series, share: float) -> None:
    found = compare(UnseenDrift(), texts(a=3, b=3, none=2), current)
    assert found.statistic == pytest.approx(share)
    assert found.drifted == (share > 0)
    assert not compare(UnseenDrift(threshold=0.5), texts(a=3, b=3), current).drifted


def test_a_category_that_a_sample_missed_is_not_new() -> None:
    chance = np.random.default_rng(0)
    before, after = drawn(chance, 300), drawn(chance, 5000)
    reference = sampled(before, UNLISTED)
    current = reference.like(after)
    for measure in (UnseenDrift(), PsiDrift()):
        assert not measure.compare(reference, current).drifted
        assert not compare(measure, before.astype("category"), after).drifted
    found = UnseenDrift().compare(reference, current)
    once = (before.value_counts() == 1).mean() * before.nunique() / 300
    assert 0 < found.statistic == pytest.approx((~after.isin(before)).mean())
    assert once < found.threshold < once + 0.15


@pytest.mark.parametrize("listing", [InputsSchema.infer, lambda _: UNLISTED], ids=["listed", "not listed"])
def test_where_a_schema_lists_the_categories_a_single_new_one_is_drift(
    listing: Callable[[pd.DataFrame], InputsSchema],
) -> None:
    before = pd.Series(["a"] * 997 + ["b", "c", "d"], name="plan")
    schema = listing(before.to_frame())
    reference = sampled(before, schema)
    after = pd.Series(["a"] * 998 + ["e", "f"], name="plan")
    found = UnseenDrift().compare(reference, reference.like(after))
    assert (found.statistic, found.drifted) == (0.002, schema is not UNLISTED)
    assert (found.threshold == 0) == (schema is not UNLISTED)
    assert UnseenDrift().compare(reference, reference.like(after.replace("a", "g"))).drifted


def test_missing_values_tell_neither_of_known_nor_of_new_categories() -> None:
    before, after = drawn(np.random.default_rng(1), 400), drawn(np.random.default_rng(2), 900)
    none = pd.Series([None] * 600, name="plan")
    whole, gaps = sampled(before, UNLISTED), sampled(pd.concat([before, none]), UNLISTED)
    found = UnseenDrift().compare(whole, whole.like(after))
    thin = UnseenDrift().compare(gaps, gaps.like(pd.concat([after, none])))
    assert [thin.statistic, thin.threshold] == pytest.approx([0.6 * found.statistic, 0.6 * found.threshold])


def test_a_reference_without_any_category_says_nothing_of_new_ones() -> None:
    reference = sampled(pd.Series([None] * 9, name="plan", dtype="str"), UNLISTED)
    found = UnseenDrift().compare(reference, reference.like(pd.Series(["a"] * 9, name="plan")))
    assert (found.statistic, found.threshold, found.drifted) == (1, 1, False)
    missing = reference.like(pd.Series([None] * 9, name="plan"))
    assert UnseenDrift().compare(reference, missing).statistic == 0


def test_the_threshold_of_the_config_holds_beside_that_of_chance() -> None:
    before, after = drawn(np.random.default_rng(3), 5000), drawn(np.random.default_rng(4), 5000, new=250)
    reference = sampled(before, UNLISTED)
    for threshold, drifted in ((0.0, True), (0.04, True), (0.06, False)):
        found = UnseenDrift(threshold=threshold).compare(reference, reference.like(after))
        assert found.drifted == drifted
        assert found.threshold >= threshold


@pytest.mark.slow
@pytest.mark.parametrize("rows", [100, 300, 600, 1000, 2000, 10_000])
def test_a_sampled_reference_raises_an_alarm_in_at_most_one_null_run_of_a_hundred(rows: int) -> None:
    count = trials(400, 2000)
    for later in (300, 5000):
        alarms = dict.fromkeys(("UnseenDrift", "PsiDrift"), 0)
        for seed in range(count):
            chance = np.random.default_rng(seed)
            reference = sampled(drawn(chance, rows), UNLISTED)
            current = reference.like(drawn(chance, later))
            for measure in (UnseenDrift(), PsiDrift()):
                alarms[measure.KIND] += measure.compare(reference, current).drifted
        assert max(alarms.values()) <= 0.01 * count


@pytest.mark.slow
@pytest.mark.parametrize("rows", [3000, 5000, 10_000])
def test_a_new_category_of_one_row_in_a_hundred_is_found(rows: int) -> None:
    count, alarms = trials(200, 2000), 0
    for seed in range(count):
        chance = np.random.default_rng(seed)
        reference = sampled(drawn(chance, rows), UNLISTED)
        alarms += UnseenDrift().compare(reference, reference.like(drawn(chance, 5000, new=50))).drifted
    assert alarms >= 0.99 * count
