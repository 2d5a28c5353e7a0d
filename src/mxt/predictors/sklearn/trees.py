"""The trees of scikit-learn's estimators, read from their fitted arrays.

Trees and forests round values to float32 and compare with float64 thresholds; histograms do not round.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mxt.errors import ModelError
from mxt.predictors.base.outputs import BINARY, Contributions
from mxt.predictors.base.trees import TreeEnsemble, require_sound
from mxt.predictors.sklearn.histograms import columns_of, read_histograms
from mxt.predictors.sklearn.isolation import path_lengths

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from sklearn.base import BaseEstimator
    from sklearn.tree._tree import Tree


@dataclass(frozen=True)
class _Grown:
    """One fitted tree of an ensemble."""

    tree: Tree
    values: np.ndarray
    """The summand of each node for each output, shape (nodes, outputs)."""
    features: np.ndarray | None = None
    """The ensemble's column for each column of the tree; None if the tree sees all of them."""


def read_trees(core: BaseEstimator) -> TreeEnsemble | None:
    """The trees of a fitted estimator of scikit-learn.

    Returns:
        None for an estimator that is not a sum of trees.

    Raises:
        ModelError: It is a sum of trees in a form that MXT cannot read, or is damaged.
    """
    read = _READERS.get(type(core).__name__) if type(core).__module__.startswith("sklearn.") else None
    if read is None:
        return None
    try:
        trees = read(core)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        msg = f"The {type(core).__name__} is damaged or not fitted: its trees cannot be read."
        raise ModelError(msg) from error
    return None if trees is None else require_sound(trees, type(core).__name__)


def tested(core: BaseEstimator, encoded: Any) -> Any:
    """The input of the trees of `core`, float64, shape (rows, columns); `encoded` itself if it has none."""
    import numpy as np
    import pandas as pd

    if not type(core).__module__.startswith("sklearn.") or type(core).__name__ not in _READERS:
        return encoded
    if type(core).__name__.startswith("Hist"):
        return columns_of(core, encoded)
    if isinstance(encoded, pd.DataFrame):
        return encoded.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(encoded, dtype=np.float64)


def by_shap(core: BaseEstimator, encoded: np.ndarray, outputs: int) -> Contributions:
    """The contributions that shap itself computes.

    Raises:
        ModelError: It cannot.
    """
    import numpy as np
    import shap

    try:
        explainer = shap.TreeExplainer(core, feature_perturbation="tree_path_dependent")
        raw = np.asarray(explainer.shap_values(encoded, check_additivity=False), dtype=float)
    except Exception as error:
        msg = f"shap cannot explain this {type(core).__name__} ({type(error).__name__})."
        raise ModelError(msg) from error
    base = np.asarray(explainer.expected_value, dtype=float).reshape(-1)[-outputs:]
    return Contributions(raw.reshape(*encoded.shape, -1)[:, :, -outputs:], base, "shap TreeExplainer")


def _joined(grown: list[_Grown], base: np.ndarray, columns: int) -> TreeEnsemble:
    """All trees as one ensemble."""
    import numpy as np

    sizes = [one.tree.node_count for one in grown]
    roots = np.cumsum([0, *sizes])
    starts = np.repeat(roots[:-1], sizes)

    def over_nodes(name: str) -> np.ndarray:
        return np.concatenate([getattr(one.tree, name) for one in grown])

    left, leaf = over_nodes("children_left"), over_nodes("children_left") == -1
    values = np.concatenate([one.values for one in grown])
    return TreeEnsemble(
        roots=roots[:-1].astype(np.int32),
        left=np.where(leaf, -1, left + starts).astype(np.int32),
        right=np.where(leaf, -1, over_nodes("children_right") + starts).astype(np.int32),
        feature=np.where(leaf, -1, np.concatenate([_features(one) for one in grown])).astype(np.int32),
        threshold=np.where(leaf, 0, over_nodes("threshold")),
        missing_left=over_nodes("missing_go_to_left").astype(bool) & ~leaf,
        category=np.full(len(leaf), -1, dtype=np.int32),
        cover=over_nodes("weighted_n_node_samples").astype(np.float64),
        values=np.where(leaf[:, np.newaxis], values, 0.0),
        base=base,
        columns=columns,
        precision="float32",
    )


def _features(one: _Grown) -> np.ndarray:
    """The column that each node tests; leaves test none, and hold anything."""
    return one.tree.feature if one.features is None else one.features[one.tree.feature.clip(min=0)]


def _read_tree(core: BaseEstimator) -> TreeEnsemble:
    return _mean([core], core)


def _read_forest(core: BaseEstimator) -> TreeEnsemble:
    return _mean(core.estimators_, core)


def _mean(estimators: list[BaseEstimator], core: BaseEstimator) -> TreeEnsemble:
    """The mean of trees that predict probabilities, or numbers of each target."""
    import numpy as np

    grown = []
    for estimator in estimators:
        values = estimator.tree_.value  # shape (nodes, targets, classes)
        explained = values[:, 0, -_outputs(core) :] if hasattr(core, "classes_") else values[:, :, 0]
        grown.append(_Grown(estimator.tree_, explained / len(estimators)))
    return _joined(grown, np.zeros(grown[0].values.shape[1]), core.n_features_in_)


def _outputs(core: BaseEstimator) -> int:
    """Number of outputs by which a classifier is explained: one for two classes.

    Raises:
        ModelError: It predicts several targets.
    """
    if getattr(core, "n_outputs_", 1) > 1:
        msg = f"The {type(core).__name__} predicts {core.n_outputs_} targets of classes; MXT reads one."
        raise ModelError(msg)
    return 1 if len(core.classes_) == BINARY else len(core.classes_)


def _read_boosting(core: BaseEstimator) -> TreeEnsemble:
    """Gradient boosting: shrunken trees over a constant start."""
    import numpy as np

    if core.init_ != "zero" and type(core.init_).__name__ not in {"DummyClassifier", "DummyRegressor"}:
        start = type(core.init_).__name__
        msg = (
            f"The {type(core).__name__} starts from a {start}: it is no sum of trees; train it without init."
        )
        raise ModelError(msg)
    base = core._raw_predict_init(np.zeros((1, core.n_features_in_), dtype=np.float32))[0]  # noqa: SLF001 - kept nowhere else
    grown = []
    for stage in core.estimators_:
        for output, estimator in enumerate(stage):
            values = np.zeros((estimator.tree_.node_count, len(base)))
            values[:, output] = core.learning_rate * estimator.tree_.value[:, 0, 0]
            grown.append(_Grown(estimator.tree_, values))
    return _joined(grown, base, core.n_features_in_)


def _read_votes(core: BaseEstimator) -> TreeEnsemble | None:
    """AdaBoost (SAMME): each tree votes for a class and, by less, against the others."""
    import numpy as np

    names = {"DecisionTreeClassifier", "ExtraTreeClassifier"}
    if not {type(one).__name__ for one in core.estimators_} <= names:
        return None
    outputs, count = _outputs(core), len(core.classes_)
    shares = core.estimator_weights_[: len(core.estimators_)] / core.estimator_weights_.sum()
    grown = []
    for estimator, share in zip(core.estimators_, shares, strict=True):
        voted = estimator.classes_[estimator.tree_.value[:, 0].argmax(axis=1)]
        hits = voted[:, np.newaxis] == core.classes_[-outputs:]
        against = -1.0 / max(count - 1, 1)
        scale = share * count if count <= BINARY else share  # for two classes, one minus the other
        values = scale * np.where(hits, 1.0, against) if count > 1 else np.zeros(hits.shape)
        grown.append(_Grown(estimator.tree_, values))
    return _joined(grown, np.zeros(outputs), core.n_features_in_)


def _read_isolation(core: BaseEstimator) -> TreeEnsemble:
    """Isolation forest: the mean length of the paths to the leaves."""
    import numpy as np

    count = len(core.estimators_)
    grown = [
        _Grown(one.tree_, path_lengths(one.tree_)[:, np.newaxis] / count, np.asarray(features))
        for one, features in zip(core.estimators_, core.estimators_features_, strict=True)
    ]
    return _joined(grown, np.zeros(1), core.n_features_in_)


_READERS: dict[str, Callable[[BaseEstimator], TreeEnsemble | None]] = {
    **dict.fromkeys(("DecisionTreeClassifier", "DecisionTreeRegressor"), _read_tree),
    **dict.fromkeys(("ExtraTreeClassifier", "ExtraTreeRegressor"), _read_tree),
    **dict.fromkeys(("RandomForestClassifier", "RandomForestRegressor"), _read_forest),
    **dict.fromkeys(("ExtraTreesClassifier", "ExtraTreesRegressor"), _read_forest),
    **dict.fromkeys(("GradientBoostingClassifier", "GradientBoostingRegressor"), _read_boosting),
    **dict.fromkeys(("HistGradientBoostingClassifier", "HistGradientBoostingRegressor"), read_histograms),
    "AdaBoostClassifier": _read_votes,
    "IsolationForest": _read_isolation,
}
"""Readers by the exact name of the class: a subclass may predict in another way."""
