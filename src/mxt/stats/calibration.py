"""Turning scores into probabilities that mean what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mxt.stats.bootstrap import CELLS, drawn
from mxt.stats.intervals import CONFIDENCE, Interval, of_numbers

if TYPE_CHECKING:
    import numpy as np


class Sigmoid(NamedTuple):
    """The calibrated margin (log-odds) is `slope` times the score plus `intercept`."""

    slope: float
    intercept: float


def fit_sigmoid(scores: np.ndarray, positive: np.ndarray) -> Sigmoid:
    """Platt scaling: the logistic regression of the outcome on the score.

    Args:
        scores: Margins that the model gave to rows it was not fitted on, shape (n,).
        positive: Whether the outcome was the positive class, shape (n,).

    Source:
        Platt 1999, Probabilistic outputs for support vector machines; without his smoothing of targets,
        which is negligible beyond some hundred rows.
    """
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=1e10, solver="newton-cholesky", tol=1e-8)
    fitted.fit(scores.reshape(-1, 1), positive)
    return Sigmoid(slope=float(fitted.coef_[0, 0]), intercept=float(fitted.intercept_[0]))


def expected_calibration_error(confidence: np.ndarray, correct: np.ndarray, bins: int) -> float:
    """Mean gap between confidence and accuracy over equal-width bins of confidence, weighted by rows.

    Args:
        confidence: Probability given to the predicted class, shape (n,).
        correct: Whether the predicted class was right, shape (n,).
        bins: Number of bins of [0, 1]; the last one is closed on the right.

    Source:
        Naeini, Cooper and Hauskrecht, AAAI 2015; Guo et al., ICML 2017, arXiv:1706.04599, equation 3.
    """
    import numpy as np

    ones = np.ones((1, len(confidence)))
    return float(calibration_errors(correct - confidence, equal_widths(confidence, bins), ones)[0])


def equal_widths(shares: np.ndarray, bins: int) -> np.ndarray:
    """The bin of each probability, of so many that are equally wide; the last one is closed on the right.

    A bin holds its lower edge, the double next to k / bins: a product with `bins` can fall short of k.
    """
    import numpy as np

    return np.searchsorted(np.arange(1, bins) / bins, shares, side="right")


def equal_masses(shares: np.ndarray, bins: int) -> np.ndarray:
    """The bin of each probability, of so many that hold as many rows each; equal ones stay together."""
    import numpy as np

    below = np.searchsorted(np.sort(shares), shares, side="left")
    return below * bins // len(shares)


def calibration_errors(gaps: np.ndarray, places: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Mean size of the bins' gaps, weighted by rows, of samples that hold each row so many times.

    Args:
        gaps: What each row adds to the gap of its bin: outcome less probability, shape (n,).
        places: The bin of each row, shape (n,).
        counts: How often each sample holds each row, shape (samples, n).

    Returns:
        Shape (samples,).
    """
    return _gaps(counts * gaps, places) / counts.sum(axis=1)


def _gaps(gaps: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The sizes of the bins' gaps added up, from those of rows, shape (samples, n)."""
    import numpy as np

    order = np.argsort(places, kind="stable")
    starts = np.flatnonzero(np.diff(places[order], prepend=-1))
    return np.abs(np.add.reduceat(gaps[:, order], starts, axis=1)).sum(axis=1)


def calibration_interval(
    shares: np.ndarray, outcome: np.ndarray, places: np.ndarray, resamples: int, seed: int
) -> Interval:
    """The calibration error with an interval that knows that noise alone makes it greater than 0.

    It errs on the safe side at both ends. The lower end is that of the basic bootstrap interval, which
    mirrors the resamples at the estimate and so takes out their bias, or the estimate less what a perfect
    model of these probabilities shows by chance, if that is lower; it is 0 if chance explains all. The upper
    end is the higher one of the basic and the percentile interval. BCa intervals fail here: of a perfect
    model they almost never hold the 0.

    Args:
        shares: Probability of the outcome, shape (n,).
        outcome: Whether it came, shape (n,).
        places: The bin of each row, shape (n,).
        resamples: How many to draw, of the rows and of a perfect model's outcomes.
        seed: Of the draws.

    Source:
        Davison and Hinkley 1997, Bootstrap methods and their application, section 5.2, for the basic
        interval; Bröcker and Smith 2007, Increasing the reliability of reliability diagrams, for outcomes
        drawn from the probabilities.
    """
    import numpy as np

    rows = np.ones((1, len(shares)))
    estimate = float(calibration_errors(outcome - shares, places, rows)[0])
    sizes = rows[0].astype(int)
    if len(sizes) <= 1:
        return of_numbers(estimate)
    parts = [calibration_errors(outcome - shares, places, counts) for counts in drawn(sizes, resamples, seed)]
    low, high = np.quantile(np.concatenate(parts), [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    chance, each = np.random.default_rng((seed, 2)), max(1, CELLS // len(shares))
    samples = [min(each, resamples - start) for start in range(0, resamples, each)]
    perfect = [
        _gaps((chance.random((part, len(shares))) < shares) - shares, places) / len(shares)
        for part in samples
    ]
    noise = float(np.quantile(np.concatenate(perfect), (1 + CONFIDENCE) / 2))
    least = max(min(2 * estimate - high, estimate - noise), 0.0)
    return of_numbers(estimate, least, max(2 * estimate - low, high, estimate))
