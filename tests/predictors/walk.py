"""A plain and slow reading of a tree ensemble: the law that all kernels must keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from mxt.predictors.base.trees import TreeEnsemble

NEAR_ZERO = 1e-35


def walk(trees: TreeEnsemble, matrix: np.ndarray) -> np.ndarray:
    """The scores of each row, base included, shape (rows, outputs).

    Args:
        trees: An ensemble.
        matrix: What a predictor's `encode` gives, shape (rows, columns).
    """
    found = np.tile(trees.base, (len(matrix), 1))
    for leaves in leaves_of(trees, matrix).T:
        found += trees.values[leaves]
    return found


def leaves_of(trees: TreeEnsemble, matrix: np.ndarray) -> np.ndarray:
    """The leaf that each row reaches in each tree, shape (rows, trees)."""
    rows = np.asarray(matrix, dtype=np.float64)
    if trees.precision == "float32":
        with np.errstate(over="ignore"):
            rows = rows.astype(np.float32).astype(np.float64)
    found = np.full((len(rows), len(trees.roots)), -1)
    for place, root in enumerate(trees.roots):
        waiting = [(int(root), np.arange(len(rows)))]
        while waiting:
            node, here = waiting.pop()
            if trees.left[node] < 0:
                found[here, place] = node
                continue
            left = _goes_left(trees, node, rows[here])
            waiting += [(int(trees.left[node]), here[left]), (int(trees.right[node]), here[~left])]
    return found


def _goes_left(trees: TreeEnsemble, node: int, rows: np.ndarray) -> np.ndarray:
    """Whether each row would go left at a node, shape (rows,)."""
    column = int(trees.feature[node])
    values, missing = read(trees, column, rows[:, column])
    if trees.category[node] >= 0:
        left = np.isin(values, trees.sets[trees.category[node]])
    else:
        left = values <= trees.threshold[node]
    return np.where(missing, trees.missing_left[node], left)


def read(trees: TreeEnsemble, column: int, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A column's values as nodes compare them, and which of them are missing."""
    kind = trees.missing[column] if trees.missing else "nan"
    known = trees.known[column] if trees.known else None
    missing = np.isnan(values)
    if kind == "none":
        values, missing = np.where(missing, 0.0, values), np.zeros(len(values), dtype=bool)
    if kind == "zero":
        missing = missing | (np.abs(values) <= NEAR_ZERO)
    if known is not None:
        missing = missing | ~np.isin(values, known)
    return values, missing
