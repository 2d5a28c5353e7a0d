"""How much a column contributes on average.

Means and intervals cover all rows; the direction is computed from some rows, drawn by their ids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from mxt.importances.base import Basis, Importance, Measurement, bounds, direction, ranked
from mxt.importances.base.draws import SHOWN_ROWS
from mxt.importances.base.moments import ordered
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

    def measure(self, basis: Basis) -> Measurement:
        import pandas as pd

        tally = basis.tally
        if tally is None or not tally.rows:
            return Measurement(None, note="No samples were explained.")
        tables = [_table(tally, place) for place in range(len(tally.explanation.outputs))]
        return Measurement(pd.concat(tables, ignore_index=True))


def _table(tally: Tally, place: int) -> pd.DataFrame:
    """The importances for one output."""
    import numpy as np

    drawn = tally.explanation
    means, errors, freedom = tally.mean_sizes(place)
    directions = [
        direction(_numbers(tally.inputs[name])[:SHOWN_ROWS], drawn.values[:SHOWN_ROWS, column, place])
        for column, name in enumerate(drawn.columns)
    ]
    facts = {key: np.maximum(end, 0) for key, end in bounds(interval(means, errors, freedom)).items()}
    facts |= {"class": drawn.outputs[place] or None, "n": tally.rows}
    return ranked(drawn.columns, means, "mean_abs_shap", drawn.unit, direction=directions, **facts)


def _numbers(cells: pd.Series) -> np.ndarray:
    """A column as numbers, times as days elapsed; all NaN for texts and categories."""
    import numpy as np
    import pandas as pd

    cells = ordered(cells)
    if not pd.api.types.is_numeric_dtype(cells):
        return np.full(len(cells), np.nan)
    return cells.to_numpy(float, na_value=np.nan)
