"""What a model's folder holds, in a private copy, and what of it would run as code if it were loaded."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mxt.errors import ModelError, ServiceError, printable
from mxt.predictors.base.library import predictor_class
from mxt.predictors.base.stored import PREFIX, Stored, may_be_allowed
from mxt.registries import digests, folders, manifests
from mxt.registries.manifests import Manifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mxt.predictors.base import Predictor
    from mxt.predictors.base.stored import Hazard


@dataclass(frozen=True, eq=False)
class Contents:
    """What a model's folder holds: its private copy, its digest, and what of it would run as code.

    The copy is removed when this object is let go of, or when the process ends.
    """

    folder: Path
    """The private copy (0700), from which alone the model is loaded."""
    digest: str
    """SHA-256, as `digests.model_digest` has it."""
    manifest: Manifest
    """The MLmodel file of the copy."""
    kind: type[Predictor]
    """The predictor that serves the stored flavour."""
    hazards: tuple[Hazard, ...]
    """What would run as code; empty if the model is data only."""
    stored: Stored
    """The copy as the predictor sees it."""

    @property
    def flavor(self) -> str:
        """The flavour that MXT would load."""
        return self.kind.flavor

    @property
    def runs(self) -> tuple[str, ...]:
        """One phrase for each thing that would run as code, such as ``the pickle model.pkl``."""
        return tuple(hazard.what for hazard in self.hazards)

    @property
    def allowable(self) -> tuple[str, ...]:
        """The types that a config may allow by name instead of a review; none if anything else would run."""
        types = tuple(name for hazard in self.hazards for name in hazard.types)
        return (
            types if all(hazard.types for hazard in self.hazards) and all(map(may_be_allowed, types)) else ()
        )

    def beside(self, name: str) -> bytes | None:
        """A file that was stored beside the model; None if it was not stored.

        Raises:
            ModelError: It is gone.
        """
        if name not in self.manifest.extra_files:
            return None
        path = self.folder / manifests.EXTRA_FILES / name
        if not path.is_file():
            msg = f"{self.manifest.uri} lacks its file {manifests.EXTRA_FILES}/{name}; register it again."
            raise ModelError(msg)
        return path.read_bytes()


def contents_of(uri_or_path: str, allow_types: Iterable[str] = ()) -> Contents:
    """What the folder of a model holds, which is read without running any of it.

    Args:
        uri_or_path: A URI such as ``models:/churn/3``, or a folder with an MLmodel file.
        allow_types: Types of installed packages that a person has allowed.

    Raises:
        ModelError: The folder cannot be fetched, holds links or other special files, names files outside
            itself, or is broken.
    """
    local = Path(uri_or_path)
    source = local if local.is_dir() else Path(digests.fetched(uri_or_path))
    private = Path(tempfile.mkdtemp(prefix=PREFIX))
    try:
        digest = folders.digested(source, private)
        manifest = Manifest.read(private / manifests.FILE, uri_or_path)
        kind = predictor_of_stored(uri_or_path, manifest.flavors)
        stored = Stored(private, manifest.flavors[kind.flavor], frozenset(allow_types))
        contents = Contents(private, digest, manifest, kind, _hazards(uri_or_path, kind, stored), stored)
    except BaseException as error:
        shutil.rmtree(private, ignore_errors=True)
        if isinstance(error, OSError):
            why = error.strerror or type(error).__name__
            msg = f"{uri_or_path} cannot be copied to {private.parent} ({why}); TMPDIR names another folder."
            raise ServiceError(msg) from error
        raise
    weakref.finalize(contents, _removed, private, os.getpid())
    return contents


def _removed(folder: Path, owner: int) -> None:
    """Remove a private copy, unless this is a fork of the process that made it."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


def _hazards(uri: str, kind: type[Predictor], stored: Stored) -> tuple[Hazard, ...]:
    kind.require_installed()
    try:
        return kind.hazards(stored)
    except ModelError as error:
        msg = f"{uri} cannot be loaded in its {kind.flavor} flavour: {str(error).rstrip('.')}."
        raise ModelError(msg) from error


def predictor_of_stored(uri: str, flavors: Mapping[str, object]) -> type[Predictor]:
    """The predictor of the stored flavour that comes first by `precedence`, else pyfunc's.

    Raises:
        ModelError: There is none.
    """
    known = filter(None, map(predictor_class, flavors))
    for kind in (*sorted(known, key=lambda kind: kind.precedence), predictor_class("mlflow")):
        if kind is not None and kind.flavor in flavors:
            return kind
    stored = printable(", ".join(sorted(flavors))) or "none"
    msg = f"{uri} is stored in the flavours {stored}; no predictor serves any of them, and none is pyfunc."
    raise ModelError(msg)
