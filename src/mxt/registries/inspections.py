"""What a person looks at before trusting a model: all that would run, without running it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mxt.errors import ConfigError, ModelError, printable
from mxt.registries import moments
from mxt.registries.contents import contents_of
from mxt.registries.pickles import globals_of
from mxt.registries.trust import Review

if TYPE_CHECKING:
    from mxt.registries.contents import Contents

_CODE = {".py", ".pyc", ".pyo", ".so", ".pyd", ".dll", ".dylib", ".pth", ".ipynb", ".sh"}
_ORIGINS = {"uri", "model_code_path"}
"""Entries that may say where a file was when the model was logged; what is loaded is a copy in the folder."""
_MOST_WRITTEN = 100
"""Names that a review records; the digest stands for all of them."""
_LONGEST = 1000
"""Characters of a name that are shown."""


@dataclass(frozen=True)
class Inspection:
    """What a person is shown of a model."""

    digest: str
    flavor: str
    runs: tuple[str, ...]
    """What would run, in words; empty if the model is data."""
    pickles: dict[str, tuple[str, ...]]
    """The globals that each pickle in the folder names, by its path."""
    code: tuple[str, ...]
    """Files of code in the folder."""
    types: tuple[str, ...]
    """Types that a config may allow by name, if nothing else would run."""

    def review(self, model: str, by: str) -> Review:
        """The review by a person who trusts the model."""
        names = sorted({name for named in self.pickles.values() for name in named})
        more = [f"and {len(names) - _MOST_WRITTEN} more"] if len(names) > _MOST_WRITTEN else []
        return Review(
            digest=self.digest,
            model=model,
            flavor=self.flavor,
            runs=(*self.runs, *self.code[:_MOST_WRITTEN]),
            globals=(*names[:_MOST_WRITTEN], *more),
            by=by,
            at=moments.to_text(moments.now()),
        )


def inspect(model: str) -> Inspection:
    """List what is in a model, by its URI or the path of its folder.

    Raises:
        ConfigError: The path is a file.
        ModelError: The model cannot be read, or a pickle of it cannot be listed.
    """
    if Path(model).is_file():
        msg = (
            f"{model} is a file; a review is of a model of MLflow, or of its folder. To make it data: "
            f"mxt trust --convert {model}"
        )
        raise ConfigError(msg)
    contents = contents_of(model)
    _refuse_outside(model, contents)
    if not contents.hazards:
        return Inspection(contents.digest, contents.flavor, (), {}, (), ())
    return Inspection(
        digest=contents.digest,
        flavor=contents.flavor,
        runs=tuple(_shown(what) for what in contents.runs),
        pickles=_pickles(model, contents),
        code=tuple(name for name in _files(contents) if Path(name).suffix.lower() in _CODE),
        types=contents.allowable,
    )


def _refuse_outside(model: str, contents: Contents) -> None:
    """Raise a ModelError for a model that names files outside its folder: its digest is not theirs."""
    left: list[object] = [*contents.manifest.flavors.values()]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            left += [one for key, one in value.items() if key not in _ORIGINS]
        elif isinstance(value, list):
            left += value
        elif isinstance(value, str) and (value.startswith("/") or ".." in re.split(r"[/\\]", value)):
            msg = (
                f"{model} names {_shown(value)!r}, which is outside its folder, so that no review would "
                "hold for it. Log the model with that file among its own."
            )
            raise ModelError(msg)


def _pickles(model: str, contents: Contents) -> dict[str, tuple[str, ...]]:
    """The globals of each pickle in a model's folder.

    Raises:
        ModelError: A file that is to be loaded as a pickle is broken, so nobody can say what it names.
    """
    must = {hazard.file for hazard in contents.hazards if hazard.file and not hazard.types}
    listed: dict[str, tuple[str, ...]] = {}
    for name in _files(contents):
        try:
            names = globals_of((contents.folder / name).read_bytes())
        except ValueError as error:
            if name in must:
                msg = f"{model}: the pickle {name} cannot be listed: {_shown(str(error))}."
                raise ModelError(msg) from error
            continue
        if names or name in must:
            listed[name] = tuple(_shown(each) for each in names)
    return listed


def _files(contents: Contents) -> list[str]:
    """The files of the private copy, by their paths from it."""
    files = [path for path in contents.folder.rglob("*") if path.is_file()]
    return sorted(path.relative_to(contents.folder).as_posix() for path in files)


def _shown(text: str) -> str:
    return printable(text)[:_LONGEST]
