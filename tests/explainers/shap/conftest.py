"""The models that are explained by MXT and by shap alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="module")
def fitted() -> Callable[[str], Any]:
    """The models of `test_tree`, each fitted when a test wants it first."""
    from explainers.shap.test_tree import MODELS, X

    known: dict[str, Any] = {}

    def fit(name: str) -> Any:
        if name not in known:
            model, target = MODELS[name]
            known[name] = model.fit(X, target)
        return known[name]

    return fit
