"""What each prediction loses against the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

BINARY = 2
"""Classes of which the loss of one is the loss of the other."""


def squared_errors(predictions: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Squared error of each number; both of shape (rows,), as is the result with one part, (rows, 1)."""
    return ((predictions - truth) ** 2)[:, None]


def log_losses(chances: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Minus the logarithm of the probability of the true class, in nats.

    Probabilities are kept one rounding away from 0 and 1, as scikit-learn's `log_loss` does.

    Args:
        chances: Probabilities, shape (rows, classes).
        codes: The true class of each row, shape (rows,).

    Returns:
        Shape (rows, 1) for two classes. For more, shape (rows, 1 + classes): the losses of each class against
        the rest follow.
    """
    import numpy as np

    least = np.finfo(float).eps
    kept = np.clip(chances, least, 1 - least)
    return _with_each_class(-np.log(kept), -np.log(1 - kept), codes)


def wrong_labels(named: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """1 for a wrong label and 0 for a right one, in the parts of `log_losses`.

    Args:
        named: 1 for the predicted class and 0 for the others, shape (rows, classes).
        codes: The true class of each row, shape (rows,).
    """
    return _with_each_class(1.0 - named, named, codes)


def _with_each_class(as_truth: np.ndarray, as_other: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """The loss of the true class, and of several classes that of each, being the truth or another."""
    import numpy as np

    rows, classes = as_truth.shape
    true = codes[:, np.newaxis] == np.arange(classes)
    whole = as_truth[np.arange(rows), codes][:, np.newaxis]
    return np.hstack([whole, np.where(true, as_truth, as_other)]) if classes > BINARY else whole
