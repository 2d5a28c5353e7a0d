# ruff: noqa: ANN401 - models of any library, tables of any sort
"""CatBoost's own contributions, for models whose trees test what only CatBoost can read.

CatBoost's contributions do not add up for some models, such as those grown depthwise or lossguide, so here
they are always compared with its predictions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxt.errors import ModelError, MxtError
from mxt.explainers.shap.answers import require_sums
from mxt.explainers.shap.tables import frame_of, is_row
from mxt.predictors.base.library import predictor_of

if TYPE_CHECKING:
    import numpy as np
    import shap

    from mxt.predictors.catboost import CatboostPredictor


class CatboostAnswers:
    """What `Answers` gives, by CatBoost itself: along the trees' paths, of all trees."""

    def __init__(self, predictor: CatboostPredictor, limit: int | None) -> None:
        """Serve a model.

        Args:
            predictor: The model's.
            limit: How many of the first trees to explain, which CatBoost cannot.

        Raises:
            ModelError: There is a limit.
        """
        if limit is not None and limit > 0:
            msg = (
                "CatBoost itself explains this model, and it explains all of its trees; leave out tree_limit."
            )
            raise ModelError(msg)
        self._predictor = predictor

    @property
    def expected(self) -> Any:
        """The mean that values start from: a number, or shape (outputs,) of several."""
        base = self._predictor.base
        return base if len(base) > 1 else base[0]

    def values(self, table: Any) -> np.ndarray:
        """Shape (rows, columns, outputs).

        Raises:
            ExplainerError: Shap's; some rows do not add up.
        """
        rows = self._rows(table)
        found = self._predictor.contributions(rows)
        require_sums(found.base + found.values.sum(axis=1), self._predictor.scores(rows).values)
        return found.values

    def interactions(self, table: Any) -> np.ndarray:
        """Shape (rows, columns, columns, outputs).

        Raises:
            ExplainerError: Shap's; some rows do not add up.
        """
        rows = self._rows(table)
        found = self._predictor.interactions(rows)
        require_sums(self._predictor.base + found.sum(axis=(1, 2)), self._predictor.scores(rows).values)
        return found

    def check(self, values: np.ndarray, table: Any) -> None:
        """Nothing: values are compared with predictions whenever they are computed."""

    def told(self, values: np.ndarray, table: Any) -> np.ndarray:
        """As shap shapes it: without outputs if there is one, and without rows for one row."""
        found = values if values.shape[-1] > 1 else values[..., 0]
        return found[0] if is_row(table) else found

    def _rows(self, table: Any) -> Any:
        """A frame, or CatBoost's own table as it is, since it gives back no categories."""
        return table if type(table).__name__ == "Pool" else frame_of(table, self._predictor.columns)


def is_catboost(model: Any) -> bool:
    """Whether a model is CatBoost's."""
    return type(model).__module__.startswith("catboost.")


def catboost_predictor(model: Any) -> CatboostPredictor | None:
    """The predictor of a model of CatBoost; None for others, and for those that MXT refuses."""
    if not is_catboost(model):
        return None
    try:
        return predictor_of(model, [], [])  # type: ignore[return-value] # as its module says
    except MxtError:
        return None


def check_peer(peer: shap.TreeExplainer, values: np.ndarray, table: Any) -> None:
    """Compare what shap hands on from CatBoost with CatBoost's predictions, for models that MXT refuses.

    Args:
        peer: Shap's explainer of a model of any library; nothing is compared for those of others.
        values: Contributions, shape (rows, columns), or (rows, columns, outputs) of several outputs.
        table: The rows.

    Raises:
        ExplainerError: Shap's; some rows do not add up.
    """
    import numpy as np

    model = getattr(peer.model, "original_model", None)
    if not is_catboost(model) or peer.model.model_output != "raw" or is_row(table):
        return
    import catboost

    base = np.atleast_1d(np.asarray(peer.expected_value, dtype=float))
    raw = catboost.CatBoost.predict(model, table, prediction_type="RawFormulaVal")
    scores = np.asarray(raw, dtype=float).reshape(len(values), -1)[:, : len(base)]
    require_sums(base + values.reshape(*values.shape[:2], -1).sum(axis=1), scores)
