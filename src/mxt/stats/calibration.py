"""Turning scores into probabilities that mean what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

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
    """The bin of each probability, of so many that are equally wide; the last one is closed on the right."""
    import numpy as np

    return np.minimum((shares * bins).astype(int), bins - 1)


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
    import numpy as np

    order = np.argsort(places, kind="stable")
    starts = np.flatnonzero(np.diff(places[order], prepend=-1))
    sums = np.add.reduceat(counts[:, order] * gaps[order], starts, axis=1)
    return np.abs(sums).sum(axis=1) / counts.sum(axis=1)
