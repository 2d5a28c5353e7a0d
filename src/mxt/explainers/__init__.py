"""Explainers: how much each source column adds to each prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mxt.explainers.shap.tree import TreeExplainer

__all__ = ["TreeExplainer"]


def __getattr__(name: str) -> object:
    """`TreeExplainer`, the drop-in for shap's, imported when it is first used."""
    if name in __all__:
        from mxt.explainers.shap.tree import TreeExplainer

        return TreeExplainer
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
