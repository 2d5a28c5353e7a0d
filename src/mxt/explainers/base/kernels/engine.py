"""Exact SHAP values and interactions of a tree ensemble, by the compiled kernels."""

from __future__ import annotations

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
    from mxt.explainers.base.kernels.columns import Table, Tests
    from mxt.predictors.base.trees import TreeEnsemble

PADDING = 64
MOST_PLAYERS = 256
"""On one path, of values along paths."""
KEPT_ENTRIES = 2**26
"""Numbers in tables against a background, of all outputs together, eight bytes each: 512 MB at most."""


def available() -> bool:
    """Whether the kernels were compiled when MXT was installed."""
    try:
        import mxt.explainers.base.kernels._kernels  # noqa: F401 - whether it is there is the answer
    except ImportError:
        return False
    return True


class Engine:
    """A plan of one ensemble: made once, then values cost a few nanoseconds for each row and leaf.

    Without a background, an absent column takes both ways at its tests, in the shares of the training weight
    (path-dependent; Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9, algorithm 1). With one, it takes the
    values of each of the background's rows in turn (interventional; the same, algorithm 3). Rows do not
    depend on each other, so values are the same bits for any order, part and number of threads.
    """

    def __init__(
        self, trees: TreeEnsemble, players: Iterable[int] | None = None, background: Table | None = None
    ) -> None:
        """Plan.

        Args:
            trees: The ensemble.
            players: For each of its columns, which player it belongs to, from 0 on; each its own if left out.
            background: Rows of the columns, shape (rows, columns).

        Raises:
            ModelError: The ensemble keeps no training weights and there is no background; a path tests too
                many columns for values along paths; or nodes do not make trees.
            DataError: The background has no rows, or infinite values.
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

    def values(self, table: Table) -> np.ndarray:
        """What each player adds to each output, shape (rows, players, outputs), contiguous by player.

        Args:
            table: Rows of the ensemble's columns, shape (rows, columns): numbers, categories as codes.

        Raises:
            DataError: A value is infinite.
        """
        import numpy as np

        codes, rows = self._codes(table)
        found = np.zeros((self.outputs, self.players, rows))
        for forest, out in zip(self._forests, found, strict=True):
            add = forest.add_background_values if self._against_background else forest.add_values
            add(codes, rows, out, threads())
        return found.transpose(2, 1, 0)

    def interactions(self, table: Table) -> np.ndarray:
        """What each pair of players adds to each output, shape (rows, players, players, outputs).

        Both halves of a pair get half of it, and the diagonal what is left of a player's value, so a
        player's row sums to its value.
        """
        import numpy as np

        codes, rows = self._codes(table)
        found = np.zeros((self.outputs, self.players**2, rows))
        for forest, out in zip(self._forests, found, strict=True):
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
        return found.reshape(self.outputs, self.players, self.players, rows).transpose(3, 1, 2, 0)

    def probabilities(self, table: Table) -> np.ndarray:
        """What each player adds to the logistic of each output, shape (rows, players, outputs).

        Against each of the background's rows a player's value is scaled by the slope of the logistic between
        the two scores, as shap has it, so values add up to the probability less the background's mean
        probability. They are not the Shapley values of the probability itself.

        Raises:
            ModelError: There is no background.
        """
        import numpy as np

        if not self._against_background:
            msg = "Probabilities are explained against a background; give one."
            raise ModelError(msg)
        codes, rows = self._codes(table)
        found = np.zeros((self.outputs, self.players, rows))
        for forest, out, base in zip(self._forests, found, self._trees.base.tolist(), strict=True):
            forest.add_chances(codes, rows, out, threads(), base)
        return found.transpose(2, 1, 0)

    def predict(self, table: Table) -> np.ndarray:
        """The ensemble's scores, shape (rows, outputs)."""
        import numpy as np

        codes, rows = self._codes(table)
        found = np.zeros((self.outputs, 1, rows))
        for forest, out in zip(self._forests, found, strict=True):
            forest.predict(codes, rows, out, threads())
        return found[:, 0].T + self._trees.base

    def _make_forests(self, tests: Tests, weights: np.ndarray) -> list[_kernels.Trees]:
        """For each output, the trees that add to it."""
        import numpy as np

        from mxt.explainers.base.kernels import _kernels

        trees = self._trees
        owners = tree_of(trees) if self.outputs > 1 else None
        asked = np.maximum(trees.feature, 0)
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
                    column=_ints(asked),
                    player=_ints(self._players[asked] if len(self._players) else asked),
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
        """Along paths, settles all that does not depend on rows."""
        try:
            for forest in self._forests:
                forest.plan(threads())
        except ValueError as error:
            msg = (
                f"A path of the trees tests more than {MOST_PLAYERS} columns; give a background and "
                "feature_perturbation: interventional, or explain groups of columns."
            )
            raise ModelError(msg) from error

    def _codes(self, table: Table) -> tuple[np.ndarray, int]:
        """Which split values each number lies between, shape (columns, rows and padding)."""
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

    def _set_background(self, background: Table) -> np.ndarray:
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
    """The sum over the first axis, one after the other: numpy's own depends on how many rows there are."""
    import numpy as np

    found = np.zeros(parts.shape[1:])
    for part in parts:
        found += part
    return found


def _ints(values: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.ascontiguousarray(values, dtype=np.int32)
