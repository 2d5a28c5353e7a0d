"""A stored model as its files lie: which of them a flavour names, and what of them would run as code."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from mxt.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "mxt-model-"
"""How the names of the folders begin that models are copied into."""


TYPE_NAME = r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$"
"""The dotted name of a type in a module."""


def from_python(name: str) -> bool:
    """Whether a type or function, by its dotted name, is Python's own, such as ``builtins.eval``."""
    return name.partition(".")[0] in {*sys.stdlib_module_names, "__main__"}


def may_be_allowed(name: str) -> bool:
    """Whether a config may allow a type by its name: not one of Python's own, which can run anything."""
    return re.fullmatch(TYPE_NAME, name) is not None and not from_python(name)


@dataclass(frozen=True)
class Hazard:
    """What of a stored model would run as code."""

    what: str
    """As in ``the pickle model.pkl``."""
    file: str = ""
    """Path of a file that holds the code, from the model's folder; empty if there is none."""
    types: tuple[str, ...] = ()
    """Types that a person may allow by name, since their code is installed here."""


@dataclass(frozen=True)
class Stored:
    """The files of a stored model, and the entry of one flavour in its MLmodel file."""

    folder: Path
    entry: Mapping[str, Any]
    allowed: frozenset[str] = frozenset()
    """Types of installed packages that a person has allowed."""
    kept: dict[str, Any] = field(default_factory=dict, compare=False)
    """What looking for hazards has parsed, for the loading that follows."""

    def text(self, key: str, default: str = "") -> str:
        """The text under a key of the entry; `default` if there is none.

        Raises:
            ModelError: There is something else.
        """
        value = self.entry.get(key)
        value = default if value is None else value
        if not isinstance(value, str):
            msg = f"its MLmodel file has a {type(value).__name__} as {key}, not a text"
            raise ModelError(msg)
        return value

    def path(self, name: str) -> Path | None:
        """Where a file of this name may lie in the model's folder; None if the name leads elsewhere."""
        pure = PurePosixPath(name)
        if not name or pure.is_absolute() or ".." in pure.parts or "\0" in name or "\\" in name:
            return None
        return self.folder / pure

    def file(self, key: str) -> Path:
        """The regular file in the model's folder that the entry names under a key.

        Raises:
            ModelError: The entry names none, one outside the folder, or one that is not there.
        """
        name = self.text(key)
        path = self.path(name)
        if path is None:
            msg = f"its MLmodel file names {name[:200]!r} as {key}, which is no file in the model's folder"
            raise ModelError(msg)
        if not os.path.isfile(path):  # noqa: PTH113 - which is False of names that are too long, no error
            msg = f"its file {name[:200]!r} is missing"
            raise ModelError(msg)
        return path

    def pickle(self, key: str) -> Hazard:
        """The pickle that the entry names under a key.

        Raises:
            ModelError: The entry names none, one outside the folder, or one that is not there.
        """
        self.file(key)
        name = self.text(key)
        return Hazard(f"the pickle {name}", name)
