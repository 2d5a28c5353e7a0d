"""CatBoost's own contributions, for models whose trees only CatBoost can read.

For some models, such as models grown depthwise or lossguide, CatBoost's contributions do not add up, so they
are always compared with its predictions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.errors import ModelError, MxtError
from mxt.explainers.shap.answers import require_sums, squeezed
from mxt.explainers.shap.tables import frame_of, is_row
from mxt.predictors.base.library import predictor_of

if TYPE_CHECKING:
    import numpy as np
    import shap

    from mxt.explainers.shap.tables import AnyModel, AnyTable
    from mxt.predictors.catboost import CatboostPredictor


_ADVICE = (
    " These values are CatBoost's own, since its trees test categories; where trees were grown Depthwise or "
    "Lossguide, they mostly do not add up. Grow them as SymmetricTree, or call mxt.explain with a background "
    "and explainer=EnumerationExplainer()."
)


class CatboostAnswers:
    """The interface of `Answers` over CatBoost's own contributions: path-dependent, of all trees."""

    def __init__(self, predictor: CatboostPredictor, limit: int | None) -> None:
        """Serve a model.

        Args:
            predictor: The predictor of the model.
            limit: Number of the first trees to explain, which CatBoost does not support.

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
    def expected(self) -> np.ndarray | float:
        """The base of the values: a number, or shape (outputs,) for several outputs."""
        base = self._predictor.base
        return base if len(base) > 1 else base[0]

    def values(self, table: AnyTable) -> np.ndarray:
        """Contributions, shape (rows, columns, outputs).

        Raises:
            ExplainerError: Shap's own error; some rows do not add up.
        """
        rows = self._rows(table)
        own = self._predictor.contributions(rows)
        require_sums(own.base + own.values.sum(axis=1), self._predictor.scores(rows).values, _ADVICE)
        return own.values

    def interactions(self, table: AnyTable) -> np.ndarray:
        """Contributions of pairs, shape (rows, columns, columns, outputs).

        Raises:
            ExplainerError: Shap's own error; some rows do not add up.
        """
        rows = self._rows(table)
        pairs = self._predictor.interactions(rows)
        sums = self._predictor.base + pairs.sum(axis=(1, 2))
        require_sums(sums, self._predictor.scores(rows).values, _ADVICE)
        return pairs

    def check(self, values: np.ndarray, table: AnyTable) -> None:
        """Check nothing: values are compared with predictions whenever they are computed."""

    def shaped(self, values: np.ndarray, table: AnyTable) -> np.ndarray:
        """Values in shap's shape, see `squeezed`."""
        return squeezed(values, table)

    def _rows(self, table: AnyTable) -> AnyTable:
        """The table as a frame; CatBoost's own table as it is, since its categories cannot be read back."""
        return table if type(table).__name__ == "Pool" else frame_of(table, self._predictor.columns)


def is_catboost(model: object) -> bool:
    """Whether a model is CatBoost's."""
    return type(model).__module__.startswith("catboost.")


def catboost_predictor(model: AnyModel) -> CatboostPredictor | None:
    """The predictor of a CatBoost model; None for other models, and for CatBoost models that MXT refuses."""
    if not is_catboost(model):
        return None
    try:
        return predictor_of(model, [], [])  # type: ignore[return-value] # as its module says
    except MxtError:
        return None


def check_peer(peer: shap.TreeExplainer, values: np.ndarray, table: AnyTable) -> None:
    """Compare contributions that shap takes over from CatBoost with CatBoost's predictions.

    Args:
        peer: Shap's explainer of a model of any library; only CatBoost models are checked.
        values: Contributions, shape (rows, columns), or (rows, columns, outputs) of several outputs.
        table: The rows.

    Raises:
        ExplainerError: Shap's own error; some rows do not add up.
    """
    import numpy as np

    model = getattr(peer.model, "original_model", None)
    if not is_catboost(model) or peer.model.model_output != "raw" or is_row(table):
        return
    import catboost

    base = np.atleast_1d(np.asarray(peer.expected_value, dtype=float))
    raw = catboost.CatBoost.predict(model, table, prediction_type="RawFormulaVal")
    scores = np.asarray(raw, dtype=float).reshape(len(values), -1)[:, : len(base)]
    require_sums(base + values.reshape(*values.shape[:2], -1).sum(axis=1), scores, _ADVICE)
