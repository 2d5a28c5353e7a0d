"""How much a column contributes on average."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from mxt.importances.base import Findings, Importance, Subject, bounds, direction, ranked
from mxt.stats.intervals import mean_interval

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


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
        numbers = _numbers(subject.predictor.select(subject.inputs))
        sizes = mean_interval(np.abs(explanation.values))
        tables = []
        for place, name in enumerate(explanation.outputs):
            told = [
                direction(known, explanation.values[:, column, place]) for column, known in enumerate(numbers)
            ]
            facts = {"class": name or None, "direction": told, "n": len(explanation.ids)}
            facts |= {key: np.maximum(found, 0) for key, found in bounds(sizes, (slice(None), place)).items()}
            means = sizes.estimate[:, place]
            tables.append(ranked(explanation.columns, means, "mean_abs_shap", explanation.unit, **facts))
        return Findings(pd.concat(tables, ignore_index=True))


def _numbers(inputs: pd.DataFrame) -> list[np.ndarray]:
    """Each column as numbers; NaN for one that has no order."""
    import numpy as np
    import pandas as pd

    return [
        inputs[name].to_numpy(float, na_value=np.nan)
        if pd.api.types.is_numeric_dtype(inputs[name])
        else np.full(len(inputs), np.nan)
        for name in inputs
    ]
