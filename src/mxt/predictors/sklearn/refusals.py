"""Predictions that scikit-learn refuses."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from mxt.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sklearn.base import BaseEstimator


@contextmanager
def refusals(estimator: BaseEstimator) -> Iterator[None]:
    """Turn the error of a failed prediction into a ModelError without the cells that scikit-learn quotes."""
    try:
        yield
    except (ValueError, TypeError, KeyError) as error:
        kind = type(error).__name__
        msg = f"The {type(estimator).__name__} refuses the inputs ({kind}); check their columns and types."
        raise ModelError(msg) from error
