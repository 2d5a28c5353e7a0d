"""Precision, recall and F1 of each class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.stats import confusion
from mxt.stats.bootstrap import bca
from mxt.stats.proportions import wilson

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.assessments.scores import Drawing
    from mxt.metrics.base.answers import Classes


def classes_table(classes: Classes, drawing: Drawing) -> pd.DataFrame:
    """Precision, recall and F1 of each class with their intervals, indexed by the class's name.

    `rows` counts the rows whose truth is the class, `predicted` the rows whose prediction is. Precision and
    recall have Wilson's interval, F1 the BCa interval. What is not defined, such as the precision of a class
    that is never predicted, is NaN.
    """
    import numpy as np
    import pandas as pd

    size = len(classes.names)
    places = classes.truth * size + classes.predicted
    matrix = np.bincount(places, minlength=size * size).reshape(size, size)
    right, true, predicted = matrix.diagonal(), matrix.sum(axis=1), matrix.sum(axis=0)
    precision, recall = wilson(right, predicted), wilson(right, true)
    table = pd.DataFrame({"rows": true, "predicted": predicted}, index=pd.Index(classes.names, name="class"))
    for name, part in (("precision", precision), ("recall", recall)):
        table[[name, f"{name}_low", f"{name}_high"]] = np.column_stack(part)
    f1 = [_f1(matrix, place, drawing) for place in range(size)]
    table[["f1", "f1_low", "f1_high"]] = f1
    return table


def _f1(matrix: np.ndarray, place: int, drawing: Drawing) -> tuple[float, ...]:
    """F1 of one class and the ends of its interval, from the class's own two-by-two table."""
    import numpy as np

    hits, predicted, true = matrix[place, place], matrix[:, place].sum(), matrix[place].sum()
    cells = np.array([matrix.sum() - predicted - true + hits, predicted - hits, true - hits, hits])
    occupied = cells > 0

    def statistic(counts: np.ndarray) -> np.ndarray:
        whole = np.zeros((len(counts), len(cells)))
        whole[:, occupied] = counts
        return confusion.f1(whole.reshape(-1, 2, 2), "binary")

    return tuple(map(float, bca(statistic, cells[occupied], drawing.resamples, drawing.seed)))
