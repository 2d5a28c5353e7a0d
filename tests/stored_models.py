"""Folders of MLflow models, written by hand: what a hostile or a careless person may have logged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def stored(folder: Path, flavors: dict[str, Any], files: dict[str, bytes], **more: Any) -> Path:
    """A model's folder with an MLmodel file of some flavours, and files by their paths."""
    folder.mkdir(parents=True)
    content = {"flavors": flavors, **more}
    for name, each in {"MLmodel": json.dumps(content).encode(), **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(each)
    return folder


def pickled(folder: Path, content: bytes, **more: Any) -> Path:
    """A model in the flavour of scikit-learn, stored as a pickle."""
    entry = {"pickled_model": "model.pkl", "sklearn_version": "1.6.0", "serialization_format": "cloudpickle"}
    return stored(folder, {"sklearn": entry}, {"model.pkl": content}, **more)
