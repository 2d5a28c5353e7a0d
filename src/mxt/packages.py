"""The packages that numbers and bytes come from: one list for all that depends on them."""

from __future__ import annotations

import functools
import importlib.metadata
import re
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BASE = ("mlflow", "mxt", "numpy", "pandas", "pyarrow", "scikit-learn", "scipy", "shap")
"""Packages that every number or byte may depend on, whatever the model is."""
_NAMES = {
    "_catboost": "catboost",
    "google": "protobuf",
    "interpret": "interpret-core",
    "sklearn": "scikit-learn",
}
"""Packages by the module that they bring, where a package of the module's own name may be another."""
_RETIRED = {"statsmodels"}
"""Packages that lists of older releases name, though no number of MXT's depends on them."""
_WITH = {"onnx": ("onnxruntime",)}
"""What does the work of a package's objects without being among them."""
_PLAIN = (bool, bytes, complex, float, int, str, type(None))


def versions(*further: str) -> dict[str, str]:
    """The versions of `BASE` and then of further packages by name; those not installed are left out."""
    return _installed([*BASE, *sorted({*further} - {*BASE})])


def written(*further: str) -> str:
    """`versions` as text, such as ``numpy==2.3.0 pandas==2.3.1``."""
    return _text(versions(*further))


def rewritten(text: str) -> str:
    """The versions that the packages of a text of `written` have now.

    A package that MXT needed once, and that is no longer installed, keeps the version it has in the text.
    """
    then = {name: version for name, _, version in (part.partition("==") for part in text.split())}
    kept = {name: version for name, version in then.items() if name in _RETIRED}
    now = kept | _installed(then)
    return _text({name: now[name] for name in then if name in now})


def required(requirements: str) -> tuple[str, ...]:
    """The names of the packages that the lines of a requirements file name."""
    found = (re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", line.strip()) for line in requirements.splitlines())
    return tuple(sorted({name[0].lower() for name in found if name}))


def packages_of(fitted: object) -> tuple[str, ...]:
    """The packages of a fitted object's classes, and of all that it is made of.

    A pipeline of scikit-learn names the library of each step. Modules of the standard library and of no
    package, and namespaces that several packages share, name none.
    """
    roots = {root for part in _parts(fitted) for root in _roots(part)}
    found = {package for root in roots - sys.stdlib_module_names if (package := _package(root))}
    return tuple(sorted(found.union(*(_WITH.get(package, ()) for package in found))))


def _parts(fitted: object) -> Iterator[Any]:
    """An object, and whatever its attributes and containers hold, each once."""
    import numpy as np

    seen, left = set[int](), [fitted]
    while left:
        part: Any = left.pop()
        if isinstance(part, _PLAIN) or id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        if isinstance(part, dict):
            left += part.values()
        elif isinstance(part, (list, tuple, set, frozenset)):
            left += part
        elif isinstance(part, np.ndarray) and part.dtype == object:
            left += list(part.ravel())
        elif not isinstance(part, (type, ModuleType)):
            left += getattr(part, "__dict__", {}).values()


def _roots(part: object) -> Iterator[str]:
    """The topmost modules of a class and those that it rests on, of an object's class, or of a function."""
    if isinstance(part, ModuleType):
        yield part.__name__.partition(".")[0]
    if callable(part) and not isinstance(part, type) and hasattr(part, "__qualname__"):
        yield str(getattr(part, "__module__", None) or "").partition(".")[0]
    kind = part if isinstance(part, type) else type(part)
    yield from (str(base.__module__).partition(".")[0] for base in kind.__mro__)


@functools.cache
def _package(root: str) -> str:
    """The package that brings a module; empty if none does, or several do."""
    if root in _NAMES:
        return _NAMES[root]
    if _installed([root]):
        return root.replace("_", "-")
    known = {*importlib.metadata.packages_distributions().get(root, ())}
    return known.pop() if len(known) == 1 else ""


def _installed(names: Iterable[str]) -> dict[str, str]:
    found = {}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _text(found: dict[str, str]) -> str:
    return " ".join(f"{name}=={version}" for name, version in found.items())
