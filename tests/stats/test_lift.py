"""Lift: how much richer in positives the top of a ranking is than all rows."""

from __future__ import annotations

import numpy as np
import pytest

from mxt.stats.lift import lift

SCORES = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2])
POSITIVE = np.array([True, True, False, True, False, False, False, False])
ONE_SAMPLE = np.ones((1, 8))


@pytest.mark.parametrize(("share", "expected"), [(0.25, 8 / 3), (0.5, 2.0), (1.0, 1.0), (0.125, 8 / 3)])
def test_the_lift_by_hand(share: float, expected: float) -> None:
    """Of the top quarter both rows are positive, of all rows three in eight: 1 / (3/8)."""
    assert lift(SCORES, POSITIVE, share, ONE_SAMPLE)[0] == pytest.approx(expected, rel=1e-14)


def test_rows_of_one_score_belong_to_the_top_in_part_whatever_their_order() -> None:
    scores = np.full(8, 0.5)
    for positive in (POSITIVE, POSITIVE[::-1]):
        assert lift(scores, positive, 0.25, ONE_SAMPLE)[0] == pytest.approx(1, rel=1e-14)


def test_a_row_counted_twice_is_two_rows() -> None:
    counts = np.array([[2, 0, 1, 1, 1, 1, 1, 1.0]])
    twice = np.repeat(np.arange(8), counts[0].astype(int))
    expected = lift(SCORES[twice], POSITIVE[twice], 0.3, np.ones((1, 8)))
    np.testing.assert_allclose(lift(SCORES, POSITIVE, 0.3, counts), expected, rtol=1e-14)


def test_a_sample_without_positives_has_no_lift() -> None:
    assert np.isnan(lift(SCORES, np.zeros(8, bool), 0.5, ONE_SAMPLE)).all()
