"""Folds: parts of a table for cross-validation, drawn by row ids like the parts of a splitter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mxt.datasets.splitters.base import draw
from mxt.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from sklearn.model_selection import BaseCrossValidator

    from mxt.datasets.splitters.base import Splitter


def folds(
    table: pd.DataFrame,
    target: str,
    splitter: Splitter,
    task: Literal["classification", "regression"],
    count: int,
    seed: int,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each fold, the places of the rows to train on and of the rows to test on.

    The folds are cut as the splitter holds rows out: groups stay together if the splitter keeps them
    together, and each fold is later than its training rows if the splitter goes by time; else each row is in
    one fold.
    Classes are spread evenly. The ids decide the order of the places, so the order of rows does not matter.

    Args:
        table: The rows to cut.
        target: Column that the model predicts.
        splitter: How the rows of the test part were held out.
        task: Whether the target's values are classes.
        count: How many folds.
        seed: Seed of the order.

    Raises:
        DataError: There are too few rows, rows of a class, or groups.
    """
    import numpy as np
    import pandas as pd
    from sklearn.model_selection import TimeSeriesSplit

    keys = draw(table.index, seed)
    if splitter.time_column is not None:
        order = np.lexsort((keys, table[splitter.time_column].to_numpy()))
        _require(len(table) - 1, count, "rows but the earliest")
        return [(order[train], order[test]) for train, test in TimeSeriesSplit(count).split(order)]
    order = keys.argsort(kind="stable")
    truth = table[target].iloc[order]
    groups: np.ndarray | None = None
    if splitter.group_column is not None:
        groups = pd.factorize(table[splitter.group_column].iloc[order], use_na_sentinel=False)[0]
        _require(len(np.unique(groups)), count, f"groups of column {splitter.group_column!r}")
    if task == "classification":
        _require(int(truth.value_counts().min()), count, "rows of the rarest class")
    _require(len(table), count, "rows")
    cutter = _cutter(classes=task == "classification", groups=groups is not None)(count)
    return [(order[train], order[test]) for train, test in cutter.split(truth, truth, groups)]


def _cutter(*, classes: bool, groups: bool) -> type[BaseCrossValidator]:
    """The class of scikit-learn that spreads classes evenly, keeps groups together, or both."""
    from sklearn import model_selection as cut

    if classes:
        return cut.StratifiedGroupKFold if groups else cut.StratifiedKFold
    return cut.GroupKFold if groups else cut.KFold


def _require(available: int, count: int, what: str) -> None:
    if available < count:
        least = f"{count} folds need at least {count} {what} in training"
        msg = f"{least}, and there are {available}; use fewer folds."
        raise DataError(msg)
