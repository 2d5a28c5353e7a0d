"""MXT's explanations as shap's own type, which each of shap's plots accepts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shap  # noqa: TID253 - its type is the parent, and only users of shap's type import this module

from mxt.explainers.shap.tables import cells_of

if TYPE_CHECKING:
    import pandas as pd

    from mxt.explainers.base import Explanation


class ShapExplanation(shap.Explanation):  # type: ignore[misc] # shap publishes no types that hold
    """An explanation of shap's own type that keeps MXT's explanation as an attribute.

    Values have the shape (rows, columns), or (rows, columns, outputs) if there are several outputs;
    ``explanation[:, :, "name"]`` is then the part of one output. A part is of shap's type only.
    """

    def __init__(self, explanation: Explanation, inputs: pd.DataFrame) -> None:
        """Keep both forms of an explanation.

        Args:
            explanation: Contributions of the rows of `inputs`.
            inputs: The rows explained, which plots show beside their contributions.
        """
        several = len(explanation.outputs) > 1
        shown = ... if several else (..., 0)
        error = explanation.standard_error
        super().__init__(
            values=explanation.values[shown],
            base_values=explanation.bases[shown].copy(),
            data=cells_of(inputs[explanation.columns]),
            feature_names=explanation.columns,
            output_names=explanation.outputs if several else None,
            error_std=None if error is None else error[shown],
        )
        self.explanation = explanation
        """MXT's explanation: ids, unit, method and the reason for it, predictions, residuals."""
