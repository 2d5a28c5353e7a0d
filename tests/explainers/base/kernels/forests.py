"""Small random tree ensembles with all that real ones hold, and tables that hit their edges."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from mxt.predictors.base.trees import TreeEnsemble

if TYPE_CHECKING:
    from mxt.predictors.base.trees import Missing, Precision

CODES = 6


@dataclass
class Grower:
    """Nodes as lists, in the order in which they were grown."""

    rng: np.random.Generator
    columns: int
    outputs: int
    depth: int
    zero_cover: float = 0.0
    categorical: frozenset[int] = frozenset()
    grid: np.ndarray = field(default_factory=lambda: np.linspace(-1, 1, 7))
    left: list[int] = field(default_factory=list)
    right: list[int] = field(default_factory=list)
    feature: list[int] = field(default_factory=list)
    threshold: list[float] = field(default_factory=list)
    category: list[int] = field(default_factory=list)
    cover: list[float] = field(default_factory=list)
    values: list[np.ndarray] = field(default_factory=list)
    sets: list[np.ndarray] = field(default_factory=list)

    def grow(self, cover: float, depth: int = 0) -> int:
        """Adds a subtree; its root's number."""
        node = len(self.left)
        self._add_leaf(cover)
        if depth >= self.depth or (depth and self.rng.random() < 0.2):
            return node
        one_sided = self.rng.random() < self.zero_cover
        share = self.rng.choice([0.0, 1.0]) if one_sided else self.rng.uniform(0.05, 0.95)
        self.feature[node] = int(self.rng.integers(self.columns))
        self.values[node] = np.zeros(self.outputs)
        if self.feature[node] in self.categorical:
            self.category[node] = len(self.sets)
            self.sets.append(np.flatnonzero(self.rng.random(CODES) < 0.5).astype(np.int64))
        else:
            self.threshold[node] = float(self.rng.choice(self.grid))
        self.left[node] = self.grow(cover * share, depth + 1)
        self.right[node] = self.grow(cover * (1 - share), depth + 1)
        return node

    def _add_leaf(self, cover: float) -> None:
        self.left.append(-1)
        self.right.append(-1)
        self.feature.append(-1)
        self.threshold.append(0.0)
        self.category.append(-1)
        self.cover.append(cover)
        self.values.append(self.rng.normal(size=self.outputs))


def forest(  # noqa: PLR0913 - a test names only what it is about
    rng: np.random.Generator,
    *,
    columns: int = 5,
    trees: int = 3,
    depth: int = 4,
    outputs: int = 1,
    zero_cover: float = 0.0,
    categorical: frozenset[int] = frozenset(),
    grid: np.ndarray | None = None,
    precision: Precision = "float64",
    kinds: tuple[Missing, ...] = ("nan",),
    shuffled: bool = False,
) -> TreeEnsemble:
    """A random ensemble; `shuffled` mixes the nodes of all trees, and `kinds` are drawn for its columns."""
    grower = Grower(rng, columns, outputs, depth, zero_cover, categorical)
    if grid is not None:
        grower.grid = grid
    roots = np.array([grower.grow(rng.uniform(10, 100)) for _ in range(trees)], np.int32)
    count = len(grower.left)
    place = rng.permutation(count) if shuffled else np.arange(count)
    order = np.argsort(place)
    moved = np.append(place, -1)
    return TreeEnsemble(
        roots=place[roots].astype(np.int32) if trees else np.zeros(0, np.int32),
        left=moved[grower.left][order].astype(np.int32),
        right=moved[grower.right][order].astype(np.int32),
        feature=np.array(grower.feature, np.int32)[order],
        threshold=np.array(grower.threshold, float)[order],
        missing_left=rng.random(count) < 0.5,
        category=np.array(grower.category, np.int32)[order],
        cover=np.array(grower.cover, float)[order],
        values=np.array(grower.values, float).reshape(count, outputs)[order],
        base=rng.normal(size=outputs),
        columns=columns,
        precision=precision,
        sets=tuple(grower.sets),
        missing=tuple("nan" if column in categorical else rng.choice(kinds) for column in range(columns)),
        known=tuple(
            np.arange(CODES) if column in categorical and rng.random() < 0.5 else None
            for column in range(columns)
        ),
    )


def any_forest(rng: np.random.Generator) -> TreeEnsemble:
    """One with any of what ensembles may hold: gaps, categories, repeated columns, classes, zero cover."""
    columns = int(rng.choice([1, 2, 3, 4, 5, 6, 7], p=[0.05, 0.1, 0.25, 0.3, 0.2, 0.06, 0.04]))
    return forest(
        rng,
        columns=columns,
        trees=int(rng.integers(1, 4)),
        depth=int(rng.integers(0, 6)),
        outputs=int(rng.choice([1, 1, 2, 3])),
        zero_cover=float(rng.choice([0, 0.3])),
        categorical=frozenset(np.flatnonzero(rng.random(columns) < 0.3).tolist()),
        precision="float32" if rng.random() < 0.5 else "float64",
        kinds=("nan", "zero", "none"),
        shuffled=bool(rng.random() < 0.5),
    )


def table(rng: np.random.Generator, trees: TreeEnsemble, rows: int) -> np.ndarray:
    """Rows on, beside and between split values, with gaps, zeros, and categories that no split names."""
    found = rng.normal(size=(rows, trees.columns))
    categorical = set(trees.feature[trees.category >= 0].tolist())
    for column in range(trees.columns):
        if column in categorical:
            found[:, column] = rng.choice([*range(CODES), 2.7, CODES, -1, -3, 1e6, 1e30], rows)
            continue
        splits = np.append(trees.threshold[trees.feature == column], 0.0)
        near = rng.choice(splits, rows)
        beside = np.nextafter(near, rng.choice([-np.inf, np.inf], rows))
        kind = rng.integers(4, size=rows)
        found[:, column] = np.select([kind == 0, kind == 1], [near, beside], found[:, column])
    found[rng.random(found.shape) < 0.15] = np.nan
    return found


def stumps(rng: np.random.Generator, columns: int, each: int) -> TreeEnsemble:
    """Trees of one test: as many for each column, all of them at other split values."""
    count = columns * each
    root = np.arange(0, 3 * count, 3, dtype=np.int32)
    inner = np.arange(3 * count) % 3 == 0
    feature, threshold = np.full(3 * count, -1, np.int32), np.zeros(3 * count)
    feature[inner] = np.repeat(np.arange(columns), each)
    threshold[inner] = rng.permuted(np.tile(np.linspace(-2, 2, each), (columns, 1)), axis=1).ravel()
    cover = rng.uniform(1, 2, 3 * count)
    cover[inner] = cover[1::3] + cover[2::3]
    return TreeEnsemble(
        roots=root,
        left=np.where(inner, np.arange(3 * count) + 1, -1).astype(np.int32),
        right=np.where(inner, np.arange(3 * count) + 2, -1).astype(np.int32),
        feature=feature,
        threshold=threshold,
        missing_left=rng.random(3 * count) < 0.5,
        category=np.full(3 * count, -1, np.int32),
        cover=cover,
        values=np.where(inner, 0, rng.normal(size=3 * count) / count)[:, None],
        base=rng.normal(size=1),
        columns=columns,
    )


def conjunction(columns: int, share: float, tests: int | None = None) -> TreeEnsemble:
    """A tree that is 1 where all columns are at most 0, else 0; `tests` of them, round and round.

    Of the training weight of each node a `share` goes left, on to the next test.
    """
    place = np.arange(2 * (columns if tests is None else tests) + 1)
    inner = (place % 2 == 0) & (place < place[-1])
    return TreeEnsemble(
        roots=np.zeros(1, np.int32),
        left=np.where(inner, place + 2, -1).astype(np.int32),
        right=np.where(inner, place + 1, -1).astype(np.int32),
        feature=np.where(inner, place // 2 % columns, -1).astype(np.int32),
        threshold=np.zeros(len(place)),
        missing_left=np.zeros(len(place), bool),
        category=np.full(len(place), -1, np.int32),
        cover=share ** (place // 2.0) * np.where(place % 2, 1 - share, 1),
        values=np.where(place == place[-1], 1.0, 0.0)[:, None],
        base=np.zeros(1),
        columns=columns,
    )
