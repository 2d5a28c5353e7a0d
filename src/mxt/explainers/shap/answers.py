"""An engine's values in the shapes of shap, in margins or in probabilities."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mxt.explainers.base import TOLERANCE
from mxt.explainers.base.kernels.engine import Engine
from mxt.explainers.shap.tables import cells_of, is_row, width_of
from mxt.predictors.base.outputs import BINARY

if TYPE_CHECKING:
    import numpy as np
    import shap

    from mxt.explainers.shap.models import TreeModel
    from mxt.explainers.shap.tables import AnyTable

CHANCES = ("probability", "predict_proba")
"""Names of outputs on the scale of probabilities; the second has both of two classes."""


class Answers:
    """Values of a model of trees by MXT's engine, for the tables and in the shapes of shap."""

    def __init__(self, model: TreeModel, output: str, background: AnyTable | None, limit: int | None) -> None:
        """Plan the computation.

        Args:
            model: The trees, and how tables are encoded for them.
            output: ``raw``, or one of `CHANCES`.
            background: Rows to compare with, a table of any type.
            limit: Number of the first trees to explain; None for the trees that the library itself uses.

        Raises:
            ModelError: The trees keep no training weights, and there is no background with rows.
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
        self._doubled = both and model.classes == BINARY

    @property
    def expected(self) -> np.ndarray | float:
        """The base of the values: shape (outputs,), or a number for a single output.

        For a single output it has the shape (1,) if shap explains the model by its own trees, without a
        background.
        """
        import numpy as np

        base = np.append(1 - self.base, self.base) if self._doubled else self.base
        return base if len(base) > 1 or self._listed else base[0]

    def values(self, table: AnyTable) -> np.ndarray:
        """Contributions, shape (rows, columns, outputs); of two classes, to the second."""
        rows = self._model.encode(table)
        return self._engine.probabilities(rows) if self.curved else self._engine.values(rows)

    def interactions(self, table: AnyTable) -> np.ndarray:
        """Contributions of pairs, shape (rows, columns, columns, outputs)."""
        return self._engine.interactions(self._model.encode(table))

    def check(self, values: np.ndarray, table: AnyTable) -> None:
        """Check that base plus contributions are the library's own predictions, if these are known.

        Raises:
            ExplainerError: Shap's own error; some rows do not add up.
        """
        if self.checkable and self._model.scores is not None and len(values):
            require_sums(self.base + values.sum(axis=1), self._model.scores(table))

    def shaped(self, values: np.ndarray, table: AnyTable) -> np.ndarray:
        """Values in shap's shape, see `squeezed`.

        A model read by shap takes tables of any width: columns beyond those that the trees test get zeros.
        """
        import numpy as np

        extra = width_of(table) - values.shape[1] if self._model.by_shap else 0
        if extra > 0:
            values = np.pad(values, [(0, 0), *[(0, extra)] * (values.ndim - 2), (0, 0)])
        return squeezed(np.concatenate([-values, values], axis=-1) if self._doubled else values, table)


def squeezed(values: np.ndarray, table: AnyTable) -> np.ndarray:
    """Values without outputs if there is one output, and without rows if the table is a single row."""
    values = values if values.shape[-1] > 1 else values[..., 0]
    return values[0] if is_row(table) else values


def require_sums(sums: np.ndarray, scores: np.ndarray, advice: str = "") -> None:
    """Raise shap's ExplainerError unless base plus contributions are the library's scores, row by row.

    Args:
        sums: Base plus contributions, shape (rows, outputs).
        scores: The library's scores, shape (rows, outputs).
        advice: What the message adds.
    """
    import numpy as np
    from shap.utils._exceptions import ExplainerError

    gaps = np.abs(sums - scores) / np.maximum(1, np.abs(scores))
    wrong = ~(gaps <= TOLERANCE).all(axis=1)
    if wrong.any():
        msg = (
            "Additivity check failed in TreeExplainer! "
            f"The contributions of {int(wrong.sum())} of {len(gaps)} rows do not add up to the "
            f"prediction (largest relative gap {np.nanmax(gaps):.2g}).{advice}"
        )
        raise ExplainerError(msg)


def explained(
    values: np.ndarray, base: np.ndarray | float, table: AnyTable, names: list[str] | None, seconds: float
) -> shap.Explanation:
    """Contributions as shap's own type, which its plots accept.

    Args:
        values: Shape (rows, columns), and outputs last if there are several.
        base: The expected value, or one for each output.
        table: The rows explained, a table of any type.
        names: Names of the columns, if they have names.
        seconds: How long the computation took.
    """
    import numpy as np
    import pandas as pd
    import shap

    expected = np.squeeze(base)
    if isinstance(table, pd.DataFrame):
        table = cells_of(table)
    plain = np.asarray(table) if isinstance(table, list) else getattr(table, "values", table)
    return shap.Explanation(
        values,
        base_values=np.tile(expected, (len(values), *[1] * expected.ndim)),
        data=table.get_data() if type(table).__name__ == "DMatrix" else plain,
        feature_names=names,
        compute_time=seconds,
    )
