"""How much a column contributes on average.

Means and intervals are those of all rows; the direction is told by some of them, drawn by their ids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from mxt.importances.base import SHOWN_ROWS, Importance, Measurement, Subject, bounds, direction, ranked
from mxt.stats.intervals import interval

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.importances.base.tally import Tally


class ShapImportance(Importance):
    """The mean absolute contribution of a column to the samples, with Student's 95 % interval over rows.

    Example:
        {KIND: ShapImportance}
    """

    KIND: Literal["ShapImportance"] = "ShapImportance"

    needs_explanation: ClassVar[bool] = True

    def measure(self, subject: Subject) -> Measurement:
        import pandas as pd

        tally = subject.tally
        if tally is None or not tally.rows:
            return Measurement(None, note="No samples were explained.")
        tables = [_table(tally, place) for place in range(len(tally.explanation.outputs))]
        return Measurement(pd.concat(tables, ignore_index=True))


def _table(tally: Tally, place: int) -> pd.DataFrame:
    """The importances for one output."""
    import numpy as np

    drawn = tally.explanation
    means, errors, freedom = tally.mean_sizes(place)
    found = interval(means, errors, freedom)
    told = [
        direction(_numbers(tally.inputs[name])[:SHOWN_ROWS], drawn.values[:SHOWN_ROWS, column, place])
        for column, name in enumerate(drawn.columns)
    ]
    facts = {key: np.maximum(end, 0) for key, end in bounds(found).items()}
    facts |= {"class": drawn.outputs[place] or None, "n": tally.rows}
    return ranked(drawn.columns, means, "mean_abs_shap", drawn.unit, direction=told, **facts)


def _numbers(cells: pd.Series[Any]) -> np.ndarray:
    """A column as numbers; NaN for one that has no order."""
    import numpy as np
    import pandas as pd

    if not pd.api.types.is_numeric_dtype(cells):
        return np.full(len(cells), np.nan)
    return cells.to_numpy(float, na_value=np.nan)
