"""The predictor that serves a fitted object: by the library of its class, without importing any other."""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import importlib.util
import sys
from collections.abc import Iterator, Sequence

from mxt.errors import ModelError
from mxt.predictors.base import Predictor
from mxt.predictors.base.outputs import Label

ENTRY_POINTS = "mxt.predictors"
"""The group of entry points by which packages add predictors, each named by the library's module."""


def predictor_of(native: object, columns: list[str], classes: Sequence[Label]) -> Predictor:
    """The predictor for a fitted object, whichever flavour it was stored in.

    A wrapper is served as it is: nothing is taken out of it. An estimator of a library without a predictor
    is served by the predictor of scikit-learn if it has scikit-learn's interface.

    Args:
        native: A fitted model, or a function of a table.
        columns: The source columns, for objects that do not name them.
        classes: The labels in the order of the outputs, for objects that do not name them.

    Raises:
        ModelError: The object is neither of a known library nor a function, or is not fitted.
    """
    kind = next(filter(None, map(predictor_class, _libraries(native))), None)
    if kind is None and hasattr(native, "__sklearn_tags__"):
        kind = predictor_class("sklearn")
    if kind is not None:
        kind.require_fitted(native)
    elif callable(native):
        kind = _shipped("function")
    if kind is None:
        msg = (
            f"A {type(native).__module__}.{type(native).__name__} is of no library that MXT knows; "
            "give a function of the table instead, such as its predict."
        )
        raise ModelError(msg)
    return kind(native, columns, classes)


@functools.cache
def predictor_class(library: str) -> type[Predictor] | None:
    """The predictor of a library, by the name of its top-level module: MXT's own, else an entry point's.

    Raises:
        ModelError: A package's predictor cannot be loaded, or several packages bring one.
    """
    if not library.isidentifier() or library in sys.stdlib_module_names:
        return None
    own = _shipped(library)
    return own if own is not None and own.library == library else _plugged_in(library)


def _libraries(native: object) -> Iterator[str]:
    """The top-level modules of an object's class and of its bases, the most special first."""
    yield from (library_of(kind) for kind in type(native).__mro__)


def library_of(kind: type) -> str:
    """The top-level module that a class is defined in."""
    return str(kind.__module__).partition(".")[0]


def _shipped(name: str) -> type[Predictor] | None:
    """MXT's own predictor: the class `NamePredictor` of `mxt.predictors.name`."""
    module = f"mxt.predictors.{name}"
    if importlib.util.find_spec(module) is None:
        return None
    return getattr(importlib.import_module(module), f"{name.capitalize()}Predictor", None)


def _plugged_in(library: str) -> type[Predictor] | None:
    """The predictor that an installed package names for a library."""
    entries = [*importlib.metadata.entry_points(group=ENTRY_POINTS, name=library)]
    if not entries:
        return None
    named = " and ".join(sorted(entry.value for entry in entries))
    if len(entries) > 1:
        msg = f"Several plug-ins of {ENTRY_POINTS} serve {library}: {named}; remove all but one."
        raise ModelError(msg)
    try:
        kind = entries[0].load()
    except Exception as error:
        msg = f"The plug-in {named} of {ENTRY_POINTS} cannot be loaded ({type(error).__name__}: {error})."
        raise ModelError(msg) from error
    if not (isinstance(kind, type) and issubclass(kind, Predictor)):
        msg = f"The plug-in {named} of {ENTRY_POINTS} is not a subclass of mxt.predictors.base.Predictor."
        raise ModelError(msg)
    return kind
