"""Loading models from MLflow."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from loguru import logger
from pydantic import PrivateAttr

from mxt import packages
from mxt.datasets.fitted import FittedRows
from mxt.errors import ModelError, MxtError
from mxt.models import Model
from mxt.predictors.base.library import predictor_class, predictor_of
from mxt.predictors.base.preparation import Preparation
from mxt.predictors.base.prepared import prepared
from mxt.predictors.mlflow import names_of
from mxt.registries.loaders.base import Loader
from mxt.registries.savers.base import BACKGROUND_FILE, FITTED_FILE, METADATA, SCHEMA_FILE
from mxt.schemas import InputsSchema
from mxt.services.base.outages import is_outage

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from mlflow.models.model import ModelInfo

    from mxt.predictors.base import Predictor

_PYFUNC = "python_function"
_FORBIDS = "MLFLOW_ALLOW_PICKLE_DESERIALIZATION"
_VERSION = re.compile(r"models:/.+/\d+")


class MlflowLoader(Loader):
    """Loads models that the registry holds in MLflow's flavours of the libraries, whoever logged them.

    These are xgboost, LightGBM, CatBoost, scikit-learn, ONNX and the libraries of plug-ins. Any other model
    is loaded as a pyfunc, which can be explained by sampling only.

    Models in pickle formats run code when they are loaded: set MLFLOW_ALLOW_PICKLE_DESERIALIZATION=false
    where models come from people you do not trust.

    Example:
        {KIND: MlflowLoader}
    """

    KIND: Literal["MlflowLoader"] = "MlflowLoader"

    _infos: dict[tuple[str, str], ModelInfo] = PrivateAttr(default_factory=dict)
    """The content of the MLmodel files of versions, by registry and URI; they never change."""

    def load(self, uri: str) -> Model:
        import mlflow

        info, facts = self._info(uri), self._facts(uri)
        columns = facts.get("columns") or [*_types(info)]
        kind, source = _predictor_of_stored(uri, info.flavors), uri
        kind.require_installed()
        try:
            if kind.checks_files:
                source = str(mlflow.artifacts.download_artifacts(uri))
                kind.check_files(Path(source), info.flavors[kind.flavor])
            native = importlib.import_module(kind.flavor_module).load_model(source)
        except Exception as error:
            if is_outage(error):
                raise  # the job turns it into a ServiceError
            why = f"({type(error).__name__}); {_reason(error)}"
            msg = f"{uri} cannot be loaded in its {kind.flavor} flavour {why}."
            raise ModelError(msg) from error
        preparation = Preparation.from_facts(facts.get("preparation") or [])
        predictor = predictor_of(native, preparation.names(columns), facts.get("classes") or [])
        required = _required(Path(source)) if kind.flavor == _PYFUNC else ()
        whole = prepared(predictor, preparation, columns)
        return Model(whole, self.load_background(uri), facts.get("positive"), required)

    def load_schema(self, uri: str) -> InputsSchema | None:
        file = self._file(uri, SCHEMA_FILE)
        if file is not None:
            return InputsSchema.from_yaml(file.read_text(encoding="utf-8"), f"{uri} {SCHEMA_FILE}")
        types = _types(self._info(uri))
        if not types:
            logger.warning(
                "{} has no schema, and no signature that names columns: only the names of its columns can be "
                "checked.",
                uri,
            )
            return None
        return InputsSchema.from_types(types)

    def load_background(self, uri: str) -> pd.DataFrame | None:
        import pandas as pd

        file = self._file(uri, BACKGROUND_FILE)
        return None if file is None else pd.read_parquet(file)

    def load_target(self, uri: str) -> str | None:
        return self._facts(uri).get("target")

    def load_fitted(self, uri: str) -> FittedRows | None:
        file = self._file(uri, FITTED_FILE)
        return None if file is None else FittedRows.from_bytes(file.read_bytes())

    def load_truth_schema(self, uri: str, target: str) -> InputsSchema | None:
        facts = self._facts(uri)
        if not facts:
            return None
        classes = facts.get("classes") or []
        texts = bool(classes) and all(isinstance(name, str) for name in classes)
        return InputsSchema.from_types({target: "string" if texts else "double"})

    def _facts(self, uri: str) -> dict[str, Any]:
        """MXT's own metadata of a version; empty for versions that MXT did not save."""
        return (self._info(uri).metadata or {}).get(METADATA) or {}

    def _info(self, uri: str) -> ModelInfo:
        """The content of the MLmodel file of a model; a version's file is read once.

        Raises:
            ModelError: There is no such file, or it cannot be read.
        """
        import mlflow

        key = mlflow.get_registry_uri(), uri
        if key in self._infos:
            return self._infos[key]
        try:
            info = mlflow.models.get_model_info(uri)
        except Exception as error:
            if is_outage(error):
                raise  # as above
            msg = f"{uri} has no readable MLmodel file ({type(error).__name__})."
            raise ModelError(msg) from error
        if _VERSION.fullmatch(uri):
            self._infos[key] = info
        return info

    def _file(self, uri: str, name: str) -> Path | None:
        """A file stored beside the model, on this machine; None if it was not stored."""
        import mlflow

        flavors = self._info(uri).flavors.values()
        stored = {Path(extra["path"]).name for flavor in flavors for extra in flavor.get("extra_files") or []}
        return (
            Path(mlflow.artifacts.download_artifacts(f"{uri}/extra_files/{name}")) if name in stored else None
        )


def _types(info: ModelInfo) -> dict[str, str]:
    """MLflow's type of each column that the signature of a model names; empty if it names none."""
    names = names_of(info.signature)
    kinds = info.signature.inputs.input_types() if names else []
    return dict(zip(names, (getattr(kind, "name", str(kind)) for kind in kinds), strict=True))


def _predictor_of_stored(uri: str, flavors: Mapping[str, object]) -> type[Predictor]:
    """The predictor of the stored flavour that comes first by `precedence`, else pyfunc's.

    Raises:
        ModelError: There is none.
    """
    known = filter(None, map(predictor_class, flavors))
    for kind in (*sorted(known, key=lambda kind: kind.precedence), predictor_class("mlflow")):
        if kind is not None and kind.flavor in flavors:
            return kind
    stored = ", ".join(sorted(flavors)) or "none"
    msg = f"{uri} is stored in the flavours {stored}; no predictor serves any of them, and none is pyfunc."
    raise ModelError(msg)


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
