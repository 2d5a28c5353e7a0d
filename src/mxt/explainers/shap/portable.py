# ruff: noqa: ANN401 - models of any library
"""What of a model can be pickled: all that it predicts with, if perhaps not all that it was fitted with."""

from __future__ import annotations

import copy
import pickle
from typing import Any


def portable(model: Any) -> Any:
    """The model itself, or a copy in which None stands for each attribute that no pickle can hold.

    Such are functions and handles that a fit was given: an objective, a metric, a callback, a lock. A model
    that cannot be pickled even so is given back as it is, so that pickle says why.
    """
    if _pickles(model):
        return model
    live = [name for name, part in getattr(model, "__dict__", {}).items() if not _pickles(part)]
    found = copy.copy(model)
    vars(found).update(dict.fromkeys(live))
    return found if live and _pickles(found) else model


class _Nowhere:
    """A file that keeps nothing."""

    def write(self, data: bytes) -> int:
        return len(data)


def _pickles(part: Any) -> bool:
    try:
        pickle.Pickler(_Nowhere(), pickle.HIGHEST_PROTOCOL).dump(part)
    except (pickle.PicklingError, TypeError, AttributeError, ValueError, RuntimeError):
        return False
    return True
