"""Boosters in skops archives, checked before their libraries read them: these believe every byte."""

from __future__ import annotations

import importlib
from typing import Any

from mxt.errors import ModelError
from mxt.predictors.base.library import library_of, predictor_class

LIBRARIES = frozenset({"catboost", "lightgbm", "xgboost"})
"""Libraries of boosters; the module ``states`` of each one's predictor checks the states of its objects."""


def require_sound(node: Any, seen: set[int]) -> None:
    """Raise a ModelError if a library would be given bytes that are no whole booster.

    The nodes that a node is made of come first, so that making its state here makes nothing unchecked.

    Args:
        node: A node of skops, which has been audited but has not made its object yet.
        seen: Gets the nodes that were checked, by `id`.

    Raises:
        MissingExtraError: A library is not installed.
        ModelError: A booster is damaged, or a library's class stands where something might call it.
    """
    seen.add(id(node))
    for child in node.children.values():
        parts = child.values() if isinstance(child, dict) else child if isinstance(child, list) else [child]
        for part in parts:
            if hasattr(part, "children") and id(part) not in seen:
                require_sound(part, seen)
    named = LIBRARIES & {str(node.module_name).partition(".")[0]}
    for kind in filter(None, map(predictor_class, named)):
        kind.require_installed()
    if type(node).__name__ != "ObjectNode":
        if named:
            msg = f"it names {node.module_name}.{node.class_name} for something else than a fitted object"
            raise ModelError(msg)
        return
    own = getattr(importlib.import_module(node.module_name), node.class_name)
    attributes = node.children["attrs"]
    for library in LIBRARIES & {library_of(base) for base in own.__mro__}:
        state = None if attributes is None else attributes.construct()
        if type(state) is not dict:
            msg = f"its {node.class_name} is damaged: it has no attributes"
            raise ModelError(msg)
        importlib.import_module(f"mxt.predictors.{library}.states").require_sound(state)
