"""Shapley values and interactions by enumeration of all coalitions: slow, and right by definition.

A game tells the score of each coalition of players; coalition number s holds player p if bit p of s is set.
"""

from __future__ import annotations

from collections.abc import Callable
from math import factorial, fsum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from mxt.predictors.base.trees import TreeEnsemble

Share = Callable[[int, int], float]
NEAR_ZERO = float(np.float32(1e-35))


def goes_left(trees: TreeEnsemble, row: np.ndarray, node: int) -> bool:
    """Whether a row takes the left branch of a node."""
    column = int(trees.feature[node])
    x = float(np.float32(row[column]) if trees.precision == "float32" else row[column])
    kind = trees.missing[column] if trees.missing else "nan"
    known = trees.known[column] if trees.known else None
    if kind == "none" and np.isnan(x):
        x = 0.0
    if np.isnan(x) or (kind == "zero" and abs(x) <= NEAR_ZERO) or (known is not None and int(x) not in known):
        return bool(trees.missing_left[node])
    if trees.category[node] >= 0:
        return int(x) in trees.sets[trees.category[node]]
    return x <= float(trees.threshold[node])


def score(trees: TreeEnsemble, row: np.ndarray) -> np.ndarray:
    """What the leaves that a row reaches add up to, shape (outputs,)."""
    found = trees.base.copy()
    for root in trees.roots:
        node = int(root)
        while trees.left[node] >= 0:
            node = int((trees.left if goes_left(trees, row, node) else trees.right)[node])
        found += trees.values[node]
    return found


def by_cover(trees: TreeEnsemble) -> Share:
    """An absent player takes each child by its share of the training weight; half where there is none."""
    return lambda node, child: float(trees.cover[child] / trees.cover[node]) if trees.cover[node] > 0 else 0.5


def by_row(trees: TreeEnsemble, other: np.ndarray) -> Share:
    """All of it takes the branch of another row."""
    return lambda node, child: float(goes_left(trees, other, node) == (child == trees.left[node]))


def game(trees: TreeEnsemble, row: np.ndarray, share: Share, players: list[int]) -> np.ndarray:
    """The score of each coalition, shape (coalitions, outputs)."""
    coalitions = np.arange(1 << (max(players, default=-1) + 1))

    def below(node: int) -> np.ndarray:
        left, right = int(trees.left[node]), int(trees.right[node])
        if left < 0:
            return np.tile(trees.values[node], (len(coalitions), 1))
        lower, upper = below(left), below(right)
        present = (coalitions >> players[trees.feature[node]] & 1).astype(bool)[:, None]
        taken = lower if goes_left(trees, row, node) else upper
        return np.where(present, taken, share(node, left) * lower + share(node, right) * upper)

    none = np.tile(trees.base, (len(coalitions), 1))
    return np.asarray(sum((below(int(root)) for root in trees.roots), none))


def path_game(trees: TreeEnsemble, row: np.ndarray, players: list[int]) -> np.ndarray:
    """Absent players take both branches, by cover."""
    return game(trees, row, by_cover(trees), players)


def background_game(
    trees: TreeEnsemble, row: np.ndarray, background: np.ndarray, players: list[int]
) -> np.ndarray:
    """Absent players take the values of the background's rows, in turn."""
    games = [game(trees, row, by_row(trees, other), players) for other in background]
    return np.mean(games, axis=0)


def values(scores: np.ndarray) -> np.ndarray:
    """Shapley values of a game, shape (players, outputs)."""
    count = len(scores).bit_length() - 1
    found = np.zeros((count, scores.shape[1]))
    for player in range(count):
        without = [s for s in range(1 << count) if not s >> player & 1]
        for output, column in enumerate(scores.T):
            found[player, output] = fsum(
                _share(s, count - 1) * (column[s | 1 << player] - column[s]) for s in without
            )
    return found


def interactions(scores: np.ndarray) -> np.ndarray:
    """Half of each pair's Shapley interaction index, and what is left of a player's value on the diagonal.

    Shape (players, players, outputs). Source: Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9,
    equations 15 and 16.
    """
    count = len(scores).bit_length() - 1
    found = np.zeros((count, count, scores.shape[1]))
    for i in range(count):
        for j in range(i):
            one, other = 1 << i, 1 << j
            without = [s for s in range(1 << count) if not s & (one | other)]
            for output, v in enumerate(scores.T):
                index = fsum(
                    _share(s, count - 2) * (v[s | one | other] - v[s | one] - v[s | other] + v[s])
                    for s in without
                )
                found[i, j, output] = found[j, i, output] = index / 2
    diagonal = values(scores) - found.sum(axis=1)
    found[range(count), range(count)] = diagonal
    return found


def _share(coalition: int, others: int) -> float:
    """How often exactly these players come first, of all orders of the others and the one that is judged."""
    size = coalition.bit_count()
    return factorial(size) * factorial(others - size) / factorial(others + 1)
