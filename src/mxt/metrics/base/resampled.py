"""The scorers of scikit-learn that score many samples at once, each as scikit-learn does, to rounding."""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, Any, get_args

from mxt.metrics.base.answers import TWO, Classes, Numbers
from mxt.stats import confusion, roc
from mxt.stats.cells import Cells, mean_of, of_rows
from mxt.stats.losses import squared_errors

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from mxt.stats.bootstrap import Statistic

AVERAGED = {
    "f1": confusion.f1,
    "jaccard": confusion.jaccard,
    "precision": confusion.precision,
    "recall": confusion.recall,
}
"""Scores of labels that know several averages, by the start of the scorer's name."""
WHOLE = {
    "accuracy": confusion.accuracy,
    "balanced_accuracy": confusion.balanced_accuracy,
    "matthews_corrcoef": confusion.matthews,
}
"""Other scores of labels."""
OF_TWO = {
    "neg_negative_likelihood_ratio": lambda matrix: -confusion.negative_likelihood_ratio(matrix),
    "positive_likelihood_ratio": confusion.positive_likelihood_ratio,
}
"""Other scores of the labels of two classes."""
RANKED = {"average_precision": roc.average_precision, "roc_auc": roc.auc}
"""Scores of the probability of a class, by the start of the scorer's name."""


def resampled(name: str, found: Classes | Numbers) -> Cells | None:
    """The scorer `name` of many samples at once, or None if it scores them one by one."""
    if isinstance(found, Numbers):
        return _of_numbers(name, found)
    score = _label_score(name, len(found.names))
    return _of_shares(name, found) if score is None else _of_labels(found, score)


def _label_score(name: str, classes: int) -> Callable[[np.ndarray], np.ndarray] | None:
    """The score of a confusion matrix that a scorer is, if it is one."""
    start, _, end = name.rpartition("_")
    average = next((known for known in get_args(confusion.Average) if known == end), None)
    if average is not None and start in AVERAGED:
        return functools.partial(AVERAGED[start], average=average)
    if name in AVERAGED and classes == TWO:
        return functools.partial(AVERAGED[name], average="binary")
    return OF_TWO.get(name) if classes == TWO and name in OF_TWO else WHOLE.get(name)


def _of_shares(name: str, found: Classes) -> Cells | None:
    if found.shares is None:
        return None
    if name == "neg_log_loss":
        return mean_of(_log_chances(found.shares, found.truth))
    if name == "neg_brier_score":
        return mean_of(-_squared_distances(found.shares, found.truth))
    ranked = _ranking(name, found.shares, found.truth) or _spared(name, found.shares, found.truth)
    return None if ranked is None else of_rows(ranked, len(found.truth))


def _ranking(name: str, shares: np.ndarray, truth: np.ndarray) -> Statistic | None:
    """The score of rows in the order of their probabilities that a scorer is, if it is one."""
    score, weighted = RANKED.get(name.partition("_ov")[0]), name.endswith("_weighted")
    if score is not None and shares.shape[1] == TWO:
        return functools.partial(score, shares[:, 1], truth == 1)
    if score is not None and (name == "average_precision" or "_ovr" in name):
        return functools.partial(_of_each, score, shares, truth, weighted=weighted)
    return functools.partial(_of_pairs, shares, truth, weighted=weighted) if "_ovo" in name else None


def _spared(name: str, shares: np.ndarray, truth: np.ndarray) -> Statistic | None:
    """The share of the loss of constant probabilities that is spared, if that is what a scorer tells."""
    import numpy as np
    from scipy.special import xlogy

    if name not in {"d2_brier_score", "d2_log_loss_score"}:
        return None
    logs, classes = name == "d2_log_loss_score", np.eye(shares.shape[1])[truth]
    losses = -_log_chances(shares, truth) if logs else ((shares - classes) ** 2).sum(axis=1)

    def spared(counts: np.ndarray) -> np.ndarray:
        rows = counts.sum(axis=1)
        true = counts @ classes / rows[:, None]
        constant = -xlogy(true, true).sum(axis=1) if logs else 1 - (true**2).sum(axis=1)
        defined = (true > 0).all(axis=1)
        lost = np.divide(counts @ losses / rows, constant, out=np.full(len(rows), np.nan), where=defined)
        return 1 - lost

    return spared


def _of_each(
    score: Callable[..., np.ndarray],
    shares: np.ndarray,
    truth: np.ndarray,
    counts: np.ndarray,
    *,
    weighted: bool,
) -> np.ndarray:
    """The mean score of each class against the rest, weighted by how often it is true if that is asked."""
    import numpy as np

    chosen = [truth == place for place in range(shares.shape[1])]
    scores = [score(shares[:, place], rows, counts) for place, rows in enumerate(chosen)]
    weights = [counts @ rows if weighted else np.ones(len(counts)) for rows in chosen]
    return np.average(scores, axis=0, weights=np.array(weights))


def _of_pairs(shares: np.ndarray, truth: np.ndarray, counts: np.ndarray, *, weighted: bool) -> np.ndarray:
    """The mean area of all pairs of classes, each ranked by the one and by the other (Hand and Till 2001)."""
    import numpy as np

    areas, weights = [], []
    for one, other in itertools.combinations(range(shares.shape[1]), TWO):
        rows = (truth == one) | (truth == other)
        both = [roc.auc(shares[rows, place], truth[rows] == place, counts[:, rows]) for place in (one, other)]
        areas.append((both[0] + both[1]) / 2)
        weights.append(counts @ rows if weighted else np.ones(len(counts)))
    return np.average(areas, axis=0, weights=np.array(weights))


def _of_numbers(name: str, found: Numbers) -> Cells | None:
    import numpy as np

    if name == "neg_mean_absolute_error":
        return mean_of(-np.abs(found.told - found.truth))
    squares = squared_errors(found.told, found.truth)[:, 0]
    if name == "neg_mean_squared_error":
        return mean_of(-squares)
    if name == "neg_root_mean_squared_error":
        mean = mean_of(squares)
        return Cells(lambda counts: -np.sqrt(mean.statistic(counts)), mean.cell)
    if name == "r2":
        return of_rows(functools.partial(_explained, squares, found.truth), len(squares))
    return None


def _explained(squares: np.ndarray, truth: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """R2 of each sample: 1 less the squared errors over the squared distances from the mean of the truth."""
    import numpy as np

    centred = truth - truth.mean()
    rows, sums = counts.sum(axis=1), counts @ centred
    spread = counts @ centred**2 - sums**2 / rows
    lost = np.divide(counts @ squares, spread, out=np.full(len(counts), np.nan), where=spread > 0)
    return 1 - lost


def _of_labels(found: Classes, score: Callable[[Any], np.ndarray]) -> Cells:
    """A score of the confusion matrix, whose cells are those that hold rows."""
    import numpy as np

    size = len(found.names)
    places, cell = np.unique(found.truth * size + found.told, return_inverse=True)

    def statistic(counts: np.ndarray) -> np.ndarray:
        matrix = np.zeros((len(counts), size * size))
        matrix[:, places] = counts
        return score(matrix.reshape(-1, size, size))

    return Cells(statistic, cell)


def _squared_distances(shares: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """The squared error of the second of two classes, or the sum of those of all classes."""
    import numpy as np

    errors = (shares - np.eye(shares.shape[1])[truth]) ** 2
    return errors[:, 1] if shares.shape[1] == TWO else errors.sum(axis=1)


def _log_chances(shares: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """The logarithm of the true class's probability, kept one rounding away from 0 and 1."""
    import numpy as np

    least = np.finfo(float).eps
    return np.log(np.clip(shares, least, 1 - least)[np.arange(len(truth)), truth])
