"""States of xgboost's objects in skops archives: a booster's bytes hold its model, and how it was trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxt.errors import ModelError
from mxt.predictors.xgboost.files import require_whole

if TYPE_CHECKING:
    from collections.abc import Mapping


def require_sound(state: Mapping[str, Any]) -> None:
    """Raise a ModelError unless xgboost can take the state of an object."""
    content = state.get("handle")
    if content is None:
        return
    if type(content) is not bytearray:
        msg = "its booster is damaged: it is not made of bytes"
        raise ModelError(msg)
    require_whole(bytes(content), "Model")
