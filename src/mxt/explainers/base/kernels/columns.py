"""Columns in the form that the kernels take: split values, categories, and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mxt.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.explainers.base.kernels._kernels import Column
    from mxt.predictors.base.trees import TreeEnsemble

    Matrix = np.ndarray | pd.DataFrame
    """Numbers, shape (rows, columns)."""


class NodeTests(NamedTuple):
    """The tests of all nodes: which codes of a column go left."""

    cuts: np.ndarray
    """Largest code that goes left at each node, int32, shape (nodes,)."""
    sets: list[list[int]]
    """Codes that go left at each categorical test."""


def make_columns(trees: TreeEnsemble) -> tuple[list[Column], NodeTests]:
    """The kernels' columns, and the ensemble's tests on the codes of the columns.

    The code of a number is how many split values of its column are below it. So a number is at most a split
    value if, and only if, its code is at most the position of the split value.

    Raises:
        ModelError: A column is tested both as a number and as a category.
    """
    import numpy as np

    from mxt.explainers.base.kernels._kernels import Column, Missing

    kinds = {"nan": Missing.NAN_ONLY, "zero": Missing.ZERO_TOO, "none": Missing.NOTHING}
    cuts = np.zeros(len(trees.left), np.int32)
    sets: list[list[int]] = [[] for _ in trees.sets]
    columns = []
    small = trees.feature.astype(np.int16) if trees.columns < 2**15 else trees.feature  # sorted faster
    order = np.argsort(small, kind="stable")
    starts = np.searchsorted(trees.feature[order], np.arange(trees.columns + 1))
    for column in range(trees.columns):
        nodes = order[starts[column] : starts[column + 1]]
        named = np.unique(trees.category[nodes])
        categorical = len(nodes) > 0 and bool(named[-1] >= 0)
        if categorical and named[0] < 0:
            msg = f"Column {column} of the ensemble is tested both as a number and as a category."
            raise ModelError(msg)
        edges, categories = np.empty(0), np.empty(0, np.int64)
        if categorical:
            categories = np.unique(np.concatenate([trees.sets[number] for number in named]))
            for number in named:
                sets[number] = np.searchsorted(categories, trees.sets[number]).tolist()
        else:
            edges, cuts[nodes] = np.unique(trees.threshold[nodes], return_inverse=True)
        known = trees.known[column] if trees.known else None
        columns.append(
            Column(
                edges=edges.tolist(),
                categories=categories.tolist(),
                known=None if known is None else sorted(known.tolist()),
                categorical=categorical,
                missing=kinds[trees.missing[column] if trees.missing else "nan"],
            )
        )
    return columns, NodeTests(cuts, sets)


def float_columns(table: Matrix, columns: int) -> list[np.ndarray]:
    """The columns as float32 or float64 arrays, without a copy where they already are such arrays.

    Raises:
        ModelError: The number of columns is wrong, or a column does not hold numbers.
    """
    import numpy as np

    if table.shape[1] != columns:
        msg = f"The trees test {columns} columns; the table has {table.shape[1]}."
        raise ModelError(msg)
    if isinstance(table, np.ndarray):
        numbers = table if table.dtype in {np.dtype("float32"), np.dtype("float64")} else table.astype(float)
        return [numbers[:, place] for place in range(columns)]
    arrays = []
    for place in range(columns):
        column = table.iloc[:, place]
        single = column.dtype == np.float32
        try:
            arrays.append(column.to_numpy(dtype=np.float32 if single else np.float64, na_value=np.nan))
        except (TypeError, ValueError) as error:
            msg = f"The column {table.columns[place]!r} holds no numbers ({column.dtype})."
            raise ModelError(msg) from error
    return arrays


def column_names(table: Matrix) -> list[str]:
    """Names of the columns; positions if they have no names."""
    return [str(name) for name in getattr(table, "columns", range(table.shape[1]))]
