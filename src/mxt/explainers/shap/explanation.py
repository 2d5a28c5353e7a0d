"""MXT's explanations in the form of shap's, which each of shap's plots takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shap  # noqa: TID253 - its type is the parent; this module is imported by those who want it only

if TYPE_CHECKING:
    import pandas as pd

    from mxt.explainers.base import Explanation


class ShapExplanation(shap.Explanation):  # type: ignore[misc] # shap publishes no types that hold
    """An explanation that is shap's own type, and keeps MXT's.

    Its values are of shape (rows, columns), or (rows, columns, outputs) where there are several outputs: then
    ``found[:, :, "name"]`` is that output alone. What is cut out of it is shap's type only.
    """

    def __init__(self, explanation: Explanation, inputs: pd.DataFrame) -> None:
        """Hold both forms.

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
            data=inputs[explanation.columns].to_numpy(),
            feature_names=explanation.columns,
            output_names=explanation.outputs if several else None,
            error_std=None if error is None else error[shown],
        )
        self.explanation = explanation
        """MXT's own: ids, unit, method and why, predictions, residuals."""
