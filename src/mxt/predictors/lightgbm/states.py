"""States of LightGBM's objects in skops archives: a booster's text, and a wrapper's parameters."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any

from mxt.errors import ModelError
from mxt.predictors.lightgbm.trees import require_whole

if TYPE_CHECKING:
    from collections.abc import Mapping

_THREADS = ("n_jobs", "nthread", "nthreads", "num_thread", "num_threads")
_MOST_THREADS = 1024
"""LightGBM ends the process if it cannot start as many threads as it should."""
_UNCHECKED = "predict_disable_shape_check"
"""The parameter by which LightGBM reads beyond the rows of a table that has too few columns."""


def require_sound(state: Mapping[str, Any]) -> None:
    """Raise a ModelError unless LightGBM can take the state of an object, and predict by its parameters."""
    text = state.get("_handle", state.get("handle"))
    if text is not None:
        if type(text) is not str:
            msg = "its booster is damaged: it is not made of text"
            raise ModelError(msg)
        require_whole(text)
        return
    others = state.get("_other_params", {})
    parameters = {**state, **others}
    for name in _THREADS:
        threads = parameters.get(name)
        if threads is not None and not (isinstance(threads, Integral) and threads <= _MOST_THREADS):
            msg = f"its {name} is no number of threads up to {_MOST_THREADS:,}"
            raise ModelError(msg)
    if _UNCHECKED in parameters or any(map(_holds_several, [*others, *others.values(), *state.values()])):
        msg = "its parameters let LightGBM read beyond the rows of a table"
        raise ModelError(msg)


def _holds_several(value: object) -> bool:
    """Whether a parameter holds a text with a blank, behind which LightGBM reads another parameter."""
    if isinstance(value, list | tuple | set):
        return any(map(_holds_several, value))
    return isinstance(value, str) and len(value.split()) > 1
