"""Folds: parts of a table for cross-validation, drawn by row ids as splitters draw theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from mxt.datasets.splitters.base import draw
from mxt.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.datasets.splitters.base import Splitter


def folds(
    table: pd.DataFrame,
    target: str,
    splitter: Splitter,
    task: Literal["classification", "regression"],
    count: int,
    seed: int,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """The places of the rows to train on and of those to test on, for each fold.

    The folds are cut as the splitter holds rows out: whole groups together if it keeps them together, each
    fold later than its training rows if it goes by time. Else each row stands in one fold. Classes are spread
    evenly. The places are in an order that the ids decide, so the order of rows does not matter.

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
    from sklearn import model_selection as cut

    keys = draw(table.index, seed)
    if splitter.time_column is not None:
        order = np.lexsort((keys, table[splitter.time_column].to_numpy()))
        _require(len(table) - 1, count, "rows but the earliest")
        return [(order[train], order[test]) for train, test in cut.TimeSeriesSplit(count).split(order)]
    order = keys.argsort(kind="stable")
    truth, groups = table[target].iloc[order], None
    if splitter.group_column is not None:
        groups = table[splitter.group_column].iloc[order]
        _require(groups.nunique(), count, f"groups of column {splitter.group_column!r}")
    if task == "classification":
        _require(int(truth.value_counts().min()), count, "rows of the rarest class")
    _require(len(table), count, "rows")
    cutter: Any = {
        (True, True): cut.StratifiedGroupKFold,
        (True, False): cut.StratifiedKFold,
        (False, True): cut.GroupKFold,
        (False, False): cut.KFold,
    }[task == "classification", groups is not None]
    return [(order[train], order[test]) for train, test in cutter(count).split(truth, truth, groups)]


def _require(found: int, count: int, what: str) -> None:
    if found < count:
        msg = (
            f"{count} folds need at least {count} {what} in training, and there are {found}; use fewer folds."
        )
        raise DataError(msg)
