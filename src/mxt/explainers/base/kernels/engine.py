"""Exact SHAP values and interactions of a tree ensemble, by the compiled kernels."""

from __future__ import annotations

import importlib
import math
from typing import TYPE_CHECKING

from mxt.errors import DataError, ModelError
from mxt.explainers.base.kernels.checks import check
from mxt.explainers.base.kernels.columns import column_names, float_columns, make_columns
from mxt.explainers.base.kernels.threads import threads
from mxt.explainers.base.kernels.weights import expectations, shares, tree_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np

    from mxt.explainers.base.kernels import _kernels
    from mxt.explainers.base.kernels.columns import Matrix, NodeTests
    from mxt.predictors.base.trees import TreeEnsemble

PADDING = 64
"""Number of unused codes after the last row, which the kernels may read."""
MOST_PLAYERS = 256
"""Largest number of players on one path, for path-dependent values."""
KEPT_ENTRIES = 2**26
"""Most numbers in the tables against a background, of all outputs together: 512 MB."""


def available() -> bool:
    """Whether the kernels were compiled when MXT was installed."""
    try:
        importlib.import_module("mxt.explainers.base.kernels._kernels")
    except ImportError:
        return False
    return True


class Engine:
    """Explains one ensemble: planned once, then values cost a few nanoseconds for each row and leaf.

    Without a background, an absent column goes both ways at its tests, in the shares of the training weight
    (path-dependent; Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9, algorithm 1). With a background, an
    absent column takes the value of each background row in turn (interventional; the same paper, algorithm
    3). Rows do not influence each other, so values are the same bits for any order, part and number of
    threads.
    """

    def __init__(
        self, trees: TreeEnsemble, players: Iterable[int] | None = None, background: Matrix | None = None
    ) -> None:
        """Plan the computation.

        Args:
            trees: The ensemble.
            players: The player of each column, numbered from 0; each column is a player if left out.
            background: Rows that stand for the population, shape (rows, columns).

        Raises:
            ModelError: The ensemble keeps no training weights and there is no background; a path tests too
                many columns for values along paths; or nodes do not make trees.
            DataError: The background has no rows, or holds infinite values.
        """
        import numpy as np

        from mxt.explainers.base.kernels import _kernels

        self.outputs = trees.values.shape[1]
        self._trees = trees
        self._players = np.arange(trees.columns) if players is None else np.fromiter(players, np.int64)
        self.players = int(self._players.max(initial=-1)) + 1
        check(trees, self._players)
        columns, tests = make_columns(trees)
        self._binning = _kernels.Binning(columns, trees.precision == "float32")
        self._against_background = background is not None
        weights = shares(trees) if background is None else np.ones(len(trees.left))
        self._forests = self._make_forests(tests, weights)
        if background is None:
            self.base = trees.base + expectations(trees, weights)
            self._plan()
        else:
            self.base = self._set_background(background)

    def values(self, table: Matrix) -> np.ndarray:
        """Contribution of each player to each output, shape (rows, players, outputs), contiguous by player.

        Args:
            table: Rows of the ensemble's columns, categories as codes, shape (rows, columns).

        Raises:
            DataError: A value is infinite.
        """
        import numpy as np

        codes, rows = self._codes(table)
        values = np.zeros((self.outputs, self.players, rows))
        for forest, out in zip(self._forests, values, strict=True):
            add = forest.add_background_values if self._against_background else forest.add_values
            add(codes, rows, out, threads())
        return values.transpose(2, 1, 0)

    def interactions(self, table: Matrix) -> np.ndarray:
        """Contribution of each pair of players to each output, shape (rows, players, players, outputs).

        A pair's contribution is halved between its two cells, and the diagonal holds the rest of a player's
        value, so a player's row sums to its value.
        """
        import numpy as np

        codes, rows = self._codes(table)
        pairs = np.zeros((self.outputs, self.players**2, rows))
        for forest, out in zip(self._forests, pairs, strict=True):
            diagonal, values = out[:: self.players + 1], np.zeros((self.players, rows))
            if self._against_background:
                forest.add_background_interactions(codes, rows, out, threads())
                forest.add_background_values(codes, rows, values, threads())
            else:
                forest.add_interactions(codes, rows, out, threads())
                forest.add_values(codes, rows, values, threads())
            diagonal += values
            square = out.reshape(self.players, self.players, rows)
            diagonal -= _sum_in_order(square) - diagonal
        return pairs.reshape(self.outputs, self.players, self.players, rows).transpose(3, 1, 2, 0)

    def probabilities(self, table: Matrix) -> np.ndarray:
        """Contribution of each player to the logistic of each output, shape (rows, players, outputs).

        Against each background row a player's value is scaled by the slope of the logistic between the two
        scores, as in shap, so values add up to the probability less the background's mean probability. They
        differ from the Shapley values of the probability itself.

        Raises:
            ModelError: There is no background.
        """
        import numpy as np

        if not self._against_background:
            msg = "Probabilities are explained against a background; give one."
            raise ModelError(msg)
        codes, rows = self._codes(table)
        values = np.zeros((self.outputs, self.players, rows))
        for forest, out, base in zip(self._forests, values, self._trees.base.tolist(), strict=True):
            forest.add_chances(codes, rows, out, threads(), base)
        return values.transpose(2, 1, 0)

    def predict(self, table: Matrix) -> np.ndarray:
        """The ensemble's scores, shape (rows, outputs)."""
        import numpy as np

        codes, rows = self._codes(table)
        scores = np.zeros((self.outputs, 1, rows))
        for forest, out in zip(self._forests, scores, strict=True):
            forest.predict(codes, rows, out, threads())
        return scores[:, 0].T + self._trees.base

    def _make_forests(self, tests: NodeTests, weights: np.ndarray) -> list[_kernels.Trees]:
        """For each output, the trees that contribute to it."""
        import numpy as np

        from mxt.explainers.base.kernels import _kernels

        trees = self._trees
        owners = tree_of(trees) if self.outputs > 1 else None
        columns = np.maximum(trees.feature, 0)
        forests = []
        for value in trees.values.T:
            roots = trees.roots
            if owners is not None:  # of boosting for several classes, each tree adds to one
                adding = np.unique(owners[np.flatnonzero(value)])
                roots = roots[adding[adding >= 0]]
            forests.append(
                _kernels.Trees(
                    roots=_ints(roots),
                    left=_ints(trees.left),
                    right=_ints(trees.right),
                    column=_ints(columns),
                    player=_ints(self._players[columns] if len(self._players) else columns),
                    cut=tests.cuts,
                    set=_ints(trees.category),
                    missing_left=trees.missing_left.astype(np.uint8),
                    share=weights,
                    value=np.ascontiguousarray(value, dtype=np.float64),
                    sets=tests.sets,
                    players=self.players,
                )
            )
        return forests

    def _plan(self) -> None:
        """Prepare path-dependent values, as far as they do not depend on rows."""
        try:
            for forest in self._forests:
                forest.plan(threads())
        except ValueError as error:
            msg = (
                f"A path of the trees tests more than {MOST_PLAYERS} columns; give a background and "
                "feature_perturbation: interventional, or explain groups of columns."
            )
            raise ModelError(msg) from error

    def _codes(self, table: Matrix) -> tuple[np.ndarray, int]:
        """The code of each number, shape (columns, rows + `PADDING`), and the number of rows."""
        import numpy as np

        columns = float_columns(table, self._trees.columns)
        rows = len(table)
        kind = {1: np.uint8, 2: np.uint16, 4: np.uint32}[self._binning.width]
        codes = np.zeros((len(columns), rows + PADDING), kind)
        infinite = self._binning.bin(columns, rows, codes, threads())
        if any(infinite):
            names = [name for name, count in zip(column_names(table), infinite, strict=True) if count]
            most = max(infinite)
            msg = f"{most} rows or more hold infinite values, in the columns {names}; make them missing."
            raise DataError(msg)
        return codes, rows

    def _set_background(self, background: Matrix) -> np.ndarray:
        """Prepare values against a background; returns the mean score of its rows, shape (outputs,)."""
        import numpy as np

        codes, rows = self._codes(background)
        if not rows:
            msg = "The background has no rows; give at least one row that stands for the population."
            raise DataError(msg)
        for forest in self._forests:
            forest.set_background(codes, rows, KEPT_ENTRIES // self.outputs, threads(), self._forests[0])
        scores = self.predict(background)
        return np.array([math.fsum(scores[:, output]) / rows for output in range(self.outputs)])


def _sum_in_order(parts: np.ndarray) -> np.ndarray:
    """The sum over the first axis, in its order; numpy's own order depends on the number of rows."""
    import numpy as np

    total = np.zeros(parts.shape[1:])
    for part in parts:
        total += part
    return total


def _ints(values: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.ascontiguousarray(values, dtype=np.int32)
