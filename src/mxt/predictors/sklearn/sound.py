"""Stored models of scikit-learn, whose trees are checked before they predict: scikit-learn does not check."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from mxt.errors import ModelError
from mxt.predictors.base.archives import native_of
from mxt.predictors.base.stored import Hazard

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mxt.predictors.base.stored import Stored

_TREE = ("sklearn.tree._tree", "Tree")
_HISTOGRAM = ("sklearn.ensemble._hist_gradient_boosting.predictor", "TreePredictor")
_SHARING = ("sklearn.ensemble._forest", "sklearn.ensemble._gb")
"""Modules of ensembles that hand their rows on to each tree as they are."""
_TREES, _BOOSTED, _CONSTANT = "sklearn.tree._classes", "sklearn.ensemble._gb", "sklearn.dummy"
_MOST, _DEEPEST = 5_000_000, 10
"""Objects of a model, and estimators within estimators, each of which pipelines ask thrice what it is."""


def estimator_of(stored: Stored) -> tuple[Any, tuple[Hazard, ...]]:
    """The estimator in a stored file, or what of the file would run as code.

    Raises:
        ModelError: The file is broken.
    """
    if stored.text("serialization_format", "pickle") != "skops":
        return None, (stored.pickle("pickled_model"),)
    native, found = native_of(stored, "pickled_model")
    try:
        require_sound(native)
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        msg = f"it is damaged: its attributes are not what scikit-learn writes ({type(error).__name__})"
        raise ModelError(msg) from error
    return native, found


def require_sound(native: object) -> None:
    """Raise a ModelError if a tree in an object leads out of its nodes or columns, or in a circle.

    No estimator keeps more workers than this machine has processors: some start a process for each.
    """
    seen: set[tuple[int, float]] = set()
    waiting: list[tuple[object, float, bool, int]] = [(native, 0, False, 0)]
    while waiting:
        value, width, shared, depth = waiting.pop()
        if isinstance(value, str | bytes | int | float | None) or (id(value), width) in seen:
            continue
        seen.add((id(value), width))
        kind = type(value).__module__, type(value).__name__
        sound = len(seen) < _MOST
        if kind == _TREE:
            sound = _is_sound(value, width)
        elif kind == _HISTOGRAM:
            sound = _is_sound_histogram(value, width)
        else:
            own = getattr(value, "__dict__", {})
            depth += hasattr(value, "__sklearn_tags__")
            if "n_features_in_" in own:
                width = min(int(own["n_features_in_"]), width) if shared else int(own["n_features_in_"])
                shared = kind[0] in _SHARING
            if isinstance(own.get("n_jobs"), int):
                own["n_jobs"] = min(own["n_jobs"], os.cpu_count() or 1)
            sound = sound and depth <= _DEEPEST and _is_laid_out(kind[0], own)
            waiting += [(part, width, shared, depth) for part in _parts(value)]
        if not sound:
            msg = "it is damaged: the nodes of its trees do not fit together"
            if depth > _DEEPEST:
                msg = f"it holds estimators more than {_DEEPEST} levels deep"
            raise ModelError(msg)


def _is_laid_out(module: str, own: Mapping[str, Any]) -> bool:
    """Whether the attributes of an estimator are what scikit-learn writes without looking into or beside."""
    if module == _TREES and "tree_" in own:
        return (type(own["tree_"]).__module__, type(own["tree_"]).__name__) == _TREE
    if module != _BOOSTED or "estimators_" not in own:
        return True
    stages, init, each = own["estimators_"], own["init_"], own["n_trees_per_iteration_"]
    of_one = {(type(one).__module__, hasattr(one, "tree_")) for one in stages.ravel()} == {(_TREES, True)}
    chances = len(init.class_prior_) if type(init).__module__ == _CONSTANT and each > 1 else each
    checked = each == 1 or init == "zero" or type(init).__module__ == _CONSTANT
    return of_one and checked and stages.shape[1:] == (each,) == (chances,) and "n_features_in_" in own


def _parts(value: Any) -> Iterable[object]:
    """What an object is made of: attributes, members, and the objects in an array."""
    if isinstance(value, dict):
        return [*value.values()]
    if isinstance(value, list | tuple | set):
        return value
    if getattr(getattr(value, "dtype", None), "hasobject", False) and hasattr(value, "ravel"):
        return value.ravel().tolist()
    return [*getattr(value, "__dict__", {}).values()]


def _is_sound(tree: Any, width: float) -> bool:
    """Whether a tree's children stand behind their parents, and its columns are among the first `width`."""
    import numpy as np

    if not 0 < tree.node_count <= tree.capacity:
        return False
    left, right, tested = tree.children_left, tree.children_right, tree.feature
    inner = np.flatnonzero(left != -1)
    return _walks(inner, left[inner], right[inner], tested[inner], len(left), width)


def _is_sound_histogram(tree: Any, width: float) -> bool:
    import numpy as np

    nodes = tree.nodes
    inner = np.flatnonzero(nodes["is_leaf"] == 0)
    sets = nodes["bitset_idx"][inner][nodes["is_categorical"][inner] != 0]
    least = min(len(tree.raw_left_cat_bitsets), len(tree.binned_left_cat_bitsets))
    chosen = nodes[inner]
    walks = _walks(inner, chosen["left"], chosen["right"], chosen["feature_idx"], len(nodes), width)
    return len(nodes) > 0 and walks and bool((sets < least).all())


def _walks(inner: Any, left: Any, right: Any, tested: Any, count: int, width: float) -> bool:
    """Whether the children of inner nodes stand behind them, and they test columns that there are."""
    behind = ((left > inner) & (right > inner) & (left < count) & (right < count)).all()
    return bool(behind and ((tested >= 0) & (tested < width)).all())
