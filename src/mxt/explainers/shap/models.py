# ruff: noqa: ANN401 - models of any library
"""Models that are sums of trees: the trees, what they test, and the scores that they should add up to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from mxt.errors import ModelError, MxtError
from mxt.explainers.shap.parsed import read_trees
from mxt.explainers.shap.tables import array_of, frame_of, is_named
from mxt.predictors.base.library import predictor_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import pandas as pd

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
    encode: Callable[[Any], np.ndarray]
    """From any table to what the trees test, shape (rows, columns)."""
    scores: Callable[[Any], np.ndarray] | None
    """From any table to what the library itself predicts, on the trees' scale, shape (rows, outputs)."""
    chances: bool = False
    """Whether the trees give chances of classes; of two classes, that of the second."""
    classes: int = 0
    """How many classes there are; none for regression."""
    slope: float | None = None
    """The chance is the logistic of slope times score; None if it is not."""
    boosted: bool = False
    """Whether the model is of a library whose own values shap gives."""
    round_size: int = 1
    """How many trees a boosting round makes, where the library counts in rounds."""
    best: int | None = None
    """How many trees shap explains unless asked for more: those of a booster's best rounds."""
    by_shap: bool = False
    """Whether shap has read the trees."""

    def first(self, limit: int | None) -> TreeEnsemble:
        """The ensemble of the first trees, in whole rounds; all of them for a number below 1."""
        whole = self.trees
        trees = (limit or 0) // self.round_size * self.round_size
        if not 0 < trees < len(whole.roots):
            return whole
        end = int(whole.roots[trees])
        per_node = ("left", "right", "feature", "threshold", "missing_left", "category", "cover", "values")
        cut = {name: getattr(whole, name)[:end] for name in per_node}
        return replace(whole, roots=whole.roots[:trees], **cut)


def tree_model_of(model: Any) -> TreeModel | None:
    """A model of a library whose trees MXT reads; None for others, and for what wraps a model.

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
    left_out = float("nan") if predictor.flavor == "xgboost" or hasattr(model, "get_booster") else 0.0
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


def tree_model_of_shap(parsed: Any, columns: int | None) -> TreeModel | None:
    """A model that shap has read, such as those of libraries that only shap knows.

    Args:
        parsed: A ``shap.explainers._tree.TreeEnsemble``.
        columns: How many columns the model takes, where it is known.

    Raises:
        ModelError: The model is damaged.
    """
    if not parsed.trees or parsed.model_output != "raw" or not parsed.fully_defined_weighting:
        return None
    tested = int(parsed.features.max(initial=-1)) + 1
    trees = read_trees(parsed, max(tested, columns or 0))
    if trees is None:
        return None

    def encode(table: Any) -> np.ndarray:
        return _rows(array_of(table).astype(parsed.input_dtype), trees.columns)

    def scores(table: Any) -> np.ndarray:
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


def _columns(model: Any) -> list[str]:
    """Names by place, for models that were fitted without names."""
    if any(hasattr(model, name) for name in ("feature_name", "feature_name_", "feature_names_")):
        return []  # LightGBM and CatBoost name columns themselves
    count = getattr(model, "n_features_in_", None)
    if count is None and hasattr(model, "num_features"):
        count = model.num_features()
    return [f"f{place}" for place in range(count or 0)]


def _frame(table: Any, predictor: Predictor, left_out: float) -> pd.DataFrame:
    found = frame_of(table, predictor.columns, left_out)
    return found if is_named(table) else predictor.labelled(found)


def _numbers(encoded: Any) -> np.ndarray:
    import numpy as np

    return np.asarray(encoded.toarray() if hasattr(encoded, "toarray") else encoded)


def _slope(predictor: Predictor) -> float | None:
    """The slope of the logistic that leads from the trees' one score to a chance, if that is what does."""
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
    found = float(odds[2, 0] / 0.5)
    return found if np.allclose(odds, found * points, atol=1e-9) else None


def _rounds(model: Any, trees: TreeEnsemble) -> tuple[int, int | None]:
    """How many trees make a round, and how many trees the best rounds have, where a booster tells."""
    count, best = len(trees.roots), getattr(model, "best_iteration", None)
    if hasattr(model, "get_booster"):
        return count // max(model.get_booster().num_boosted_rounds() if best is None else best + 1, 1), None
    if hasattr(model, "num_boosted_rounds"):
        size = count // max(model.num_boosted_rounds(), 1)
        return size, None if best is None else (best + 1) * size
    return trees.values.shape[1] if type(model).__module__.startswith("lightgbm.") else 1, None
