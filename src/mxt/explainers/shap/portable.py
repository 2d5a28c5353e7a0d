"""Models as they can be pickled: with all that they predict with, but not all that they were fitted with."""

from __future__ import annotations

import copy
import pickle
from typing import TypeVar

Fitted = TypeVar("Fitted")


def portable(model: Fitted) -> Fitted:
    """The model itself, or a copy with None in place of each attribute that cannot be pickled.

    Such attributes are functions and handles that were passed to the fit: an objective, a metric, a callback,
    a lock. A model that still cannot be pickled is returned as it is, so that pickle raises its own error.
    """
    if _pickles(model):
        return model
    live = [name for name, part in getattr(model, "__dict__", {}).items() if not _pickles(part)]
    without = copy.copy(model)
    vars(without).update(dict.fromkeys(live))
    return without if live and _pickles(without) else model


class _Nowhere:
    """A file that discards what is written to it."""

    def write(self, data: bytes) -> int:
        return len(data)


def _pickles(part: object) -> bool:
    """Whether an object can be pickled."""
    try:
        pickle.Pickler(_Nowhere(), pickle.HIGHEST_PROTOCOL).dump(part)
    except (pickle.PicklingError, TypeError, AttributeError, ValueError, RuntimeError):
        return False
    return True
