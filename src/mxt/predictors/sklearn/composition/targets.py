"""Regressors of a transformed target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.predictors.base import Component, Composition
from mxt.predictors.sklearn.composition.parts import is_affine
from mxt.stats import links

if TYPE_CHECKING:
    import numpy as np
    from sklearn.base import BaseEstimator

    from mxt.predictors.sklearn.composition.parts import Make


def transformed(core: BaseEstimator, columns: list[str], make: Make) -> Composition | None:
    """A regressor of a transformed target, its predictions transformed back."""
    import numpy as np

    predictor = make(core.regressor_, columns)
    if predictor.link is None or core._training_dim != 1:  # noqa: SLF001 - scikit-learn states it nowhere else
        return None

    def back(margins: np.ndarray) -> np.ndarray:
        shape = margins.shape
        return np.asarray(core.transformer_.inverse_transform(margins.reshape(-1, 1)), float).reshape(shape)

    places = [*range(len(columns))]
    if is_affine(core.transformer_):
        start, end = back(np.array([[0.0], [1.0]]))[:, 0]
        part = Component(predictor, places, predictor.link, np.array([[end - start]]))
        return Composition((part,), np.array([start]))
    inverse = getattr(core.transformer_, "inverse_func", None)
    known = {np.exp: links.exponential(), np.expm1: links.exponential(-1.0)}
    link = known[inverse] if inverse in known else links.elementwise(back)
    part = Component(predictor, places, links.chain(predictor.link, link), np.eye(1))
    return Composition((part,), np.zeros(1))
