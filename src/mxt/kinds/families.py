"""Families and their members: a member's module is imported when somebody names the member."""

from __future__ import annotations

import functools
import importlib
import inspect
from typing import TypeVar, cast

from mxt.errors import ConfigError
from mxt.kinds import files
from mxt.kinds.base import Kind

Family = TypeVar("Family", bound=Kind)


def families() -> dict[str, type[Kind]]:
    """Every family of MXT and of the modules imported so far, by name."""
    for entry in files.families().values():
        importlib.import_module(entry.module)
    return dict(sorted((family.__name__, family) for family in Kind.__subclasses__()))


def member(family: type[Family], name: str) -> type[Family] | None:
    """The member of a family whose `KIND` is `name`; its module is imported, and no other one.

    MXT's own files come first, then classes that are imported already, then the entry point of that name, and
    last the plug-ins whose entry points name modules of several kinds.

    Raises:
        ConfigError: A plug-in that may hold it cannot be loaded.
    """
    own = files.members(family.__module__).get(name)
    if own is not None:
        return cast("type[Family]", getattr(importlib.import_module(own.module), name))
    if name not in imported(family):
        if name in files.entry_points():
            _load(name)
        else:
            load_plug_ins(modules=True)
    return cast("type[Family] | None", imported(family).get(name))


def names(family: type[Kind]) -> list[str]:
    """The `KIND` of each member of a family, as far as it is known without importing plug-ins."""
    plugged = [name for name in files.entry_points() if name.endswith(family.__name__)]
    return sorted({*files.members(family.__module__), *imported(family), *plugged})


def members(family: type[Family]) -> dict[str, type[Family]]:
    """The members of a family, by `KIND`, in alphabetical order; all of their modules are imported.

    Raises:
        ConfigError: A plug-in cannot be loaded, or two members have the same name.
    """
    return cast("dict[str, type[Family]]", dict(_members(family)))


@functools.cache
def _members(family: type[Kind]) -> dict[str, type[Kind]]:
    """The members by `KIND`, as they are when they are wanted first: a class made later, by hand, is none."""
    for entry in files.members(family.__module__).values():
        importlib.import_module(entry.module)
    load_plug_ins()
    return imported(family)


def find(name: str) -> type[Kind] | None:
    """The member of any family whose `KIND` is `name`."""
    return next((kind for family in families().values() if (kind := member(family, name))), None)


def imported(family: type[Kind]) -> dict[str, type[Kind]]:
    """The members whose classes exist already, by `KIND`."""
    kinds: dict[str, type[Kind]] = {}
    for kind in _descendants(family):
        if not inspect.isabstract(kind) and kinds.setdefault(kind.__name__, kind) is not kind:
            modules = f"{kinds[kind.__name__].__module__} and {kind.__module__}"
            msg = f"two kinds are called {kind.__name__}, in {modules}; rename or remove one"
            raise ConfigError(msg)
    return dict(sorted(kinds.items()))


def _descendants(kind: type[Kind]) -> list[type[Kind]]:
    return [kind for child in kind.__subclasses__() for kind in (child, *_descendants(child))]


def load_plug_ins(*, modules: bool = False) -> None:
    """Load all plug-ins, or only those whose entry points name a module, which may hold kinds of any name."""
    for name, entry_point in files.entry_points().items():
        if not (modules and entry_point.attr):
            _load(name)


@functools.cache
def _load(name: str) -> None:
    entry_point = files.entry_points()[name]
    try:
        entry_point.load()
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        msg = f"the plug-in {entry_point.value} of {files.ENTRY_POINTS} cannot be loaded ({why})"
        raise ConfigError(msg) from error
