"""What the kernels are told of columns: their split values and categories, and their numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from mxt.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.predictors.base.trees import TreeEnsemble

    Table = np.ndarray | pd.DataFrame


class Tests(NamedTuple):
    """What each node asks, in codes."""

    cuts: np.ndarray
    """Largest code that goes left, int32, shape (nodes,)."""
    sets: list[list[int]]
    """Codes that go left at categorical nodes."""


def make_columns(trees: TreeEnsemble) -> tuple[list[Any], Tests]:
    """The kernels' columns, and the ensemble's tests on their codes.

    A number's code is how many split values of its column are below it, so it is at most a split value just
    if its code is at most the split value's place.

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
    return columns, Tests(cuts, sets)


def float_columns(table: Table, columns: int) -> list[np.ndarray]:
    """The columns as float32 or float64 arrays, without a copy where they are.

    Raises:
        ModelError: There are more or fewer, or one does not hold numbers.
    """
    import numpy as np

    if table.shape[1] != columns:
        msg = f"The trees test {columns} columns; the table has {table.shape[1]}."
        raise ModelError(msg)
    if isinstance(table, np.ndarray):
        numbers = (
            table if table.dtype in {np.dtype(np.float32), np.dtype(np.float64)} else table.astype(float)
        )
        return [numbers[:, place] for place in range(columns)]
    found = []
    for place in range(columns):
        column = table.iloc[:, place]
        single = column.dtype == np.float32
        try:
            found.append(column.to_numpy(dtype=np.float32 if single else np.float64, na_value=np.nan))
        except (TypeError, ValueError) as error:
            msg = f"The column {table.columns[place]!r} holds no numbers ({column.dtype})."
            raise ModelError(msg) from error
    return found


def column_names(table: Table) -> list[str]:
    """Names to tell columns by."""
    columns = getattr(table, "columns", None)
    return (
        [str(place) for place in range(table.shape[1])]
        if columns is None
        else [str(name) for name in columns]
    )
