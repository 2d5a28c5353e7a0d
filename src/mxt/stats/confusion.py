"""Scores of predicted labels, from how often each class was taken for which: of many samples at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    import numpy as np

Average: TypeAlias = Literal["binary", "macro", "micro", "weighted"]
"""Of which classes: the second of two, all alike, all rows alike, or each as often as it is true."""


def accuracy(confusion: np.ndarray) -> np.ndarray:
    """The share of right labels.

    Args:
        confusion: Rows of each true class and predicted class, shape (samples, classes, classes).

    Returns:
        Shape (samples,), as of all functions here.
    """
    return confusion.trace(axis1=1, axis2=2) / confusion.sum(axis=(1, 2))


def balanced_accuracy(confusion: np.ndarray) -> np.ndarray:
    """The mean recall of the classes that are true for some row."""
    import numpy as np

    true = confusion.sum(axis=2)
    recalls = _ratio(_right(confusion), true, 0.0)
    with np.errstate(invalid="ignore"):
        return recalls.sum(axis=1) / (true > 0).sum(axis=1)


def matthews(confusion: np.ndarray) -> np.ndarray:
    """The correlation of true and predicted classes; 0 where one of them is the same in all rows.

    Source:
        Gorodkin 2004, Comparing two K-category assignments by a K-category correlation coefficient.
    """
    import numpy as np

    true, predicted = confusion.sum(axis=2).astype(float), confusion.sum(axis=1).astype(float)
    rows, right = true.sum(axis=1), _right(confusion).sum(axis=1)
    spreads = [rows**2 - (part**2).sum(axis=1) for part in (true, predicted)]
    return _ratio(right * rows - (true * predicted).sum(axis=1), np.sqrt(spreads[0] * spreads[1]), 0.0)


def positive_likelihood_ratio(confusion: np.ndarray) -> np.ndarray:
    """How much likelier the second of two classes is predicted for its own rows than for other rows."""
    import numpy as np

    rates = _ratio(confusion[:, :, 1], confusion.sum(axis=2), np.nan)
    return _ratio(rates[:, 1], rates[:, 0], np.nan)


def negative_likelihood_ratio(confusion: np.ndarray) -> np.ndarray:
    """How much likelier the first of two classes is predicted for other rows than for its own rows."""
    import numpy as np

    rates = _ratio(confusion[:, :, 0], confusion.sum(axis=2), np.nan)
    return _ratio(rates[:, 1], rates[:, 0], np.nan)


def precision(confusion: np.ndarray, average: Average) -> np.ndarray:
    """The share of the rows predicted to be of a class that are of the class."""
    return _averaged(confusion, _right(confusion), confusion.sum(axis=1), average)


def recall(confusion: np.ndarray, average: Average) -> np.ndarray:
    """The share of the rows of a class that are predicted to be of the class."""
    return _averaged(confusion, _right(confusion), confusion.sum(axis=2), average)


def f1(confusion: np.ndarray, average: Average) -> np.ndarray:
    """The harmonic mean of precision and recall."""
    either = confusion.sum(axis=1) + confusion.sum(axis=2)
    return _averaged(confusion, 2 * _right(confusion), either, average)


def jaccard(confusion: np.ndarray, average: Average) -> np.ndarray:
    """The rows that are and are called a class, as a share of those that are or are called it."""
    right = _right(confusion)
    return _averaged(confusion, right, confusion.sum(axis=1) + confusion.sum(axis=2) - right, average)


def _right(confusion: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.diagonal(confusion, axis1=1, axis2=2)


def _averaged(confusion: np.ndarray, part: np.ndarray, whole: np.ndarray, average: Average) -> np.ndarray:
    """Shares of classes as one number; NaN for the one class of `binary` where its share is not defined.

    In an average a share that is not defined counts as 0, and classes that are neither true nor predicted do
    not count, which are scikit-learn's conventions.
    """
    import numpy as np

    if average == "binary":
        return _ratio(part[:, 1], whole[:, 1], np.nan)
    if average == "micro":
        return _ratio(part.sum(axis=1), whole.sum(axis=1), np.nan)
    true = confusion.sum(axis=2)
    present = (true + confusion.sum(axis=1)) > 0
    weights = true if average == "weighted" else present
    return (_ratio(part, whole, 0.0) * weights).sum(axis=1) / weights.sum(axis=1)


def _ratio(part: np.ndarray, whole: np.ndarray, otherwise: float) -> np.ndarray:
    import numpy as np

    return np.divide(part, whole, out=np.full(whole.shape, otherwise), where=whole > 0)
