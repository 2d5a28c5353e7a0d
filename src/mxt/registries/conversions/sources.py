"""Where the pickle of a conversion lies: in a file, or in a model of MLflow."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mxt.errors import DataError, ModelError
from mxt.registries.conversions import golden

if TYPE_CHECKING:
    import pandas as pd

    from mxt.registries.contents import Contents

_MOST_BYTES = 2 << 30
_PACKED = {".gz", ".z", ".bz2", ".xz", ".lzma", ".lz4"}


@dataclass(frozen=True)
class Source:
    """The pickle to convert, and where it comes from."""

    name: str
    content: bytes
    target: Path
    """The new file, without its ending."""
    rows: pd.DataFrame | None
    """Rows drawn from the model's schema; None if it has none."""


def found(source: str) -> Source:
    """The pickle that a path or a URI names.

    Raises:
        ModelError: There is none.
    """
    path = Path(source)
    if "://" in source or source.startswith("models:/") or not path.exists() or path.is_dir():
        return _stored(source)
    try:
        opened = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # a pipe would wait for a writer
        with os.fdopen(opened, "rb") as file:
            regular = stat.S_ISREG(os.fstat(opened).st_mode)
            content = file.read(_MOST_BYTES + 1) if regular else b""
    except OSError as error:
        msg = f"{source} cannot be read ({error.strerror})."
        raise DataError(msg) from error
    if not content or len(content) > _MOST_BYTES:
        what = "is no regular file, or is empty" if not content else f"holds more than {_MOST_BYTES:,} bytes"
        msg = f"{source} {what}."
        raise ModelError(msg)
    stem = path
    while stem.suffix.lower() in _PACKED:
        stem = stem.with_suffix("")
    return Source(source, content, stem.with_suffix(""), None)


def _stored(source: str) -> Source:
    """The pickle in a model of MLflow, and rows drawn from the model's schema."""
    from mxt.registries import folders
    from mxt.registries.contents import contents_of

    contents = contents_of(source)
    if not contents.hazards:
        msg = f"{source} is data already, and is loaded without a review; nothing of it need be converted."
        raise ModelError(msg)
    pickles = [hazard.file for hazard in contents.hazards if hazard.file and not hazard.types]
    if not pickles:
        msg = f"{source} holds no pickle that could be converted, but {' and '.join(contents.runs)}."
        raise ModelError(msg)
    folder = Path(source)
    named = re.sub(r"[^A-Za-z0-9._]+", "-", source.partition(":")[2]).strip("-") or "model"
    target = folder.resolve() if folder.is_dir() else Path.cwd() / named
    content = folders.content(inside(contents.folder, pickles[0]))
    return Source(source, content, target, _rows_of(source, contents))


def inside(folder: Path, name: str) -> Path:
    """The path of a file in a model's folder.

    Raises:
        ModelError: The name leads out of it.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        msg = f"The model names the file {name[:200]!r}, which is not in its folder."
        raise ModelError(msg)
    return folder / path


def _rows_of(source: str, contents: Contents) -> pd.DataFrame | None:
    """Rows drawn from the schema that is stored with a model, or from its signature."""
    from mxt.predictors.mlflow import names_of
    from mxt.registries.savers.base import SCHEMA_FILE
    from mxt.schemas import InputsSchema

    stored, signature = contents.beside(SCHEMA_FILE), contents.manifest.signature
    if stored is not None:
        text = stored.decode("utf-8", "replace")
        return golden.from_schema(InputsSchema.from_yaml(text, f"{source} {SCHEMA_FILE}"))
    names = names_of(signature)
    if signature is None or not names:
        return None
    kinds = (getattr(kind, "name", str(kind)) for kind in signature.inputs.input_types())
    return golden.from_schema(InputsSchema.from_types(dict(zip(names, kinds, strict=True))))
