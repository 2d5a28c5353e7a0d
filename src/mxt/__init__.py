"""MXT, the Model Explainability Toolkit: run, explain, certify, watch and prove tabular models."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mxt.models.base.explain import explain

    __version__: str

__all__ = ["__version__", "explain"]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> object:
    """`explain` and `__version__`, imported and read when they are first used."""
    if name == "explain":
        return import_module("mxt.models.base.explain").explain
    if name == "__version__":
        from importlib.metadata import version

        return version("mxt")
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
