"""How often the interval of a score of labels holds the truth; the scores are tested with the metrics."""

from __future__ import annotations

import numpy as np

from mxt.stats.bootstrap import bca
from mxt.stats.confusion import f1
from sweeps import trials


def scores(counts: np.ndarray) -> np.ndarray:
    return f1(counts.reshape(-1, 2, 2), "binary")


def test_the_interval_of_f1_holds_the_truth_93_to_97_times_of_a_hundred() -> None:
    # Three of ten rows are positive; six of ten of these are found, and one of ten others is called positive.
    chances = np.array([0.63, 0.07, 0.12, 0.18])
    truth = 2 * 0.18 / (2 * 0.18 + 0.07 + 0.12)
    chance, held, runs = np.random.default_rng(0), 0, trials(600, 1500)
    for seed in range(runs):
        found = bca(scores, chance.multinomial(300, chances), resamples=1000, seed=seed)
        held += bool(found.low <= truth <= found.high)
    assert 0.93 <= held / runs <= 0.97
