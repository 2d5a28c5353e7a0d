"""Classes: precision, recall and F1 of each class a model tells apart."""

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


def classes_table(found: Classes, drawing: Drawing) -> pd.DataFrame:
    """One row for each class, by its name.

    `rows` is how often it is true, `predicted` how often it is told. Precision and recall have Wilson's
    interval, F1 the BCa one. What is not defined, such as the precision of a class that is never told, is
    NaN.
    """
    import numpy as np
    import pandas as pd

    size = len(found.names)
    places = found.truth * size + found.predicted
    matrix = np.bincount(places, minlength=size * size).reshape(size, size)
    right, true, told = matrix.diagonal(), matrix.sum(axis=1), matrix.sum(axis=0)
    precision, recall = wilson(right, told), wilson(right, true)
    table = pd.DataFrame({"rows": true, "predicted": told}, index=pd.Index(found.names, name="class"))
    for name, part in (("precision", precision), ("recall", recall)):
        table[[name, f"{name}_low", f"{name}_high"]] = np.column_stack(part)
    f1 = [_f1(matrix, place, drawing) for place in range(size)]
    table[["f1", "f1_low", "f1_high"]] = f1
    return table


def _f1(matrix: np.ndarray, place: int, drawing: Drawing) -> tuple[float, ...]:
    """F1 of one class and its interval, from its own two-by-two table."""
    import numpy as np

    hits, said, missed = matrix[place, place], matrix[:, place].sum(), matrix[place].sum()
    cells = np.array([matrix.sum() - said - missed + hits, said - hits, missed - hits, hits])
    held = cells > 0

    def statistic(counts: np.ndarray) -> np.ndarray:
        whole = np.zeros((len(counts), len(cells)))
        whole[:, held] = counts
        return confusion.f1(whole.reshape(-1, 2, 2), "binary")

    return tuple(map(float, bca(statistic, cells[held], drawing.resamples, drawing.seed)))
