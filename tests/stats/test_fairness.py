"""Fairness equals Fairlearn's numbers; intervals equal published ones, and hold as often as they say."""

from __future__ import annotations

from typing import Any

import fairlearn.metrics as peer
import numpy as np
import pytest
from scipy.stats import ttest_1samp
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from mxt.stats.fairness import MEASURES, Counts, disparity, rates

RATES = {
    "selection_rate": peer.selection_rate,
    "true_positive_rate": peer.true_positive_rate,
    "false_positive_rate": peer.false_positive_rate,
    "false_negative_rate": peer.false_negative_rate,
}
KNOWN = {name: getattr(peer, name) for name in MEASURES if name != "calibration_difference"}


def people(groups: int, rows: int, seed: int) -> tuple[np.ndarray, ...]:
    """Groups of different sizes and rates: group, selected, positive, chance."""
    chance = np.random.default_rng(seed)
    group = chance.choice(groups, rows, p=(weights := np.arange(1, groups + 1)) / weights.sum())
    positive = chance.random(rows) < 0.2 + 0.4 * group / groups
    chances = np.clip(0.5 * positive + chance.random(rows) * 0.6, 0, 1)
    return group, chances > 0.55 - 0.1 * (group == 1), positive, chances


def two(first: tuple[int, int], second: tuple[int, int]) -> Counts:
    """Two groups, of which so many of so many are selected; the truth plays no part."""
    selected, rows = (np.array(part, dtype=float) for part in zip(first, second, strict=True))
    return Counts(rows, selected, np.zeros(2), np.zeros(2), np.zeros(2), np.zeros(2))


@pytest.mark.parametrize("groups", [2, 3, 6])
@pytest.mark.parametrize("name", RATES)
def test_the_rates_of_groups_are_fairlearns(name: str, groups: int) -> None:
    group, selected, positive, chances = people(groups, 700, groups)
    frame = peer.MetricFrame(metrics=RATES[name], y_true=positive, y_pred=selected, sensitive_features=group)
    found = rates(Counts.of(group, groups, selected, positive, chances))[name]
    np.testing.assert_allclose(found.estimate, frame.by_group.to_numpy(float), atol=1e-12, rtol=0)


@pytest.mark.parametrize("groups", [2, 3, 6])
@pytest.mark.parametrize("name", KNOWN)
def test_gaps_and_ratios_are_fairlearns(name: str, groups: int) -> None:
    group, selected, positive, chances = people(groups, 700, 10 + groups)
    found = disparity(Counts.of(group, groups, selected, positive, chances), name)
    theirs = KNOWN[name](positive, selected, sensitive_features=group)
    assert found.value == pytest.approx(theirs, abs=1e-12, rel=0)
    assert found.low <= found.value <= found.high
    assert found.judged.all()


def test_the_calibration_gap_is_the_mean_of_probability_less_outcome() -> None:
    group, selected, positive, chances = people(3, 500, 1)
    found = rates(Counts.of(group, 3, selected, positive, chances))["calibration_gap"]
    for place in range(3):
        gaps = (chances - positive)[group == place]
        low, high = ttest_1samp(gaps, 0).confidence_interval()
        told = (found.estimate[place], found.low[place], found.high[place])
        np.testing.assert_allclose(told, (gaps.mean(), low, high), atol=1e-12)
    gap = disparity(Counts.of(group, 3, selected, positive, chances), "calibration_difference")
    assert gap.value == pytest.approx(np.ptp(found.estimate), abs=1e-15)


def test_shares_have_the_interval_of_wilson() -> None:
    group, selected, positive, _ = people(3, 400, 2)
    counts = Counts.of(group, 3, selected, positive)
    found = rates(counts)["selection_rate"]
    low, high = proportion_confint(counts.selected, counts.rows, method="wilson")
    np.testing.assert_allclose([found.low, found.high], [low, high], atol=1e-12)


def test_the_interval_of_a_difference_is_newcombes_worked_example() -> None:
    """Newcombe 1998, Statistics in Medicine 17, 873-890, table II, example (a), method 10."""
    found = disparity(two((56, 70), (48, 80)), "demographic_parity_difference")
    assert found.value == pytest.approx(0.2)
    assert (round(found.low, 4), round(found.high, 4)) == (0.0524, 0.3339)


@pytest.mark.parametrize("counts", [((12, 200), (40, 210)), ((9, 10), (3, 10)), ((81, 263), (120, 250))])
def test_the_interval_of_a_difference_is_that_of_statsmodels(
    counts: tuple[tuple[int, int], tuple[int, int]],
) -> None:
    (one, of_one), (other, of_other) = sorted(counts, key=lambda part: -part[0] / part[1])
    theirs = confint_proportions_2indep(one, of_one, other, of_other, method="newcomb", compare="diff")
    found = disparity(two(*counts), "demographic_parity_difference")
    np.testing.assert_allclose((found.low, found.high), theirs, atol=1e-12)


@pytest.mark.parametrize("counts", [((60, 400), (120, 410)), ((81, 263), (120, 250)), ((10, 90), (40, 95))])
def test_the_interval_of_a_ratio_is_near_the_score_interval(
    counts: tuple[tuple[int, int], tuple[int, int]],
) -> None:
    (one, of_one), (other, of_other) = counts
    theirs = confint_proportions_2indep(one, of_one, other, of_other, method="score", compare="ratio")
    found = disparity(two(*counts), "demographic_parity_ratio")
    np.testing.assert_allclose((found.low, found.high), theirs, atol=0.03)


@pytest.mark.parametrize("measure", ["demographic_parity_difference", "demographic_parity_ratio"])
@pytest.mark.parametrize(
    ("shares", "rows"),
    [((0.3, 0.3), (200, 150)), ((0.2, 0.5), (120, 300)), ((0.05, 0.12), (150, 150))],
)
def test_the_intervals_of_two_groups_hold_as_often_as_they_say(
    measure: str, shares: tuple[float, float], rows: tuple[int, int]
) -> None:
    """Score intervals hold 95 % on average over rates: 94 to 100 % of 1,500 here, of error 0.6 %.

    The interval is of a size, so at equal rates it holds as often as that of the signed difference.
    """
    truth = disparity(two(*[(share * 1e6, 1e6) for share in shares]), measure).value  # type: ignore[arg-type]
    drawn = np.random.default_rng(0).binomial(rows, shares, (1500, 2))
    found = [disparity(two(*zip(row, rows, strict=True)), measure) for row in drawn]
    held = np.mean([part.low <= truth + 1e-9 and truth - 1e-9 <= part.high for part in found])
    assert 0.935 <= held <= 0.99


def test_many_groups_of_one_rate_are_not_called_different() -> None:
    """The value is far above 0; its low end is not, in 95 % of 1,000 draws at least."""
    groups, rows = 6, np.full(6, 100.0)
    drawn = np.random.default_rng(1).binomial(100, 0.3, (1000, groups))
    none = np.zeros(groups)
    found = [
        disparity(Counts(rows, row.astype(float), none, none, none, none), "demographic_parity_difference")
        for row in drawn
    ]
    assert np.mean([part.value for part in found]) > 0.1
    assert np.mean([part.low == 0 for part in found]) >= 0.95


def test_a_group_of_few_rows_takes_no_part() -> None:
    group, selected, positive, chances = people(3, 600, 3)
    few = np.concatenate([group, np.full(5, 3)])
    more = [np.concatenate([part, np.ones(5, dtype=part.dtype)]) for part in (selected, positive, chances)]
    with_few = disparity(Counts.of(few, 4, *more), "demographic_parity_difference", minimum=20)
    without = disparity(
        Counts.of(group, 3, selected, positive, chances), "demographic_parity_difference", minimum=20
    )
    assert with_few[:3] == without[:3]
    assert with_few.judged.tolist() == [True, True, True, False]


def test_a_rate_of_too_few_positives_takes_no_part_though_the_group_is_large() -> None:
    rows = np.array([500.0, 500.0])
    counts = Counts(rows, rows / 2, np.array([3.0, 200.0]), np.array([1.0, 100.0]), *np.zeros((2, 2)))
    assert np.isnan(disparity(counts, "equal_opportunity_difference", minimum=10).value)
    assert disparity(counts, "demographic_parity_difference", minimum=10).value == 0


@pytest.mark.parametrize(
    ("counts", "expected"),
    [(((0, 50), (0, 60)), (np.nan,) * 3), (((0, 50), (20, 60)), None), (((50, 50), (60, 60)), None)],
)
def test_rates_of_nobody_and_of_all_make_no_false_ratio(counts: Any, expected: Any) -> None:
    found = disparity(two(*counts), "demographic_parity_ratio")
    if expected is not None:
        np.testing.assert_array_equal(found[:3], expected)
        return
    assert 0 <= found.low <= found.value <= found.high <= 1


@pytest.mark.parametrize(
    ("hits", "theirs"), [(True, "equalized_odds_ratio"), (False, "false_positive_rate_ratio")]
)
def test_a_rate_of_nobody_does_not_hide_the_ratio_of_the_other(hits: bool, theirs: str) -> None:  # noqa: FBT001 - a case
    """Nobody gets a false positive, or nobody a true one."""
    group, positive = np.repeat([0, 1], 200), np.tile([True, False], 200)
    selected = (positive == hits) & (np.arange(400) % 200 < np.where(group == 0, 150, 40))
    told = disparity(Counts.of(group, 2, selected, positive), "equalized_odds_ratio")
    expected = getattr(peer, theirs)(positive, selected, sensitive_features=group)
    assert told.value == pytest.approx(expected, abs=1e-12)
    assert told.value == pytest.approx(40 / 150)
    assert told.low == 0
    assert told.value < told.high < 1


def test_two_rates_of_nobody_have_no_ratio() -> None:
    group, positive = np.repeat([0, 1], 50), np.tile([True, False], 50)
    counts = Counts.of(group, 2, np.zeros(100, dtype=bool), positive)
    assert np.isnan(disparity(counts, "equalized_odds_ratio")[:3]).all()
