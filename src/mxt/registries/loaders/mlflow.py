"""Loading models from MLflow."""

from __future__ import annotations

import importlib
import io
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from loguru import logger
from pydantic import Field, PrivateAttr

from mxt import packages
from mxt.configs import current_root
from mxt.configs.addresses import Address
from mxt.datasets.fitted import FittedRows
from mxt.errors import MissingExtraError, ModelError, MxtError
from mxt.models import Model
from mxt.predictors.base.library import predictor_of
from mxt.predictors.base.preparation import Preparation
from mxt.predictors.base.prepared import prepared
from mxt.registries import digests, folders, trust
from mxt.registries.allowances import TypeName, allowance
from mxt.registries.contents import Contents, contents_of
from mxt.registries.loaders.base import Loader
from mxt.registries.manifests import EXTRA_FILES, Manifest
from mxt.registries.savers.base import BACKGROUND_FILE, FITTED_FILE, SCHEMA_FILE
from mxt.schemas import InputsSchema

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

_PYFUNC = "python_function"
_FORBIDS = "MLFLOW_ALLOW_PICKLE_DESERIALIZATION"
_VERSION = re.compile(r"models:/.+/\d+")
_MOST_CELLS = 50_000_000
"""A background is a sample: a few kilobytes of Parquet may claim to be more rows than memory holds."""
_KEPT: list[Contents] = []
"""Contents of reviewed models, whose code may read its files later than it is loaded."""


class MlflowLoader(Loader):
    """Loads models that the registry holds in MLflow's flavours of the libraries, whoever logged them.

    These are xgboost, LightGBM, CatBoost, scikit-learn, ONNX and the libraries of plug-ins. Any other model
    is loaded as a pyfunc, which can be explained by sampling only.

    A model is data: MXT itself opens UBJSON and JSON of xgboost, texts of LightGBM, CatBoost's own form, ONNX
    in one file, and skops of types that MXT has reviewed. It does not load what would run code of the model's
    own, such as a pickle, before a person has reviewed that version: ``mxt trust models:/churn/3``.

    Example:
        {KIND: MlflowLoader}
    """

    KIND: Literal["MlflowLoader"] = "MlflowLoader"

    allow_types: tuple[TypeName, ...] = Field(default=(), exclude_if=lambda names: not names)
    """Types of installed packages, such as ``acme.features.Log``, that stored models may be made of besides
    those that MXT has reviewed; their code is never taken from the model."""

    _root: str = PrivateAttr(default="")
    """The project's root, with the file of reviewed models."""
    _manifests: dict[tuple[str, str], Manifest] = PrivateAttr(default_factory=dict)
    """The content of the MLmodel files of versions, by registry and URI; they never change."""

    def model_post_init(self, context: Any, /) -> None:
        """Keep the project's root."""
        self._root = str((context or {}).get("root") or current_root())

    @property
    def reads_from(self) -> tuple[Address, ...]:
        """The file of reviewed models, which no output may replace."""
        return (Address.of(str(trust.file_of(self._root))),)

    def load(self, uri: str) -> Model:
        contents = contents_of(uri, self.allow_types)
        allowed = allowance(uri, contents, self._root)
        facts = contents.manifest.facts
        columns = facts.columns or [*contents.manifest.types]
        try:
            native = _native(contents)
            preparation = Preparation.from_facts(facts.preparation)
            predictor = predictor_of(native, preparation.names(columns), facts.classes)
            whole = prepared(predictor, preparation, columns)
        except MissingExtraError:
            raise
        except Exception as error:
            why = f"({type(error).__name__}); {_reason(error)}"
            msg = f"{uri} cannot be loaded in its {contents.flavor} flavour {why}."
            raise ModelError(msg) from error
        required = _required(contents.folder) if contents.flavor == _PYFUNC else ()
        background = _background(uri, contents.beside(BACKGROUND_FILE))
        return Model(whole, background, facts.positive, required, allowed)

    def load_schema(self, uri: str) -> InputsSchema | None:
        content = self._extra(uri, SCHEMA_FILE)
        if content is not None:
            with _whole(uri, SCHEMA_FILE):
                return InputsSchema.from_yaml(content.decode(), f"{uri} {SCHEMA_FILE}")
        types = self._manifest(uri).types
        if not types:
            logger.warning(
                "{} has no schema, and no signature that names columns: only the names of its columns can be "
                "checked.",
                uri,
            )
            return None
        return InputsSchema.from_types(types)

    def load_background(self, uri: str) -> pd.DataFrame | None:
        return _background(uri, self._extra(uri, BACKGROUND_FILE))

    def load_target(self, uri: str) -> str | None:
        return self._manifest(uri).facts.target

    def load_fitted(self, uri: str) -> FittedRows | None:
        content = self._extra(uri, FITTED_FILE)
        with _whole(uri, FITTED_FILE):
            return None if content is None else FittedRows.from_bytes(content)

    def load_truth_schema(self, uri: str, target: str) -> InputsSchema | None:
        facts = self._manifest(uri).facts
        if not facts.known:
            return None
        texts = bool(facts.classes) and all(isinstance(name, str) for name in facts.classes)
        return InputsSchema.from_types({target: "string" if texts else "double"})

    def _manifest(self, uri: str) -> Manifest:
        """The content of the MLmodel file of a model; a version's file is read once.

        Raises:
            ModelError: There is no such file, or it cannot be read.
        """
        import mlflow

        key = mlflow.get_registry_uri(), uri
        if key in self._manifests:
            return self._manifests[key]
        manifest = Manifest.fetched(uri)
        if _VERSION.fullmatch(uri):
            self._manifests[key] = manifest
        return manifest

    def _extra(self, uri: str, name: str) -> bytes | None:
        """A file stored beside the model; None if it was not stored."""
        manifest = self._manifest(uri)
        if name not in manifest.extra_files:
            return None
        beside = manifest.file.parent / EXTRA_FILES / name
        if not beside.exists():  # MLflow fetched the one file, from a store that is not on this machine
            beside = digests.fetched_file(uri, f"{EXTRA_FILES}/{name}")
        return folders.content(beside)


def _background(uri: str, content: bytes | None) -> pd.DataFrame | None:
    import pandas as pd
    import pyarrow.parquet as pq

    if content is None:
        return None
    with _whole(uri, BACKGROUND_FILE):
        facts = pq.read_metadata(io.BytesIO(content))
        if facts.num_rows * facts.num_columns > _MOST_CELLS:
            raise OverflowError
        return pd.read_parquet(io.BytesIO(content))


@contextmanager
def _whole(uri: str, name: str) -> Iterator[None]:
    """Turn any error into a ModelError that says which of a model's files is broken."""
    try:
        yield
    except Exception as error:
        msg = f"{uri} has a broken file {name} ({type(error).__name__}); register the version again."
        raise ModelError(msg) from error


def _native(contents: Contents) -> object:
    """The fitted object: of data by MXT itself, of all else by MLflow's flavour."""
    if not contents.hazards:
        return contents.kind.restored(contents.stored)
    _KEPT.append(contents)
    return importlib.import_module(contents.kind.flavor_module).load_model(str(contents.folder))


def _reason(error: Exception) -> str:
    """The reason why a model cannot be loaded, where it can be known."""
    if isinstance(error, MxtError):
        return str(error).rstrip(".")
    if _FORBIDS in str(error):
        return f"{_FORBIDS} forbids its format; where you trust who logged it, set {_FORBIDS}=true"
    untrusted = re.search(r"Untrusted types found in the file: (\[.*?\])", str(error))
    if untrusted:
        return (
            f"it holds types that its logging did not trust; log it with skops_trusted_types={untrusted[1]}"
        )
    lost = re.search(r"attribute '([\w.]+)' on <module '([\w.]+)'", str(error))
    if lost:
        where = "define it in a module and " if lost[2] == "__main__" else ""
        return f"{lost[2]} has no {lost[1]} here; {where}log it with code_paths, which names that module"
    if isinstance(error, ModuleNotFoundError):
        return (
            f"the module {error.name} is absent; install it, or log the model with code_paths, which names it"
        )
    return "its files may be broken"


def _required(folder: Path) -> tuple[str, ...]:
    """The packages that the requirements of the model in a folder name."""
    file = folder / "requirements.txt"
    return packages.required(file.read_text(encoding="utf-8", errors="ignore")) if file.is_file() else ()
