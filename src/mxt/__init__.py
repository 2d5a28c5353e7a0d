"""MXT, the Model Explainability Toolkit: run, explain, certify, watch and prove tabular models."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mxt.models.base.explain import explain

__all__ = ["explain"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever a module holds
    """`explain`, imported when it is first asked for."""
    if name in __all__:
        return import_module("mxt.models.base.explain").explain
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
