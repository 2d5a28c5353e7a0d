"""The scale of an estimator's scores, and the link from there to probabilities or predicted numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.predictors.base.outputs import BINARY
from mxt.stats import links

if TYPE_CHECKING:
    import numpy as np
    from sklearn.base import BaseEstimator

    from mxt.predictors.base.outputs import Label
    from mxt.stats.links import Link

_LIKELIHOODS = (
    "LogisticRegression",
    "LogisticRegressionCV",
    "LinearDiscriminantAnalysis",
    "ExplainableBoostingClassifier",
)


def scale_of(core: BaseEstimator, classes: list[Label]) -> tuple[str, Link | None]:
    """The unit of an estimator's scores, and the link that makes probabilities or predictions of them.

    Args:
        core: A fitted estimator.
        classes: Its labels; empty for regression.

    Returns:
        The unit, and None if no known link leads to probabilities.
    """
    if not classes:
        return _of_regressor(core)
    if gives_probabilities(core) or not hasattr(core, "decision_function"):
        return "probability", links.identity()
    final = getattr(core, "final_estimator_", None)
    if final is not None:
        return scale_of(getattr(final, "steps", [("", final)])[-1][1], classes)
    return _of_decisions(core, len(classes))


def _of_decisions(core: BaseEstimator, classes: int) -> tuple[str, Link | None]:
    """The scale of a classifier that has a decision function."""
    name, loss = type(core).__name__, getattr(core, "loss", None)
    if name == "GradientBoostingClassifier" and loss == "exponential":
        return "margin", links.logistic(2)
    if name in {"GradientBoostingClassifier", "HistGradientBoostingClassifier"}:
        return _likely(max(classes, BINARY))
    if name == "AdaBoostClassifier":
        return _likely(classes, 1 / max(classes - 1, 1))
    one_by_one = getattr(core, "solver", None) == "liblinear" or getattr(core, "multi_class", None) == "ovr"
    if name in _LIKELIHOODS and not (one_by_one and classes > BINARY):
        doubled = classes == BINARY and getattr(core, "multi_class", None) == "multinomial"
        return ("margin", links.logistic(2)) if doubled else _likely(classes)
    if name in _LIKELIHOODS or (name == "SGDClassifier" and loss == "log_loss"):
        against = links.chain(links.logistic(), links.normalised())
        return _likely(classes) if classes == BINARY else ("margin", against)
    return "margin", None


def _likely(classes: int, slope: float = 1.0) -> tuple[str, Link]:
    """The scale of logistic regression, binary or multinomial."""
    return ("log-odds", links.logistic()) if classes == BINARY else ("margin", links.softmax(slope))


def _of_regressor(core: BaseEstimator) -> tuple[str, Link | None]:
    """The scale of a regressor, which predicts its score or the exponential of it."""
    name = type(core).__name__
    if name == "IsolationForest":
        return "path length", None
    logarithmic = name in {"PoissonRegressor", "GammaRegressor"}
    if name == "TweedieRegressor":
        logarithmic = core.link == "log" or (core.link == "auto" and core.power > 0)
    if name == "ExplainableBoostingRegressor":
        logarithmic = core.link_ == "log"
    if name == "HistGradientBoostingRegressor":
        logarithmic = core.loss in {"poisson", "gamma"}
    return ("margin", links.exponential()) if logarithmic else ("target", links.identity())


def gives_probabilities(core: BaseEstimator) -> bool:
    """Whether a model averages probabilities, though it may have a decision function too."""
    from sklearn.ensemble import BaggingClassifier

    return isinstance(core, BaggingClassifier)


def importances_of(core: BaseEstimator) -> dict[str, np.ndarray]:
    """scikit-learn's own importances of encoded columns, by method."""
    import numpy as np

    if hasattr(core, "feature_importances_"):
        return {"impurity": np.asarray(core.feature_importances_, dtype=float)}
    if hasattr(core, "coef_"):
        return {"coefficient": np.abs(np.atleast_2d(core.coef_)).mean(axis=0)}
    return {}
