"""Which families and kinds there are, as MXT's own files and entry points name them; nothing is imported."""

from __future__ import annotations

import functools
import importlib.metadata
import re
import sys
from dataclasses import dataclass
from pathlib import Path

ENTRY_POINTS = "mxt.kinds"
_ROOT = Path(__file__).parents[1]
_CLASS = re.compile(r'^class (\w+)\((.*)\):\n    """(.*?)(?:"""|\n)((?:(?: .*)?\n)*)', re.MULTILINE)
"""A class: its name, its bases, the first line of its docstring, and the rest of it."""


@dataclass(frozen=True)
class Entry:
    """A family or a kind in a file."""

    module: str
    headline: str
    """The first line of its docstring."""


@functools.cache
def families() -> dict[str, Entry]:
    """MXT's own families, by name."""
    entries = {}
    for base in (*_ROOT.rglob("base.py"), *_ROOT.rglob("base/__init__.py")):
        folder = base.parent if base.name == "base.py" else base.parents[1]
        module = ".".join(["mxt", *folder.relative_to(_ROOT).parts, "base"])
        for name, bases, headline, _ in _CLASS.findall(base.read_text(encoding="utf-8")):
            if bases == "Kind, ABC":
                entries[name] = Entry(module, headline)
    return dict(sorted(entries.items()))


@functools.cache
def members(module: str) -> dict[str, Entry]:
    """The kinds in the files beside the module of a family, by `KIND`."""
    package, _, base = module.rpartition(".")
    if base != "base":  # the family of a plug-in that lies with its members in one module
        return {}
    entries = {}
    for folder in _folders(package):
        for file in (*folder.glob("*.py"), *folder.glob("*/__init__.py")):
            name = file.stem if file.parent == folder else file.parent.name
            if name not in {"__init__", "base"}:
                for kind, _, headline, body in _CLASS.findall(file.read_text(encoding="utf-8")):
                    if f'    KIND: Literal["{kind}"]' in body:
                        entries[kind] = Entry(f"{package}.{name}", headline)
    return dict(sorted(entries.items()))


@functools.cache
def entry_points() -> dict[str, importlib.metadata.EntryPoint]:
    """The entry points of plug-ins, by name: the `KIND`, or any name where one module has several kinds."""
    return {entry.name: entry for entry in importlib.metadata.entry_points(group=ENTRY_POINTS)}


def _folders(package: str) -> list[Path]:
    """Where a package lies; a plug-in's family is imported before its members are looked for."""
    if package.split(".", maxsplit=1)[0] == "mxt":
        return [_ROOT.joinpath(*package.split(".")[1:])]
    return [Path(path) for path in sys.modules[package].__path__]
