"""The makers of a composition's parts, and the steps that leave a part's scores linear."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mxt.predictors.base import Predictor

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

Make = Callable[["BaseEstimator", list[str]], Predictor]
"""Makes the predictor of a fitted estimator that sees the columns named."""


def is_affine(step: BaseEstimator | str | None) -> bool:
    """Whether a preprocessing step only stretches and shifts each column."""
    names = {"StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler"}
    return step in (None, "passthrough") or (
        type(step).__name__ in names and not getattr(step, "clip", False)
    )
