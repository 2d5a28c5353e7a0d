"""Which predictor serves a fitted object: told by the library it is of, without importing any other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mxt.errors import ModelError

if TYPE_CHECKING:
    from mxt.predictors.base import Predictor


def predictor_of(native: Any, columns: list[str], classes: list[Any]) -> Predictor:
    """The predictor of the library that a fitted object is of, whichever flavour it was stored in.

    A wrapper is served as it is: nothing is taken out of it.

    Args:
        native: A fitted model, or a function of a table.
        columns: The source columns, for objects that do not tell them.
        classes: The labels in the order of the outputs, for objects that do not tell them.

    Raises:
        ModelError: The object is neither of a known library nor a function, or is not fitted.
    """
    serve = _SERVING.get(_library(native))
    if serve is not None:
        _require_fitted(native)
        return serve(native, columns, classes)
    if callable(native):
        from mxt.predictors.function import FunctionPredictor

        return FunctionPredictor(native, columns, classes)
    msg = (
        f"A {type(native).__module__}.{type(native).__name__} is of no library that MXT knows; "
        "give a function of the table instead, such as its predict."
    )
    raise ModelError(msg)


def _require_fitted(native: Any) -> None:
    if not hasattr(native, "__sklearn_tags__") or hasattr(native, "is_fitted"):
        return  # CatBoost's predictor looks for itself: a sum of models is fitted without having been fit
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

    try:
        check_is_fitted(native)
    except NotFittedError as error:
        msg = f"The {type(native).__name__} is not fitted; fit it first."
        raise ModelError(msg) from error


def _of_xgboost(native: Any, columns: list[str], classes: list[Any]) -> Predictor:
    from mxt.predictors.xgboost import XgboostPredictor

    known = native.classes_.tolist() if hasattr(native, "predict_proba") else []
    return XgboostPredictor(native, columns, classes or known)


def _of_lightgbm(native: Any, columns: list[str], classes: list[Any]) -> Predictor:
    from mxt.predictors.lightgbm import LightgbmPredictor

    return LightgbmPredictor(native, columns, classes)


def _of_catboost(native: Any, columns: list[str], classes: list[Any]) -> Predictor:
    from mxt.predictors.catboost import CatboostPredictor

    return CatboostPredictor(native, columns, classes)


def _of_onnx(native: Any, columns: list[str], classes: list[Any]) -> Predictor:
    from mxt.predictors.onnx import OnnxPredictor

    return OnnxPredictor(native, columns, classes)


def _of_mlflow(native: Any, columns: list[str], classes: list[Any]) -> Predictor:
    from mxt.predictors.mlflow import PyfuncPredictor

    return PyfuncPredictor(native, columns, classes)


def _of_sklearn(native: Any, columns: list[str], classes: list[Any]) -> Predictor:  # noqa: ARG001 - it tells them
    from mxt.predictors.sklearn import SklearnPredictor

    return SklearnPredictor(native, columns)


_SERVING: dict[str, Callable[[Any, list[str], list[Any]], Predictor]] = {
    "xgboost": _of_xgboost,
    "lightgbm": _of_lightgbm,
    "catboost": _of_catboost,
    "onnx": _of_onnx,
    "mlflow": _of_mlflow,
    "sklearn": _of_sklearn,
}


def _library(native: Any) -> str:
    """The first known library among the object's classes, the most special first."""
    roots = [kind.__module__.partition(".")[0] for kind in type(native).__mro__]
    found = next((root for root in roots if root in _SERVING), "")
    return "sklearn" if not found and hasattr(native, "__sklearn_tags__") else found
