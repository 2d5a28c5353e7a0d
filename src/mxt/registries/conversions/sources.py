"""Where the pickle of a conversion lies: in a file, or in a model of MLflow."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mxt.errors import ModelError
from mxt.registries import folders
from mxt.registries.contents import contents_of
from mxt.registries.conversions import golden
from mxt.registries.pickles import MOST_BYTES
from mxt.registries.savers.base import SCHEMA_FILE
from mxt.schemas import InputsSchema

if TYPE_CHECKING:
    import pandas as pd

    from mxt.registries.contents import Contents

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


def source_of(source: str) -> Source:
    """The pickle that a path or a URI names.

    Raises:
        ModelError: There is none.
    """
    if not os.path.exists(source) or os.path.isdir(source):  # noqa: PTH110, PTH112 - no error for long names
        return _stored(source)
    path = Path(source)
    content = folders.content(path.resolve())
    if not 0 < len(content) <= MOST_BYTES:
        msg = f"{source} holds {len(content):,} bytes; a pickle holds some, and up to {MOST_BYTES:,}."
        raise ModelError(msg)
    stem = path
    while stem.suffix.lower() in _PACKED:
        stem = stem.with_suffix("")
    return Source(source, content, stem.with_suffix(""), None)


def _stored(source: str) -> Source:
    """The pickle in a model of MLflow, and rows drawn from the model's schema."""
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
    content = (contents.folder / pickles[0]).read_bytes()
    return Source(source, content, target, _rows_of(source, contents))


def _rows_of(source: str, contents: Contents) -> pd.DataFrame | None:
    """Rows drawn from the schema that is stored with a model, or from its signature."""
    stored, types = contents.beside(SCHEMA_FILE), contents.manifest.types
    if stored is not None:
        text = stored.decode("utf-8", "replace")
        return golden.from_schema(InputsSchema.from_yaml(text, f"{source} {SCHEMA_FILE}"))
    return golden.from_schema(InputsSchema.from_types(types)) if types else None
