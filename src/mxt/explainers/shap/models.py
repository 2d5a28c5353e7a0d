"""Models that are sums of trees: their trees, the encoding of tables, and the scores to add up to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from mxt.errors import ModelError, MxtError
from mxt.explainers.shap.parsed import read_trees
from mxt.explainers.shap.tables import array_of, frame_of, is_named
from mxt.predictors.base.library import predictor_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import pandas as pd
    from shap.explainers._tree import TreeEnsemble as ShapEnsemble

    from mxt.explainers.shap.tables import AnyModel, AnyTable
    from mxt.predictors.base import Predictor
    from mxt.predictors.base.trees import TreeEnsemble

_AVERAGED = {
    *("DecisionTreeClassifier", "ExtraTreeClassifier"),
    *("RandomForestClassifier", "ExtraTreesClassifier"),
}
_BOOSTED = ("xgboost.", "lightgbm.", "catboost.")
_WRAPPED = ("steps", "calibrated_classifiers_", "best_estimator_")


@dataclass(frozen=True)
class TreeModel:
    """A fitted model of trees."""

    trees: TreeEnsemble
    encode: Callable[[AnyTable], np.ndarray]
    """Encodes a table of any type for the trees, shape (rows, columns)."""
    scores: Callable[[AnyTable], np.ndarray] | None
    """The library's own predictions for a table, on the trees' scale, shape (rows, outputs), if known."""
    chances: bool = False
    """Whether the trees predict probabilities of classes; of two classes, of the second."""
    classes: int = 0
    """Number of classes; 0 for regression."""
    slope: float | None = None
    """The probability is the logistic of slope times score; None if it is not."""
    boosted: bool = False
    """Whether shap returns the library's own values for the model."""
    round_size: int = 1
    """Number of trees of a boosting round, if the library counts rounds."""
    best: int | None = None
    """Number of trees of a booster's best rounds, which shap explains by default."""
    by_shap: bool = False
    """Whether the trees were read by shap."""

    def first(self, limit: int | None) -> TreeEnsemble:
        """The ensemble of the first trees, in whole rounds; of all trees if the limit is None or below 1."""
        whole = self.trees
        trees = (limit or 0) // self.round_size * self.round_size
        if not 0 < trees < len(whole.roots):
            return whole
        end = int(whole.roots[trees])
        per_node = ("left", "right", "feature", "threshold", "missing_left", "category", "cover", "values")
        cut = {name: getattr(whole, name)[:end] for name in per_node}
        return replace(whole, roots=whole.roots[:trees], **cut)


def tree_model_of(model: AnyModel) -> TreeModel | None:
    """The trees of a model, if MXT reads them; None for other models, and for wrappers of a model.

    Args:
        model: A fitted model of xgboost, LightGBM, CatBoost or scikit-learn.
    """
    if any(hasattr(model, name) for name in _WRAPPED) or isinstance(model, dict | list):
        return None
    try:
        predictor = predictor_of(model, _columns(model), [])
        trees = predictor.trees
    except MxtError:
        return None
    if trees is None or trees.values.shape[1] != len(predictor.outputs):
        return None
    left_out = float("nan") if predictor.inner.flavor == "xgboost" or hasattr(model, "get_booster") else 0.0
    frame = partial(_frame, predictor=predictor, left_out=left_out)
    slope, intercept = predictor.calibration
    per_round, best = _rounds(model, trees)
    return TreeModel(
        trees,
        encode=lambda table: _numbers(predictor.encode(frame(table))),
        scores=lambda table: (predictor.scores(frame(table)).values - intercept) / slope,
        chances=type(predictor.core).__name__ in _AVERAGED,
        classes=len(predictor.classes),
        boosted=type(model).__module__.startswith(_BOOSTED),
        slope=_slope(predictor),
        round_size=per_round,
        best=best,
    )


def tree_model_of_shap(parsed: ShapEnsemble, columns: int | None) -> TreeModel | None:
    """The trees of a model that shap has read, such as a model of a library that only shap knows.

    Args:
        parsed: The model as shap reads it.
        columns: Number of columns that the model takes, if known.

    Raises:
        ModelError: The model is damaged.
    """
    if not parsed.trees or parsed.model_output != "raw" or not parsed.fully_defined_weighting:
        return None
    tested = int(parsed.features.max(initial=-1)) + 1
    trees = read_trees(parsed, max(tested, columns or 0))
    if trees is None:
        return None

    def encode(table: AnyTable) -> np.ndarray:
        return _rows(array_of(table).astype(parsed.input_dtype), trees.columns)

    def scores(table: AnyTable) -> np.ndarray:
        rows = encode(table)
        return parsed.predict(rows).reshape(len(rows), parsed.num_outputs)

    return TreeModel(trees, encode, None if parsed.model_type == "pyspark" else scores, by_shap=True)


def _rows(table: np.ndarray, columns: int) -> np.ndarray:
    """The first columns of a table, shape (rows, columns)."""
    import numpy as np

    rows = np.atleast_2d(table)
    if rows.shape[1] < columns:
        msg = f"The trees test {columns} columns; the table has {rows.shape[1]}."
        raise ModelError(msg)
    return rows[:, :columns]


def _columns(model: AnyModel) -> list[str]:
    """Names by position, for models that were fitted without names."""
    if any(hasattr(model, name) for name in ("feature_name", "feature_name_", "feature_names_")):
        return []  # LightGBM and CatBoost name columns themselves
    count = getattr(model, "n_features_in_", None)
    if count is None and hasattr(model, "num_features"):
        count = model.num_features()
    return [f"f{place}" for place in range(count or 0)]


def _frame(table: AnyTable, predictor: Predictor, left_out: float) -> pd.DataFrame:
    """The table as a frame; codes of categories become labels if the table has no names."""
    frame = frame_of(table, predictor.columns, left_out)
    return frame if is_named(table) else predictor.labelled(frame)


def _numbers(encoded: AnyTable) -> np.ndarray:
    """Encoded columns as an array, shape (rows, encoded columns)."""
    import numpy as np

    return np.asarray(encoded.toarray() if hasattr(encoded, "toarray") else encoded)


def _slope(predictor: Predictor) -> float | None:
    """The slope of the logistic from the trees' single score to a probability, or None if there is none."""
    import numpy as np

    link = predictor.link
    if predictor.task != "classification" or len(predictor.outputs) > 1 or link is None:
        return None
    slope, intercept = predictor.calibration
    points = np.array([[-2.0], [0.0], [0.5]])
    chances = link.apply(slope * points + intercept)
    if not ((chances > 0) & (chances < 1)).all():
        return None
    odds = np.log(chances / (1 - chances))
    own = float(odds[2, 0] / 0.5)
    return own if np.allclose(odds, own * points, atol=1e-9) else None


def _rounds(model: AnyModel, trees: TreeEnsemble) -> tuple[int, int | None]:
    """Number of trees of a round, and of the best rounds of a booster that knows its best round."""
    count, best = len(trees.roots), getattr(model, "best_iteration", None)
    if hasattr(model, "get_booster"):
        return count // max(model.get_booster().num_boosted_rounds() if best is None else best + 1, 1), None
    if hasattr(model, "num_boosted_rounds"):
        size = count // max(model.num_boosted_rounds(), 1)
        return size, None if best is None else (best + 1) * size
    return trees.values.shape[1] if type(model).__module__.startswith("lightgbm.") else 1, None
