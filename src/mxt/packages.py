"""The packages that numbers and bytes depend on, and their versions."""

from __future__ import annotations

import contextlib
import functools
import importlib.metadata
import re
import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BASE = ("mlflow", "mxt", "numpy", "pandas", "pyarrow", "scikit-learn", "scipy", "shap")
"""Packages that every number or byte may depend on, whatever the model is made of."""
_NAMES = {
    "_catboost": "catboost",
    "google": "protobuf",
    "interpret": "interpret-core",
    "sklearn": "scikit-learn",
}
"""The package that provides a module, where the names of both differ."""
_RETIRED = {"statsmodels"}
"""Packages that lists of older releases name, though no number of MXT's depends on them."""
_WITH = {"onnx": ("onnxruntime",)}
"""Packages that compute with the objects of another package, without appearing in these objects."""
_PLAIN = (bool, bytes, complex, float, int, str, type(None))


def versions(*further: str) -> dict[str, str]:
    """The versions of `BASE` and of further packages by name, without packages that are not installed."""
    return _installed([*BASE, *sorted({*further} - {*BASE})])


def written(*further: str) -> str:
    """`versions` as a text such as ``numpy==2.3.0 pandas==2.3.1``."""
    return _text(versions(*further))


def rewritten(text: str) -> str:
    """A text of `written` with the versions that its packages have now.

    A package that MXT needed once, and that is no longer installed, keeps the version it has in the text.
    """
    then = {name: version for name, _, version in (part.partition("==") for part in text.split())}
    kept = {name: version for name, version in then.items() if name in _RETIRED}
    now = kept | _installed(then)
    return _text({name: now[name] for name in then if name in now})


def required(requirements: str) -> tuple[str, ...]:
    """The names of the packages in the text of a requirements file."""
    names = (re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", line.strip()) for line in requirements.splitlines())
    return tuple(sorted({name[0].lower() for name in names if name}))


def packages_of(fitted: object) -> tuple[str, ...]:
    """The packages of a fitted object's classes, and of everything that the object is made of.

    A pipeline of scikit-learn counts with the library of each step. Left out are modules of the standard
    library or of no package, and namespaces that several packages share.
    """
    roots = {root for part in _parts(fitted) for root in _roots(part)}
    packages = {package for root in roots - sys.stdlib_module_names if (package := _package(root))}
    return tuple(sorted(packages.union(*(_WITH.get(package, ()) for package in packages))))


def _parts(fitted: object) -> Iterator[object]:
    """An object, and everything that its attributes and containers hold, each once."""
    import numpy as np

    seen, left = set[int](), [fitted]
    while left:
        part = left.pop()
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
    """The top-level modules of a module, of a function, or of the bases of a class or an object's class."""
    if isinstance(part, ModuleType):
        yield part.__name__.partition(".")[0]
    if callable(part) and not isinstance(part, type) and hasattr(part, "__qualname__"):
        yield str(getattr(part, "__module__", None) or "").partition(".")[0]
    kind = part if isinstance(part, type) else type(part)
    yield from (str(base.__module__).partition(".")[0] for base in kind.__mro__)


@functools.cache
def _package(root: str) -> str:
    """The package that provides a top-level module; empty if no package does, or several do."""
    if root in _NAMES:
        return _NAMES[root]
    if _installed([root]):
        return root.replace("_", "-")
    known = {*importlib.metadata.packages_distributions().get(root, ())}
    return known.pop() if len(known) == 1 else ""


def _installed(names: Iterable[str]) -> dict[str, str]:
    found = {name: _version(name, (*sys.path,)) for name in names}
    return {name: version for name, version in found.items() if version}


@functools.cache
def _version(name: str, _path: tuple[str, ...]) -> str:
    """The version of a package that is found on a path of Python's; empty if it is not installed."""
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version(name)
    return ""


def _text(versions: dict[str, str]) -> str:
    return " ".join(f"{name}=={version}" for name, version in versions.items())
