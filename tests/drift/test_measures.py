"""Each drift measure against an independent reference, or numbers worked by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from scipy.stats import ks_2samp

from drift.raw import compare
from mxt.drift.base import Drift
from mxt.drift.base.profiles import Profile, digest
from mxt.drift.ks import KsDrift
from mxt.drift.missing import MissingDrift
from mxt.drift.psi import PsiDrift
from mxt.drift.unseen import UnseenDrift
from mxt.jobs.drift import Comparing
from mxt.kinds import members
from mxt.schemas import InputsSchema
from mxt.stats.divergence import population_stability, population_stability_noise
from sweeps import trials

if TYPE_CHECKING:
    from collections.abc import Callable


def normal(seed: int, rows: int = 2000, mean: float = 0, scale: float = 1) -> pd.Series[Any]:
    """Normal numbers."""
    return pd.Series(np.random.default_rng(seed).normal(mean, scale, size=rows), name="x")


def texts(**counts: int) -> pd.Series[Any]:
    """Texts, each as often as told, of which no other is known; the text "none" is missing."""
    cells = [None if text == "none" else text for text, count in counts.items() for _ in range(count)]
    return pd.Series(cells, name="plan", dtype="category")


@pytest.mark.parametrize("measure", [PsiDrift(), KsDrift()])
@pytest.mark.parametrize("shift", [1, -1])
def test_a_shift_of_one_standard_deviation_is_drift(measure: Drift, shift: float) -> None:
    assert compare(measure, normal(1), normal(2, mean=shift)).drifted


@pytest.mark.parametrize("measure", [PsiDrift(), KsDrift()])
def test_a_shift_that_no_one_would_see_is_no_drift_however_many_rows(measure: Drift) -> None:
    found = compare(measure, normal(1, rows=200_000), normal(2, rows=200_000, mean=0.05))
    assert not found.drifted
    assert found.p_value is None or found.p_value < 1e-6


def test_a_wider_spread_around_the_same_mean_is_drift() -> None:
    assert compare(PsiDrift(), normal(1), normal(2, scale=2)).drifted
    assert compare(KsDrift(), normal(1), normal(2, scale=2)).drifted


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (normal(1, 300), normal(2, 200, mean=0.3)),
        (normal(3, 50), normal(4, 3000)),
        (normal(5, 400).round(), normal(6, 400).round()),
        (normal(7, 90).where(lambda x: x > -1), normal(8, 90)),
    ],
)
def test_ks_is_scipys(before: pd.Series[Any], after: pd.Series[Any]) -> None:
    found, theirs = (
        compare(KsDrift(), before, after),
        ks_2samp(before.dropna(), after.dropna(), method="asymp"),
    )
    assert (found.statistic, found.p_value) == pytest.approx((theirs.statistic, theirs.pvalue), rel=1e-12)


def test_ks_by_hand() -> None:
    # Steps of 1/4 and 1/2: after 2 the functions stand at 2/4 and 0.
    before, after = pd.Series([1.0, 2, 3, 4], name="x"), pd.Series([2.5, 5.0], name="x")
    assert compare(KsDrift(), before, after).statistic == 0.5


def test_psi_of_categories_by_hand() -> None:
    found = compare(PsiDrift(), texts(a=60, b=40), texts(a=30, b=50, c=15, d=5))
    by_hand = population_stability(np.array([60, 40, 0]), np.array([30, 50, 20]))
    assert found.statistic == pytest.approx(by_hand, abs=1e-12)
    assert found.threshold == pytest.approx(population_stability_noise(3, 100, 100, 0.001), abs=1e-12)


def test_psi_counts_missing_values_as_a_category() -> None:
    found = compare(PsiDrift(), texts(a=80, none=20), texts(a=50, none=50))
    by_hand = population_stability(np.array([80, 20]), np.array([50, 50]))
    assert found.statistic == pytest.approx(by_hand, abs=1e-12)
    numbers = pd.Series([1.0] * 80 + [np.nan] * 20, name="x")
    assert compare(PsiDrift(), numbers, numbers.iloc[30:]).statistic > 0


def test_psi_of_numbers_is_that_of_tenths() -> None:
    before = pd.Series(np.arange(100.0), name="x")
    after = pd.Series(np.arange(50.0), name="x")
    by_hand = population_stability(np.full(10, 10), np.array([10] * 5 + [0] * 5))
    assert compare(PsiDrift(), before, after).statistic == pytest.approx(by_hand, abs=1e-12)


def test_psi_needs_both_a_large_index_and_enough_rows() -> None:
    few, many = ((texts(a=6 * size, b=4 * size), texts(a=3 * size, b=7 * size)) for size in (1, 100))
    assert not compare(PsiDrift(threshold=0.1), *few).drifted
    assert compare(PsiDrift(threshold=0.1), *many).drifted
    assert not compare(PsiDrift(threshold=0.9), *many).drifted


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


@pytest.mark.parametrize(
    ("rows", "others"), [(1, 1), (1, 2), (2, 2), (3, 3), (2, 9), (4, 6), (7, 7), (1, 500)]
)
def test_ks_of_few_rows_that_do_not_overlap_is_the_share_of_such_orders(rows: int, others: int) -> None:
    before, after = (
        pd.Series(np.arange(rows) + 0.5, name="x"),
        pd.Series(np.arange(others) + 1000.0, name="x"),
    )
    exact = ks_2samp(before, after, method="exact").pvalue
    for found in (compare(KsDrift(), before, after), compare(KsDrift(), after, before)):
        assert found.statistic == 1
        assert found.p_value == pytest.approx(exact, rel=1e-9)
        assert found.drifted == (exact < 0.001)


@pytest.mark.parametrize("before", [normal(1, 9), normal(1, 9).where(lambda x: x > 99)])
@pytest.mark.parametrize("after", [normal(2, 9), normal(2, 9).where(lambda x: x > 99)])
def test_ks_tells_nothing_where_a_sample_has_no_value(before: pd.Series[Any], after: pd.Series[Any]) -> None:
    found = compare(KsDrift(threshold=0, level=1), before, after)
    if before.notna().all() and after.notna().all():
        assert found.drifted
    else:
        assert (found.statistic, found.p_value, found.drifted) == (0, None, False)


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
def test_unseen_is_the_share_of_new_categories(current: pd.Series[Any], share: float) -> None:
    found = compare(UnseenDrift(), texts(a=3, b=3, none=2), current)
    assert found.statistic == pytest.approx(share)
    assert found.drifted == (share > 0)
    assert not compare(UnseenDrift(threshold=0.5), texts(a=3, b=3), current).drifted


def drawn(chance: np.random.Generator, rows: int, new: int = 0) -> pd.Series[Any]:
    """One of 90 texts, the k-th with a chance in proportion to 1 / k (Zipf's law), and rows of a new one."""
    weights = 1 / np.arange(1.0, 91)
    cells = chance.choice([f"text {place}" for place in range(90)], rows - new, p=weights / weights.sum())
    return pd.Series([*cells, *["new"] * new], name="plan")


def sampled(reference: pd.Series[Any], schema: InputsSchema) -> Profile:
    """What a drift job compares with."""
    table = schema.check_types(reference.to_frame())
    return Comparing.with_reference(table, schema, None).references[0]


UNLISTED = InputsSchema.from_types({"plan": "string"})


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


@pytest.mark.parametrize(
    ("cells", "listed"),
    [
        (pd.Categorical(["a", "b"], ["a", "b", "c"]), True),
        (pd.Categorical(["a"] * 3 + ["b"] * 3), True),
        (pd.Categorical(["a"] * 9 + ["b"] * 2), False),
        (pd.Categorical(["a", "b", None]), False),
    ],
)
def test_categories_are_a_list_if_one_is_absent_or_none_is_rare(cells: Any, listed: bool) -> None:  # noqa: FBT001 - a parameter of the test
    column = pd.Series(cells, name="x")
    assert Profile.of(column).listed == listed
    assert [Profile.of(column, listed=given).listed for given in (True, False)] == [True, False]
    assert digest([Profile.of(column, listed=True)]) == digest([Profile.of(column, listed=False)])


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


@pytest.mark.parametrize(
    ("cells", "by"),
    [
        (pd.Series([1, 2]), {"PsiDrift", "KsDrift", "MissingDrift"}),
        (pd.Series([1.5, None]), {"PsiDrift", "KsDrift", "MissingDrift"}),
        (pd.Series([True, False]), {"PsiDrift", "MissingDrift"}),
        (pd.Series([True, None], dtype="boolean"), {"PsiDrift", "MissingDrift"}),
        (pd.Series(["a", None], dtype="category"), {"PsiDrift", "UnseenDrift", "MissingDrift"}),
        (pd.Series(["a", None], dtype="str"), {"MissingDrift"}),
        (pd.Series([pd.Timestamp("2026-01-01")]), {"MissingDrift"}),
    ],
)
def test_measures_apply_to_the_columns_they_are_defined_for(cells: pd.Series[Any], by: set[str]) -> None:
    measures: list[Drift] = [PsiDrift(), KsDrift(), MissingDrift(), UnseenDrift()]
    reference = Profile.of(cells.rename("x"))
    assert {type(measure).__name__ for measure in measures if measure.applies_to(reference)} == by


@pytest.mark.parametrize(
    "config",
    [
        '{"KIND": "PsiDrift", "threshold": 0}',
        '{"KIND": "PsiDrift", "bins": 1}',
        '{"KIND": "KsDrift", "threshold": 1.1}',
        '{"KIND": "MissingDrift", "level": -0.1}',
    ],
)
def test_limits_that_make_no_sense_are_refused(config: str) -> None:
    with pytest.raises(ValidationError):
        members(Drift)[config.split('"')[3]].model_validate_json(config)
