"""What an explanation diff measures, on contributions made by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from mxt.stats.explanation_diff import Pair, changed_reasons, measure, role_changes, shares, sign_flips


def of(before: np.ndarray, after: np.ndarray) -> Pair:
    count, columns = before.shape
    return Pair(before, after, np.zeros(count, dtype=bool), np.ones(columns, dtype=bool))


@pytest.fixture
def values() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(400, 6)) * np.arange(1, 7)


def test_a_version_beside_itself_has_changed_nothing(values: np.ndarray) -> None:
    found = measure(of(values, values), 3, 0.05)
    assert [float(found[name].estimate) for name in found] == [0, 0, 0, 1]
    assert not role_changes(of(values, values)).estimate.any()


def test_a_change_of_known_size_is_told_with_wilsons_interval(values: np.ndarray) -> None:
    after, decided = values.copy(), np.zeros(400, dtype=bool)
    after[:40] = -after[:40]  # all signs, and no size
    decided[:60] = True
    found = measure(replace(of(values, after), changed_decisions=decided), 3, 0)
    assert found["changed_decisions"] == pytest.approx(
        (0.15, *proportion_confint(60, 400, method="wilson")), abs=1e-12
    )
    assert found["changed_reasons"].estimate == 0
    assert found["sign_flips"] == pytest.approx(
        (0.1, *proportion_confint(40, 400, method="wilson")), abs=1e-12
    )
    assert found["rank_correlation"].estimate == pytest.approx(0.8)


def test_reasons_are_a_set_unless_their_order_counts() -> None:
    before, after = np.array([[3.0, -2.0, 1.0], [3, 2, 1]]), np.array([[2.0, -3.0, 1.0], [1, 2, 3]])
    pair = of(before, after)
    assert changed_reasons(pair, 2).tolist() == [False, True]
    assert changed_reasons(pair, 2, ordered=True).tolist() == [True, True]


def test_negligible_contributions_have_no_sign_to_flip() -> None:
    before, after = np.array([[10.0, 0.1, -4.0, 0.0]]), np.array([[10.0, -0.1, 4.0, 3.0]])
    assert [part.tolist() for part in sign_flips(of(before, after), 0.05)] == [[1], [2]]
    assert [part.tolist() for part in sign_flips(of(before, after), 0)] == [[2], [3]]


def test_a_column_of_one_version_is_a_changed_reason_and_no_flip() -> None:
    before, after = np.array([[1.0, 2.0, 0.0]] * 9), np.array([[1.0, 0.0, 5.0]] * 9)
    pair = replace(of(before, after), shared=np.array([True, False, False]))
    found = measure(pair, 1, 0.05)
    assert found["changed_reasons"].estimate == 1
    assert found["sign_flips"].estimate == 0
    assert np.isnan(found["rank_correlation"].estimate)


def test_the_interval_of_flips_holds_though_the_cells_of_a_row_flip_together() -> None:
    """95 % intervals of 1,000 draws hold in 95 % at least; each row flips wholly or not at all."""
    chance = np.random.default_rng(1)
    values = np.ones((200, 5))
    held = []
    for _ in range(1000):
        flipped = chance.random(200) < 0.1
        found = measure(of(values, np.where(flipped[:, np.newaxis], -values, values)), 1, 0.05)["sign_flips"]
        held.append(found.low <= 0.1 <= found.high)
    assert 0.93 <= np.mean(held) <= 0.98


def test_shares_of_a_row_add_up_to_one_or_are_zero(values: np.ndarray) -> None:
    np.testing.assert_allclose(shares(values).sum(axis=1), 1)
    assert not shares(np.zeros((1, 3))).any()
