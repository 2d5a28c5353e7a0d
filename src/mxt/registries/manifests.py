"""MLmodel, the file that describes a stored model: parsed as data, within bounds."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from mxt.errors import ModelError
from mxt.predictors.mlflow import names_of
from mxt.registries import digests, folders
from mxt.registries.savers.base import METADATA

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlflow.models import ModelSignature

    from mxt.predictors.base.outputs import Label
    from mxt.predictors.base.preparation import StepFacts

FILE = "MLmodel"
EXTRA_FILES = "extra_files"
"""Folder of the files that stand beside a model."""
_MOST_VALUES, _DEEPEST, _MOST_FLAVORS = 500_000, 32, 100


@dataclass(frozen=True)
class Facts:
    """MXT's own metadata of a version; empty for versions that MXT did not save."""

    columns: list[str] = field(default_factory=list)
    """Source columns, in the order of the training."""
    classes: list[Label] = field(default_factory=list)
    preparation: list[StepFacts] = field(default_factory=list)
    positive: str | None = None
    target: str | None = None
    known: bool = False
    """Whether there is any metadata."""

    @classmethod
    def of(cls, content: Any, uri: str) -> Facts:
        """The facts in the metadata of an MLmodel file.

        Raises:
            ModelError: They are of other types.
        """
        kinds: dict[str, type] = dict.fromkeys(("columns", "classes", "preparation"), list)
        kinds |= {"positive": str, "target": str}
        given: dict[str, Any] = content if isinstance(content, dict) else {"columns": content}
        values = {name: value for name, value in given.items() if name in kinds and value is not None}
        wrong = [name for name, value in values.items() if not isinstance(value, kinds[name])]
        columns: list[Any] = values.get("columns", []) if not wrong else []
        if wrong or not all(isinstance(name, str) for name in columns):
            raise _broken(uri, f"its metadata {METADATA!r} is not what MXT writes")
        return cls(**values, known=bool(given))


@dataclass(frozen=True)
class Manifest:
    """What MXT reads of an MLmodel file."""

    flavors: Mapping[str, Mapping[str, Any]]
    """The entry of each flavour that the model is stored in."""
    facts: Facts
    """MXT's own metadata."""
    file: Path
    """The file on this machine."""
    uri: str
    """The model's, for messages."""
    inputs: object = None
    """The signature as it is written; None if there is none."""

    @classmethod
    def read(cls, file: Path, uri: str) -> Manifest:
        """The manifest in a file of the model at `uri`.

        Raises:
            ModelError: There is no such file, or it is no manifest.
        """
        content = _parsed(file, uri)
        flavors, metadata = content.get("flavors"), content.get("metadata") or {}
        if not (isinstance(flavors, dict) and all(isinstance(name, str) for name in flavors)):
            raise _broken(uri, f"its flavors must be a mapping by name, not a {type(flavors).__name__}")
        if len(flavors) > _MOST_FLAVORS:
            raise _broken(uri, f"it names {len(flavors):,} flavours, more than {_MOST_FLAVORS}")
        wrong = [name for name, entry in flavors.items() if not isinstance(entry, dict)]
        if wrong or not isinstance(metadata, dict):
            raise _broken(uri, f"{wrong[0] if wrong else 'metadata'!r} must be a mapping")
        facts = Facts.of(metadata.get(METADATA) or {}, uri)
        return cls(flavors, facts, file, uri, content.get("signature"))

    @classmethod
    def fetched(cls, uri: str) -> Manifest:
        """The manifest of the model at `uri`, fetched from the store."""
        try:
            file = digests.fetched_file(uri, FILE)
        except ModelError as error:
            raise _broken(uri, str(error).rstrip(".?")) from error
        return cls.read(file, uri)

    @cached_property
    def signature(self) -> ModelSignature | None:
        """The names and types of the model's inputs; None if it was logged without.

        Raises:
            ModelError: It is broken.
        """
        from mlflow.models import ModelSignature

        try:
            return ModelSignature.from_dict(self.inputs) if self.inputs else None
        except Exception as error:
            why = f"its signature cannot be read ({type(error).__name__})"
            raise _broken(self.uri, why) from error

    @property
    def types(self) -> dict[str, str]:
        """MLflow's type of each column that the signature names; empty if it names none."""
        names = names_of(self.signature)
        kinds = self.signature.inputs.input_types() if self.signature and names else []
        return dict(zip(names, (getattr(kind, "name", str(kind)) for kind in kinds), strict=True))

    @property
    def extra_files(self) -> set[str]:
        """Names of the files that were stored beside the model."""
        entries = [entry.get("extra_files") for entry in self.flavors.values()]
        files = [file for listed in entries if isinstance(listed, list) for file in listed]
        paths = [file.get("path") for file in files if isinstance(file, dict)]
        return {PurePosixPath(path).name for path in paths if isinstance(path, str)}


def _broken(uri: str, why: str) -> ModelError:
    return ModelError(f"{uri} has no readable MLmodel file: {why}.")


def _parsed(file: Path, uri: str) -> dict[str, Any]:
    """The mapping in a YAML file, of plain values alone."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        if not file.is_file():
            raise _broken(uri, "there is none")
        text = folders.content(file).decode("utf-8")
        _require_bounds(text, loader, uri)
        content = yaml.load(text, Loader=loader)  # noqa: S506 - a safe loader, in C where it is built
    except yaml.YAMLError as error:
        problem = getattr(error, "problem", None) or type(error).__name__
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f", in line {mark.line + 1}"
        raise _broken(uri, f"{' '.join(str(problem).split())[:200]}{where}") from error
    except (ValueError, TypeError, OverflowError) as error:  # of a value that its own tag does not fit
        raise _broken(uri, type(error).__name__) from error
    if not isinstance(content, dict):
        raise _broken(uri, f"it holds a {type(content).__name__}, not a mapping")
    return content


def _require_bounds(text: str, loader: Any, uri: str) -> None:
    """Raise a ModelError for more values or levels than any model has, before they are made."""
    import yaml

    depth = 0
    for values, event in enumerate(yaml.parse(text, Loader=loader)):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if values > _MOST_VALUES or depth > _DEEPEST:
            raise _broken(uri, f"it holds more than {_MOST_VALUES:,} values, or {_DEEPEST} levels")
