"""Scorers of scikit-learn for many samples at once; each equals scikit-learn's own but for rounding."""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, get_args

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
"""Scores of labels that can be averaged over classes in several ways, by the start of the scorer's name."""
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


def resampled(name: str, pairs: Classes | Numbers) -> Cells | None:
    """The scorer `name` for many samples at once; None if there is none here."""
    if isinstance(pairs, Numbers):
        return _of_numbers(name, pairs)
    score = _label_score(name, len(pairs.names))
    return _of_shares(name, pairs) if score is None else _of_labels(pairs, score)


def _label_score(name: str, classes: int) -> Callable[[np.ndarray], np.ndarray] | None:
    """The score of a confusion matrix that the scorer `name` computes; None if it computes another score."""
    start, _, end = name.rpartition("_")
    average = next((known for known in get_args(confusion.Average) if known == end), None)
    if average is not None and start in AVERAGED:
        return functools.partial(AVERAGED[start], average=average)
    if name in AVERAGED and classes == TWO:
        return functools.partial(AVERAGED[name], average="binary")
    return OF_TWO.get(name) if classes == TWO and name in OF_TWO else WHOLE.get(name)


def _of_shares(name: str, pairs: Classes) -> Cells | None:
    if pairs.shares is None:
        return None
    if name == "neg_log_loss":
        return mean_of(_log_chances(pairs.shares, pairs.truth))
    if name == "neg_brier_score":
        return mean_of(-_squared_distances(pairs.shares, pairs.truth))
    ranked = _ranking(name, pairs.shares, pairs.truth) or _spared(name, pairs.shares, pairs.truth)
    return None if ranked is None else of_rows(ranked, len(pairs.truth))


def _ranking(name: str, shares: np.ndarray, truth: np.ndarray) -> Statistic | None:
    """The score of ranked rows that the scorer `name` computes; None if it computes another score."""
    score, weighted = RANKED.get(name.partition("_ov")[0]), name.endswith("_weighted")
    if score is not None and shares.shape[1] == TWO:
        return functools.partial(score, shares[:, 1], truth == 1)
    if score is not None and (name == "average_precision" or "_ovr" in name):
        return functools.partial(_of_each, score, shares, truth, weighted=weighted)
    return functools.partial(_of_pairs, shares, truth, weighted=weighted) if "_ovo" in name else None


def _spared(name: str, shares: np.ndarray, truth: np.ndarray) -> Statistic | None:
    """The share by which the loss of constant chances is lowered, if the scorer `name` computes that."""
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
    """The mean score of each class against all others, weighted by the number of its rows if so wished."""
    import numpy as np

    chosen = [truth == place for place in range(shares.shape[1])]
    scores = [score(shares[:, place], rows, counts) for place, rows in enumerate(chosen)]
    weights = [counts @ rows if weighted else np.ones(len(counts)) for rows in chosen]
    return np.average(scores, axis=0, weights=np.array(weights))


def _of_pairs(shares: np.ndarray, truth: np.ndarray, counts: np.ndarray, *, weighted: bool) -> np.ndarray:
    """The mean area over all pairs of classes, ranked by the probability of either (Hand and Till 2001)."""
    import numpy as np

    areas, weights = [], []
    for one, other in itertools.combinations(range(shares.shape[1]), TWO):
        rows = (truth == one) | (truth == other)
        both = [roc.auc(shares[rows, place], truth[rows] == place, counts[:, rows]) for place in (one, other)]
        areas.append((both[0] + both[1]) / 2)
        weights.append(counts @ rows if weighted else np.ones(len(counts)))
    return np.average(areas, axis=0, weights=np.array(weights))


def _of_numbers(name: str, pairs: Numbers) -> Cells | None:
    import numpy as np

    if name == "neg_mean_absolute_error":
        return mean_of(-np.abs(pairs.predicted - pairs.truth))
    squares = squared_errors(pairs.predicted, pairs.truth)[:, 0]
    if name == "neg_mean_squared_error":
        return mean_of(-squares)
    if name == "neg_root_mean_squared_error":
        mean = mean_of(squares)
        return Cells(lambda counts: -np.sqrt(mean.statistic(counts)), mean.cell)
    if name == "r2":
        return of_rows(functools.partial(_explained, squares, pairs.truth), len(squares))
    return None


def _explained(squares: np.ndarray, truth: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """R2 of each sample: 1 less the squared errors over the squared distances from the mean of the truth."""
    import numpy as np

    centred = truth - truth.mean()
    rows, sums = counts.sum(axis=1), counts @ centred
    spread = counts @ centred**2 - sums**2 / rows
    lost = np.divide(counts @ squares, spread, out=np.full(len(counts), np.nan), where=spread > 0)
    return 1 - lost


def _of_labels(pairs: Classes, score: Callable[[np.ndarray], np.ndarray]) -> Cells:
    """A score of the confusion matrix; only its cells with rows are counted."""
    import numpy as np

    size = len(pairs.names)
    places, cell = np.unique(pairs.truth * size + pairs.predicted, return_inverse=True)

    def statistic(counts: np.ndarray) -> np.ndarray:
        matrix = np.zeros((len(counts), size * size))
        matrix[:, places] = counts
        return score(matrix.reshape(-1, size, size))

    return Cells(statistic, cell)


def _squared_distances(shares: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """The squared error of the second of two classes, or the sum of the squared errors of more classes."""
    import numpy as np

    errors = (shares - np.eye(shares.shape[1])[truth]) ** 2
    return errors[:, 1] if shares.shape[1] == TWO else errors.sum(axis=1)


def _log_chances(shares: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """The logarithm of the true class's probability, which is clipped to one rounding above 0 and below 1."""
    import numpy as np

    least = np.finfo(float).eps
    return np.log(np.clip(shares, least, 1 - least)[np.arange(len(truth)), truth])
