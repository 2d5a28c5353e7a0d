"""Lift by hand, and with ties."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mxt.errors import DataError
from mxt.metrics.lift import LiftMetric
from mxt.stats.lift import lift


def told(scores: list[float]) -> pd.DataFrame:
    shares = pd.DataFrame({"probability_No": 1 - np.array(scores), "probability_Yes": scores})
    return shares.assign(prediction=np.where(shares["probability_Yes"] > 0.5, "Yes", "No"))


def truth(word: str) -> pd.Series[Any]:
    return pd.Series(["Yes" if letter == "y" else "No" for letter in word])


@pytest.mark.parametrize(
    ("word", "scores", "share", "expected"),
    [
        ("yynnn", [0.9, 0.8, 0.7, 0.6, 0.5], 0.4, (2 / 2) / (2 / 5)),
        ("ynnny", [0.9, 0.8, 0.7, 0.6, 0.5], 0.4, (1 / 2) / (2 / 5)),
        ("ynnn", [0.5, 0.5, 0.5, 0.5], 0.5, 1.0),
        ("yynn", [0.9, 0.5, 0.5, 0.1], 0.5, (1.5 / 2) / (2 / 4)),
        ("yyn", [0.9, 0.8, 0.7], 0.5, (1.5 / 1.5) / (2 / 3)),
    ],
)
def test_the_lift_by_hand(word: str, scores: list[float], share: float, expected: float) -> None:
    assert LiftMetric(share=share).score(truth(word), told(scores)) == pytest.approx(expected, abs=1e-12)


def test_rows_that_tie_at_the_cut_count_as_a_random_draw_among_them_does() -> None:
    chance, drawn = np.random.default_rng(0), []
    scores, positive = chance.random(60).round(1), chance.random(60) < 0.4
    for _ in range(4000):
        order = np.lexsort((chance.random(60), -scores))
        drawn.append(positive[order[:20]].mean() / positive.mean())
    error = np.std(drawn) / np.sqrt(len(drawn))
    assert error > 0
    found = lift(scores, positive, 20 / 60, np.ones((1, 60)))[0]
    assert found == pytest.approx(np.mean(drawn), abs=4 * error)


def test_without_a_positive_row_there_is_no_lift() -> None:
    with pytest.raises(DataError, match=r"lift_10 is not defined for these 2 predictions \(no positive\)"):
        LiftMetric().score(truth("nn"), told([0.5, 0.4]))
