"""Lift: how much denser the positive rows are among those with the highest scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def lift(scores: np.ndarray, positive: np.ndarray, share: float, counts: np.ndarray) -> np.ndarray:
    """The share of positives in the top `share` of rows, over that of all rows.

    Rows whose score is that of the cut belong to the top in part, all alike: what drawing among them at
    random would give on average. So neither the order of rows nor a share that splits a row matters.

    Args:
        scores: Higher for rows that are more likely positive, shape (n,).
        positive: Shape (n,).
        share: Of the rows, > 0 and <= 1.
        counts: How often each sample holds each row, shape (samples, n).

    Returns:
        Shape (samples,); NaN where no row is positive.
    """
    import numpy as np

    order = np.argsort(-scores, kind="stable")
    starts = np.flatnonzero(np.diff(scores[order], prepend=np.nan) != 0)
    ordered = counts[:, order].astype(float)
    rows = np.add.reduceat(ordered, starts, axis=1)
    positives = np.add.reduceat(ordered * positive[order], starts, axis=1)
    total = rows.sum(axis=1, keepdims=True)
    room = np.clip(share * total - (rows.cumsum(axis=1) - rows), 0, rows)
    taken = np.divide(room, rows, out=np.zeros_like(rows), where=rows > 0)
    hits, all_positives = (taken * positives).sum(axis=1), positives.sum(axis=1)
    lifts = np.full(len(counts), np.nan)
    return np.divide(hits, share * all_positives, out=lifts, where=all_positives > 0)
