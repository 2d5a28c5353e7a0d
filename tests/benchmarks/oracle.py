"""What the contributions should be: by shap's doubles, and by a sum over leaves and pairs of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.engines import ENGINES, Task, as_array, trees_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from mxt.predictors.base.trees import TreeEnsemble

    Path = dict[int, tuple[np.ndarray, np.ndarray]]


def expected(task: Task, rows: np.ndarray) -> np.ndarray:
    """The contributions to the one output, shape (rows, columns) or (rows, columns, columns).

    Path-dependent ones come from shap's C extension, in doubles. Against a background it keeps its weights
    as single floats and is wrong by 1e-8, so those are summed here.
    """
    if task.background is not None:
        return against_background(trees_of(task), task.background, rows)
    return as_array(ENGINES["shap C extension"].prepare(task)(rows), task)


def against_background(trees: TreeEnsemble, known: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Shapley values of leaving columns to each of the known rows in turn, shape (rows, columns).

    A leaf is reached with the columns that both rows satisfy free, those that just the row satisfies (u of
    them) present, those that just the other satisfies (w) absent; the rest of its path must be free. Its
    value times (u - 1)! w! / (u + w)! goes to each of the u, and times -u! (w - 1)! / (u + w)! to each of
    the w. Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9, algorithm 3, one leaf at a time.
    """
    import numpy as np
    from scipy.special import beta

    found, total = np.zeros((len(rows), trees.columns)), np.zeros(len(rows))
    for leaf, path in _paths(trees, rows, known):
        ours = np.array([passed for passed, _ in path.values()])[:, :, np.newaxis]
        theirs = np.array([passed for _, passed in path.values()])[:, np.newaxis, :]
        possible = (ours | theirs).all(axis=0)  # of (columns, rows, known rows), over columns
        if not possible.any():
            continue
        present, absent = (ours & ~theirs).sum(axis=0), (theirs & ~ours).sum(axis=0)
        value = trees.values[leaf, 0] / len(known)
        gain = np.where(possible & (present > 0), value * beta(np.maximum(present, 1), absent + 1), 0)
        loss = np.where(possible & (absent > 0), value * beta(present + 1, np.maximum(absent, 1)), 0)
        for place, column in enumerate(path):
            found[:, column] += (gain * (ours[place] & ~theirs[place])).sum(axis=1)
            found[:, column] -= (loss * (theirs[place] & ~ours[place])).sum(axis=1)
        total += value * (ours.all(axis=0).astype(float) * len(known) - theirs.all(axis=0).sum(axis=1))[:, 0]
    if not np.allclose(found.sum(axis=1), total, atol=1e-9):
        msg = "The oracle's own values do not add up."
        raise ArithmeticError(msg)
    return found


def _paths(trees: TreeEnsemble, rows: np.ndarray, known: np.ndarray) -> Iterator[tuple[int, Path]]:
    """Each leaf, and for each column on its path which of the rows, and of the known ones, pass its tests."""
    stack: list[tuple[int, Path]] = [(int(root), {}) for root in trees.roots]
    while stack:
        node, path = stack.pop()
        left = int(trees.left[node])
        if left < 0:
            if path:
                yield node, path
            continue
        column, threshold = int(trees.feature[node]), float(trees.threshold[node])
        ours, theirs = rows[:, column] <= threshold, known[:, column] <= threshold
        before, known_before = path.get(column, (True, True))
        stack.append((left, {**path, column: (ours & before, theirs & known_before)}))
        stack.append((int(trees.right[node]), {**path, column: (~ours & before, ~theirs & known_before)}))
