"""What every explainer returns, and the law it keeps: base plus contributions is the prediction."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from mxt.errors import ModelError
from mxt.kinds import Kind
from mxt.stats.intervals import interval

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import shap

    from mxt.predictors.base import Predictor
    from mxt.stats.intervals import Interval

TOLERANCE = 1e-4
"""Largest residual allowed, relative to the prediction where that is larger than 1."""


@dataclass(frozen=True)
class Explanation:
    """Contributions of source columns to predictions.

    Law: ``base[k] + values[i, :, k].sum() == prediction[i, k]`` for each row i and output k (local
    accuracy; Lundberg and Lee 2017, arXiv:1705.07874, property 1). The contributions of a surrogate add up to
    the surrogate's prediction instead of the model's; such an explanation is not `additive`.
    """

    ids: pd.Index
    columns: list[str]
    """Source columns."""
    values: np.ndarray
    """Contributions, shape (rows, columns, outputs)."""
    base: np.ndarray
    """The prediction that contributions start from, shape (outputs,), or (rows, outputs) if rows differ."""
    prediction: np.ndarray
    """Predictions of the library's own prediction function, shape (rows, outputs)."""
    unit: str
    """Unit of values, base and prediction: log-odds, margin, probability or target."""
    outputs: list[str]
    """The class of each output; one empty text for a single output without a class."""
    method: str
    """How the values were computed."""
    reason: str = ""
    """Why this method was used, if MXT chose it."""
    standard_error: np.ndarray | None = None
    """Standard errors of sampled values, shape (rows, columns, outputs); NaN where unknown."""
    freedom: float = math.inf
    """Degrees of freedom of the standard errors, for Student's t."""
    fit: Mapping[str, np.ndarray] | None = None
    """How well a surrogate fits: an array of shape (rows, outputs) for each measure."""
    additive: bool = True
    """Whether values must add up to the model's prediction, as all but a surrogate's must."""

    @property
    def bases(self) -> np.ndarray:
        """The base of each row, shape (rows, outputs)."""
        import numpy as np

        return np.broadcast_to(self.base, self.prediction.shape)

    @property
    def totals(self) -> np.ndarray:
        """The sum of each row's contributions, shape (rows, outputs), not influenced by other rows."""
        import numpy as np

        totals = np.zeros(self.prediction.shape)
        for place in range(self.values.shape[1]):  # numpy's own sum adds in an order that shapes decide
            totals += self.values[:, place]
        return totals

    @property
    def residual(self) -> np.ndarray:
        """Base plus contributions minus prediction, shape (rows, outputs)."""
        return self.base + self.totals - self.prediction

    @property
    def intervals(self) -> Interval | None:
        """Student's intervals of sampled values; None for exact values."""
        if self.standard_error is None:
            return None
        return interval(self.values, self.standard_error, self.freedom)

    def checked(self) -> Explanation:
        """The explanation itself, if every row adds up; contributions of a surrogate need only be finite.

        Raises:
            ModelError: Some rows do not add up, or are not finite.
        """
        import numpy as np

        if not self.additive:
            return self._finite()
        endless = ~np.isfinite(self.prediction).all(axis=1)
        if endless.any():
            msg = (
                f"The scores of {int(endless.sum())} of {len(self.ids)} rows are not finite numbers, "
                "as happens if a model was trained on one class; no contributions add up to them."
            )
            raise ModelError(msg)
        allowed = TOLERANCE * np.maximum(1, np.abs(self.prediction))
        wrong = ~(np.abs(self.residual) <= allowed).all(axis=1)
        if wrong.any():
            ids, largest = ", ".join(map(repr, self.ids[wrong][:5])), np.abs(self.residual).max()
            msg = (
                f"The contributions of {int(wrong.sum())} of {len(self.ids)} rows do not add up to the "
                f"prediction (method {self.method}; largest residual {largest:.2g}; ids {ids})."
            )
            raise ModelError(msg)
        return self

    def _finite(self) -> Explanation:
        import numpy as np

        wrong = ~np.isfinite(self.residual).all(axis=1)
        if wrong.any():
            msg = f"The contributions of {int(wrong.sum())} of {len(self.ids)} rows are not finite numbers."
            raise ModelError(msg)
        return self

    def to_arrow(self, output: int = 0) -> pa.Table:
        """One output's contributions as an Arrow table: the ids, then a column for each source column.

        Columns share the memory of `values` where `values` holds each column in one stretch.
        """
        import numpy as np
        import pyarrow as pa

        contributions = [np.ascontiguousarray(column) for column in self.values[:, :, output].T]
        ids, name = pa.array(self.ids.to_numpy(), from_pandas=True), self.ids.name
        return pa.table([ids, *contributions], ["id" if name is None else str(name), *self.columns])

    def to_shap(self, inputs: pd.DataFrame, output: int = 0) -> shap.Explanation:
        """One output's contributions as shap's own type, which each of shap's plots accepts."""
        import shap

        return shap.Explanation(
            values=self.values[:, :, output],
            base_values=self.bases[:, output].copy(),
            data=inputs[self.columns].to_numpy(),
            feature_names=self.columns,
        )


def join(parts: list[Explanation]) -> Explanation:
    """Explanations of parts as one explanation of all rows, in the order of the parts."""
    import numpy as np

    first = parts[0]
    errors = [part.standard_error for part in parts if part.standard_error is not None]
    fits = [part.fit for part in parts if part.fit is not None]
    return replace(
        first,
        ids=first.ids.append([part.ids for part in parts[1:]]),
        values=np.concatenate([part.values.T for part in parts], axis=-1).T,
        base=np.concatenate([part.base for part in parts]) if first.base.ndim > 1 else first.base,
        prediction=np.concatenate([part.prediction for part in parts]),
        standard_error=np.concatenate(errors) if errors else None,
        fit={name: np.concatenate([fit[name] for fit in fits]) for name in fits[0]} if fits else None,
    )


class Explainer(Kind, ABC):
    """Computes contributions for one family of models."""

    exact: ClassVar[bool]
    """Whether the values are exact, or estimated by sampling."""

    cost: ClassVar[int] = 0
    """Rank of an exact explainer: 0 uses the model's own form, 1 its parts, 2 doubles with each column."""

    @abstractmethod
    def serves(self, predictor: Predictor) -> bool:
        """Whether the explainer can explain the model."""

    @abstractmethod
    def explain(
        self, predictor: Predictor, inputs: pd.DataFrame, background: pd.DataFrame | None
    ) -> Explanation:
        """Explain each row of `inputs`.

        Args:
            predictor: A fitted model.
            inputs: Rows to explain, with the model's source columns.
            background: Rows that stand for the population, if the method needs them.

        Raises:
            ModelError: The explainer does not serve the model, or needs a background.
        """

    def require(self, predictor: Predictor) -> None:
        """Raise a ModelError unless the explainer serves the model."""
        if not self.serves(predictor):
            raise self.refusal(predictor)

    def refusal(self, predictor: Predictor) -> ModelError:
        """The error for a model that the explainer does not serve."""
        core = type(predictor.core).__name__
        return ModelError(f"{type(self).__name__} does not serve a {core}; try {{KIND: AutoExplainer}}.")


def fold(values: np.ndarray, sources: list[int], columns: int) -> np.ndarray:
    """Sum the contributions of encoded columns that come from the same source column.

    Args:
        values: Shape (rows, encoded columns, outputs).
        sources: The source column of each encoded column, shape (encoded columns,).
        columns: Number of source columns.

    Returns:
        Shape (rows, columns, outputs). The sum of each row stays the same.
    """
    import numpy as np

    places = np.asarray(sources, dtype=np.intp)
    if values.shape[1] != len(places):
        msg = (
            f"The core model sees {values.shape[1]} columns, but {len(places)} were traced to source columns."
        )
        raise ModelError(msg)
    if np.array_equal(places, np.arange(columns)):
        return values
    folded = np.zeros((values.shape[2], columns, values.shape[0])).T  # each column in one stretch of memory
    for place, source in enumerate(places):
        folded[:, source] += values[:, place]
    return folded


def require_background(background: pd.DataFrame | None, kind: str) -> pd.DataFrame:
    """The background.

    Raises:
        ModelError: There is none, or it has no rows.
    """
    if background is None or background.empty:
        msg = (
            f"{kind} compares with a background, and the model keeps none; give rows that stand for the "
            "population: `background` of a job, background=X_train in Python."
        )
        raise ModelError(msg)
    return background
