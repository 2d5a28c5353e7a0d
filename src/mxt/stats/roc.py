"""The area under the ROC curve: of a sample with its interval, and of many resamples at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.stats.intervals import Interval, interval, of_numbers
from mxt.stats.proportions import wilson

if TYPE_CHECKING:
    import numpy as np


def delong(scores: np.ndarray, positive: np.ndarray) -> Interval:
    """The area with DeLong's variance, and its interval on the logit scale, which keeps it within 0 and 1.

    Where the scores separate the classes without a mistake, or are all the same, the variance is 0, and of
    fewer than two rows of a class there is none. The interval is then Wilson's for as many pairs of a
    positive and a negative row as share no row: each is an independent trial whose chance of success is the
    area.

    Args:
        scores: Higher for rows that are more likely positive, shape (n,).
        positive: Whether each row is positive, shape (n,).

    Returns:
        Numbers; NaN where a class has no row.

    Source:
        DeLong, DeLong and Clarke-Pearson 1988, Comparing the areas under two or more correlated ROC curves;
        Sun and Xu 2014, Fast implementation of DeLong's algorithm, for the midranks.
    """
    import numpy as np
    from scipy.special import expit, logit
    from scipy.stats import rankdata

    chosen = np.asarray(positive, dtype=bool)
    positives, negatives = scores[chosen], scores[~chosen]
    pairs = min(len(positives), len(negatives))
    if pairs == 0:
        return of_numbers(np.nan)
    ranks = rankdata(np.concatenate([positives, negatives]))
    of_positives = (ranks[: len(positives)] - rankdata(positives)) / len(negatives)
    of_negatives = 1 - (ranks[len(positives) :] - rankdata(negatives)) / len(positives)
    area = of_positives.mean()
    parts = (of_positives, of_negatives)
    variance = sum(part.var(ddof=1) / len(part) for part in parts) if pairs > 1 else 0.0
    if not 0 < area < 1 or variance == 0:
        return Interval(area, *wilson(area * pairs, pairs)[1:])
    error = np.sqrt(variance) / (area * (1 - area))
    ends = expit(interval(logit(area), error, np.inf)[1:])
    return of_numbers(area, *ends)


def auc(scores: np.ndarray, positive: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The areas of samples that hold each row so many times.

    Args:
        scores: Shape (n,).
        positive: Shape (n,).
        counts: How often each sample holds each row, shape (samples, n).

    Returns:
        Shape (samples,); NaN where a class has no row.
    """
    import numpy as np

    positives, negatives = _by_score(scores, positive, counts)
    won = (positives * (negatives.cumsum(axis=1) - negatives / 2)).sum(axis=1)
    pairs = positives.sum(axis=1) * negatives.sum(axis=1)
    return np.divide(won, pairs, out=np.full(len(counts), np.nan), where=pairs > 0)


def average_precision(scores: np.ndarray, positive: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The precision at each score, weighted by what it adds to the recall; arguments as of `auc`.

    Returns:
        Shape (samples,); NaN where no row is positive.
    """
    import numpy as np

    positives, negatives = _by_score(-scores, positive, counts)
    hits, selected = positives.cumsum(axis=1), (positives + negatives).cumsum(axis=1)
    precision = np.divide(hits, selected, out=np.zeros_like(selected), where=selected > 0)
    total = positives.sum(axis=1)
    return np.divide(
        (positives * precision).sum(axis=1), total, out=np.full(len(counts), np.nan), where=total > 0
    )


def _by_score(scores: np.ndarray, positive: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many positive and negative rows each sample has of each score, in ascending order."""
    import numpy as np

    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.diff(scores[order], prepend=np.nan) != 0)
    chosen, ordered = np.asarray(positive, dtype=bool)[order], counts[:, order].astype(float)
    positives, negatives = (np.add.reduceat(ordered * part, starts, axis=1) for part in (chosen, ~chosen))
    return positives, negatives
