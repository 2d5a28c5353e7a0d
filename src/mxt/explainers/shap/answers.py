# ruff: noqa: ANN401 - tables of any sort
"""An engine's answers in the shapes of shap: outputs told twice, left out or in probability; single rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mxt.explainers.base import TOLERANCE
from mxt.explainers.base.kernels.engine import Engine
from mxt.explainers.shap.tables import is_row, width_of

if TYPE_CHECKING:
    import numpy as np
    import shap

    from mxt.explainers.shap.models import TreeModel

CHANCES = ("probability", "predict_proba")
"""Outputs on the scale of probabilities; the second tells both of two classes."""


class Answers:
    """The engine of a model of trees, which takes and gives what shap's tree explainer does."""

    def __init__(self, model: TreeModel, output: str, background: Any | None, limit: int | None) -> None:
        """Plan.

        Args:
            model: The trees, and how tables become what they test.
            output: ``raw``, or one of `CHANCES`.
            background: Rows to compare with, a table of any sort.
            limit: How many of the first trees to explain; None for those that the library itself uses.

        Raises:
            ModelError: The trees keep no training weights and there is no background, or it has no rows.
        """
        import numpy as np

        self._model = model
        self.curved = output in CHANCES and not model.chances
        self.checkable = limit is None and not self.curved and model.scores is not None
        trees = model.first(model.best if limit is None else limit)
        if self.curved and model.slope is not None:
            trees = replace(trees, values=trees.values * model.slope, base=trees.base * model.slope)
        self._listed = background is None and not model.boosted
        rows = None if background is None else model.encode(background)
        self._engine = Engine(trees, background=rows)
        self.base = self._engine.base
        if self.curved and rows is not None:
            self.base = (1 / (1 + np.exp(-self._engine.predict(rows)))).mean(axis=0)
        both = model.chances or output == "predict_proba"
        self._doubled = both and model.classes == 2  # noqa: PLR2004 - two classes

    @property
    def expected(self) -> Any:
        """The mean that values start from: shape (outputs,), or a number.

        A single output is a number, but shape (1,) where shap explains its own trees without a background.
        """
        import numpy as np

        told = np.append(1 - self.base, self.base) if self._doubled else self.base
        return told if len(told) > 1 or self._listed else told[0]

    def values(self, table: Any) -> np.ndarray:
        """Shape (rows, columns, outputs), of two classes the second."""
        rows = self._model.encode(table)
        return self._engine.probabilities(rows) if self.curved else self._engine.values(rows)

    def interactions(self, table: Any) -> np.ndarray:
        """Shape (rows, columns, columns, outputs)."""
        return self._engine.interactions(self._model.encode(table))

    def check(self, values: np.ndarray, table: Any) -> None:
        """Hold base plus contributions to what the library itself predicts, where that is known.

        Raises:
            ExplainerError: Shap's; some rows do not add up.
        """
        if self.checkable and self._model.scores is not None and len(values):
            require_sums(self.base + values.sum(axis=1), self._model.scores(table))

    def told(self, values: np.ndarray, table: Any) -> np.ndarray:
        """As shap shapes it: without outputs if there is one, and without rows for one row.

        A model read by shap takes tables of any width: columns after the last that a tree tests have zeros.
        """
        import numpy as np

        extra = width_of(table) - values.shape[1] if self._model.by_shap else 0
        if extra > 0:
            values = np.pad(values, [(0, 0), *[(0, extra)] * (values.ndim - 2), (0, 0)])
        found = np.concatenate([-values, values], axis=-1) if self._doubled else values
        found = found if found.shape[-1] > 1 else found[..., 0]
        return found[0] if is_row(table) else found


def require_sums(sums: np.ndarray, scores: np.ndarray) -> None:
    """Raise shap's ExplainerError unless base plus contributions are the library's scores, row by row.

    Args:
        sums: Shape (rows, outputs).
        scores: The same shape.
    """
    import numpy as np
    from shap.utils._exceptions import ExplainerError

    gaps = np.abs(sums - scores) / np.maximum(1, np.abs(scores))
    wrong = ~(gaps <= TOLERANCE).all(axis=1)
    if wrong.any():
        msg = (
            "Additivity check failed in TreeExplainer! "
            f"The contributions of {int(wrong.sum())} of {len(gaps)} rows do not add up to the "
            f"prediction (largest relative gap {np.nanmax(gaps):.2g})."
        )
        raise ExplainerError(msg)


def explained(
    values: np.ndarray, base: Any, table: Any, names: list[str] | None, seconds: float
) -> shap.Explanation:
    """Contributions in shap's form, which its plots take.

    Args:
        values: Shape (rows, columns), and outputs last if there are several.
        base: The expected value, or one for each output.
        table: The rows explained, of any sort.
        names: Of the columns, if they have some.
        seconds: What it took.
    """
    import numpy as np
    import shap

    expected = np.squeeze(base)
    plain = np.asarray(table) if isinstance(table, list) else getattr(table, "values", table)
    return shap.Explanation(
        values,
        base_values=np.tile(expected, (len(values), *[1] * expected.ndim)),
        data=table.get_data() if type(table).__name__ == "DMatrix" else plain,
        feature_names=names,
        compute_time=seconds,
    )
