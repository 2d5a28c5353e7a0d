"""On which scale an estimator tells its scores, and the link from there to probabilities or predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxt.stats import links

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from mxt.stats.links import Link

_RAW: dict[str, dict[str, Any]] = {
    "xgboost": {"output_margin": True},
    "lightgbm": {"raw_score": True},
    "catboost": {"prediction_type": "RawFormulaVal"},
}
"""How each library of boosted trees is asked for its margins."""
_EXPONENTIAL = ("poisson", "gamma", "tweedie")
_LIKELIHOODS = (
    "LogisticRegression",
    "LogisticRegressionCV",
    "LinearDiscriminantAnalysis",
    "ExplainableBoostingClassifier",
)
_IDENTITY = {
    "xgboost": {"squarederror", "absoluteerror", "pseudohubererror", "quantileerror"},
    "lightgbm": {
        *("regression", "regression_l1", "regression_l2", "l1", "l2", "mean_squared_error", "mse", "mae"),
        *("huber", "fair", "quantile", "mape"),
    },
    "catboost": {"rmse", "mae", "mape", "huber", "quantile", "expectile", "lq", "logcosh"},
}
"""Objectives of regression that predict the margin itself."""


def raw_of_boosted(core: Any) -> Callable[[Any], np.ndarray] | None:
    """What gives the margins of a boosted ensemble behind scikit-learn's interface, or None for others."""
    options = _RAW.get(_library(core))
    return None if options is None else lambda rows: core.predict(rows, **options)


def scale_of(core: Any, classes: list[Any]) -> tuple[str, Link | None]:
    """The unit of an estimator's scores, and the link that makes probabilities or predictions of them.

    Args:
        core: A fitted estimator.
        classes: Its labels; empty for regression.

    Returns:
        The unit, and None if no known link leads to probabilities.
    """
    if raw_of_boosted(core) is not None:
        return _of_boosted(core, len(classes))
    if not classes:
        return _of_regressor(core)
    final = getattr(core, "final_estimator_", None)
    if final is not None:
        return scale_of(getattr(final, "steps", [("", final)])[-1][1], classes)
    if gives_probabilities(core) or not hasattr(core, "decision_function"):
        return "probability", links.identity()
    return _of_decisions(core, len(classes))


def _of_decisions(core: Any, classes: int) -> tuple[str, Link | None]:
    """Of classifiers of scikit-learn with a decision function."""
    name, loss = type(core).__name__, getattr(core, "loss", None)
    if name == "GradientBoostingClassifier" and loss == "exponential":
        return "margin", links.logistic(2)
    if name in {"GradientBoostingClassifier", "HistGradientBoostingClassifier"}:
        return _likely(max(classes, 2))
    if name == "AdaBoostClassifier":
        return _likely(classes, 1 / max(classes - 1, 1))
    one_by_one = getattr(core, "solver", None) == "liblinear" or getattr(core, "multi_class", None) == "ovr"
    if name in _LIKELIHOODS and not (one_by_one and classes > 2):  # noqa: PLR2004 - two classes
        doubled = classes == 2 and getattr(core, "multi_class", None) == "multinomial"  # noqa: PLR2004 - as above
        return ("margin", links.logistic(2)) if doubled else _likely(classes)
    if name in _LIKELIHOODS or (name == "SGDClassifier" and loss == "log_loss"):
        against = links.chain(links.logistic(), links.normalised())
        return _likely(2) if classes == 2 else ("margin", against)  # noqa: PLR2004 - as above
    return "margin", None


def _likely(classes: int, slope: float = 1.0) -> tuple[str, Link]:
    return ("log-odds", links.logistic()) if classes == 2 else ("margin", links.softmax(slope))  # noqa: PLR2004 - two classes


def _of_boosted(core: Any, classes: int) -> tuple[str, Link | None]:
    """Of xgboost's, LightGBM's and CatBoost's estimators, by their objective."""
    told = _objective(core)
    if classes:
        odd = ("ova", "hinge", "raw", "onevsall", "rank", "custom")
        return (
            ("margin", None)
            if any(word in told for word in odd)
            else _likely(3 if told.startswith("multi:") else classes)
        )
    if any(word in told for word in _EXPONENTIAL):
        return "margin", links.exponential()
    known = told.removeprefix("reg:").partition(":")[0] in _IDENTITY[_library(core)]
    return ("target", links.identity()) if known else ("margin", None)


def _library(core: Any) -> str:
    return type(core).__module__.partition(".")[0]


def _objective(core: Any) -> str:
    """The name of the objective, in lower case; ``custom`` for a function."""
    library = _library(core)
    if library == "catboost":
        found = core.get_all_params().get("loss_function", "")
    else:
        found = core.objective_ if library == "lightgbm" else core.objective
    return str(found).lower() if isinstance(found, str) else "custom"


def _of_regressor(core: Any) -> tuple[str, Link | None]:
    """Of scikit-learn's regressors, which predict numbers or the exponential of a score."""
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


def gives_probabilities(core: Any) -> bool:
    """Whether a model averages probabilities, though it may have a decision function too."""
    from sklearn.ensemble import BaggingClassifier

    return isinstance(core, BaggingClassifier)
