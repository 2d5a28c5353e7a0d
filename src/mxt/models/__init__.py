"""Models: recipes that train them, and the facade that predicts and explains."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mxt.models.base.model import Model

__all__ = ["Model"]


def __getattr__(name: str) -> object:
    """`Model`, imported when it is first used: a config names recipes only."""
    if name == "Model":
        from mxt.models.base.model import Model

        return Model
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
