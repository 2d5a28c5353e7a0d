"""How much a column contributes on average."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from mxt.datasets.splitters.base import draw
from mxt.importances.base import Findings, Importance, Subject, bounds, direction, ranked
from mxt.stats.intervals import Interval, mean_interval

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.explainers.base import Explanation


class ShapImportance(Importance):
    """The mean absolute contribution of a column to the samples, with Student's 95 % interval over rows.

    Example:
        {KIND: ShapImportance}
    """

    KIND: Literal["ShapImportance"] = "ShapImportance"

    needs_explanation: ClassVar[bool] = True

    def measure(self, subject: Subject) -> Findings:
        import numpy as np
        import pandas as pd

        explanation = subject.explanation
        if explanation is None or subject.inputs is None or not len(explanation.ids):
            return Findings(None, text="No samples were explained.")
        inputs = subject.predictor.select(subject.inputs)
        order = np.argsort(draw(explanation.ids, 0), kind="stable")
        tables = [_table(explanation, inputs, order, place) for place in range(len(explanation.outputs))]
        return Findings(pd.concat(tables, ignore_index=True))


def _table(explanation: Explanation, inputs: pd.DataFrame, order: np.ndarray, place: int) -> pd.DataFrame:
    """The importances for one output; rows are summed in `order`, so that theirs does not matter."""
    import numpy as np

    sizes, told = [], []
    for column, name in enumerate(explanation.columns):
        effects = explanation.values[order, column, place]
        sizes.append(mean_interval(np.abs(effects)))
        told.append(direction(_numbers(inputs[name])[order], effects))
    found = Interval(*(np.array(part) for part in zip(*sizes, strict=True)))
    facts = {key: np.maximum(end, 0) for key, end in bounds(found).items()}
    facts |= {"class": explanation.outputs[place] or None, "n": len(order)}
    return ranked(
        explanation.columns, found.estimate, "mean_abs_shap", explanation.unit, direction=told, **facts
    )


def _numbers(cells: pd.Series[Any]) -> np.ndarray:
    """A column as numbers; NaN for one that has no order."""
    import numpy as np
    import pandas as pd

    if not pd.api.types.is_numeric_dtype(cells):
        return np.full(len(cells), np.nan)
    return cells.to_numpy(float, na_value=np.nan)
