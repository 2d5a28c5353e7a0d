"""Shapley values of one row by counting out every part of the columns: slow, and right by definition."""

from __future__ import annotations

from itertools import combinations
from math import factorial
from typing import TYPE_CHECKING

import numpy as np

from predictors.walk import read

if TYPE_CHECKING:
    from mxt.predictors.base.trees import TreeEnsemble


def shapley(trees: TreeEnsemble, row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Path-dependent values, shape (columns, outputs), and their base, shape (outputs,)."""
    columns = range(trees.columns)
    parts = [part for size in range(len(columns) + 1) for part in combinations(columns, size)]
    games = {part: game(trees, row, part) for part in parts}
    values = np.zeros((len(columns), trees.values.shape[1]))
    for column in columns:
        for part in parts:
            if column not in part:
                share = (
                    factorial(len(part)) * factorial(len(columns) - len(part) - 1) / factorial(len(columns))
                )
                values[column] += share * (games[tuple(sorted((*part, column)))] - games[part])
    return values, games[()]


def game(trees: TreeEnsemble, row: np.ndarray, known: tuple[int, ...]) -> np.ndarray:
    """The scores where only some columns are known: others take both branches, by cover."""
    cells = row.astype(trees.precision).astype(float)

    def below(node: int) -> np.ndarray:
        left, right = int(trees.left[node]), int(trees.right[node])
        if left < 0:
            return np.asarray(trees.values[node])
        if trees.feature[node] in known:
            return below(left if goes_left(trees, cells, node) else right)
        if trees.cover[node] == 0:
            return np.zeros(trees.values.shape[1])
        parts = [trees.cover[side] * below(side) for side in (left, right)]
        return np.asarray(sum(parts) / trees.cover[node])

    return np.asarray(trees.base + sum(below(int(root)) for root in trees.roots))


def goes_left(trees: TreeEnsemble, cells: np.ndarray, node: int) -> bool:
    column = int(trees.feature[node])
    values, missing = read(trees, column, cells[[column]])
    if missing[0]:
        return bool(trees.missing_left[node])
    if trees.category[node] >= 0:
        return bool(np.isin(values[0], trees.sets[trees.category[node]]))
    return bool(values[0] <= trees.threshold[node])
