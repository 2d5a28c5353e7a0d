"""States of CatBoost's models in skops archives: the binary form, and parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxt.errors import ModelError
from mxt.predictors.catboost.files import parts_unchecked, require_whole

if TYPE_CHECKING:
    from collections.abc import Mapping


def require_sound(state: Mapping[str, Any]) -> None:
    """Raise a ModelError unless CatBoost can take the state of a model."""
    content = state.get("__model")
    if content is None:
        return
    if type(content) is not bytes:
        msg = "its CatBoost model is damaged: it is not made of bytes"
        raise ModelError(msg)
    require_whole(content)
    if parts := parts_unchecked(content):
        msg = (
            f"its CatBoost model has {' and '.join(parts)}, which MXT cannot check; log it by mlflow.catboost"
        )
        raise ModelError(msg)
