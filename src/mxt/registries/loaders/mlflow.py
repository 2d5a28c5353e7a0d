"""Loading models from MLflow."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from loguru import logger

from mxt import packages
from mxt.datasets.fitted import FittedRows
from mxt.errors import MissingExtraError, ModelError
from mxt.models import Model
from mxt.predictors.base.library import predictor_of
from mxt.predictors.lightgbm.trees import require_whole
from mxt.registries.loaders.base import Loader
from mxt.registries.savers.base import BACKGROUND_FILE, FITTED_FILE, METADATA, SCHEMA_FILE
from mxt.schemas import InputsSchema

if TYPE_CHECKING:
    import pandas as pd

FLAVORS = ("xgboost", "lightgbm", "catboost", "sklearn", "onnx")
"""Flavours that are loaded as the library's own objects, the first that a model has."""
_EXTRAS = {
    "lightgbm": ("LightGBM", "lightgbm"),
    "catboost": ("CatBoost", "catboost"),
    "onnx": ("ONNX Runtime", "onnxruntime"),
}
"""Flavours of optional libraries: the library's name, and the module that must be there."""


class MlflowLoader(Loader):
    """Loads models that the registry holds in MLflow's flavours of the libraries, whoever logged them.

    These are xgboost, LightGBM, CatBoost, scikit-learn and ONNX. Any other model is loaded as a pyfunc, which
    can be explained by sampling only.

    Models in pickle formats run code when they are loaded: set MLFLOW_ALLOW_PICKLE_DESERIALIZATION=false
    where models come from people you do not trust.

    Example:
        {KIND: MlflowLoader}
    """

    KIND: Literal["MlflowLoader"] = "MlflowLoader"

    def load(self, uri: str) -> Model:
        import mlflow

        info = self._info(uri)
        facts = (info.metadata or {}).get(METADATA, {})
        columns = facts.get("columns") or (info.signature.inputs.input_names() if info.signature else [])
        flavor = next((name for name in FLAVORS if name in info.flavors), "python_function")
        if flavor not in info.flavors:
            known = ", ".join(sorted(info.flavors)) or "none"
            msg = f"{uri} is stored in the flavours {known}; MXT loads {', '.join(FLAVORS)} and pyfunc."
            raise ModelError(msg)
        _require(flavor)
        source = _whole(uri, info.flavors[flavor]) if flavor == "lightgbm" else uri
        try:
            if flavor == "python_function":  # its requirements are read beside it
                source = str(mlflow.artifacts.download_artifacts(uri))
            native = getattr(mlflow, flavor.replace("python_function", "pyfunc")).load_model(source)
        except Exception as error:
            kind = type(error).__name__
            forbidden = "MLFLOW_ALLOW_PICKLE_DESERIALIZATION" in str(error)
            why = (
                "MLFLOW_ALLOW_PICKLE_DESERIALIZATION forbids its format"
                if forbidden
                else "its files may be broken"
            )
            msg = f"{uri} cannot be loaded in its {flavor} flavour ({kind}); {why}."
            raise ModelError(msg) from error
        predictor = predictor_of(native, columns, facts.get("classes") or [])
        required = _required(Path(source)) if flavor == "python_function" else ()
        return Model(predictor, self.load_background(uri), facts.get("positive"), required)

    def load_schema(self, uri: str) -> InputsSchema | None:
        file = self._file(uri, SCHEMA_FILE)
        if file is not None:
            return InputsSchema.from_yaml(file.read_text(encoding="utf-8"), f"{uri} {SCHEMA_FILE}")
        signature = self._info(uri).signature
        if signature is None or not signature.inputs.has_input_names():
            logger.warning(
                "{} has no schema and no signature: only the names of its columns can be checked.", uri
            )
            return None
        types = dict(zip(signature.inputs.input_names(), signature.inputs.input_types(), strict=True))
        return InputsSchema.from_types({name: kind.name for name, kind in types.items()})

    def load_background(self, uri: str) -> pd.DataFrame | None:
        import pandas as pd

        file = self._file(uri, BACKGROUND_FILE)
        return None if file is None else pd.read_parquet(file)

    def load_target(self, uri: str) -> str | None:
        return ((self._info(uri).metadata or {}).get(METADATA) or {}).get("target")

    def load_fitted(self, uri: str) -> FittedRows | None:
        file = self._file(uri, FITTED_FILE)
        return None if file is None else FittedRows.from_bytes(file.read_bytes())

    def load_truth_schema(self, uri: str, target: str) -> InputsSchema | None:
        facts = (self._info(uri).metadata or {}).get(METADATA) or {}
        if not facts:
            return None
        classes = facts.get("classes") or []
        texts = bool(classes) and all(isinstance(name, str) for name in classes)
        return InputsSchema.from_types({target: "string" if texts else "double"})

    def _info(self, uri: str) -> Any:
        import mlflow

        try:
            return mlflow.models.get_model_info(uri)
        except Exception as error:
            msg = f"{uri} has no readable MLmodel file ({type(error).__name__})."
            raise ModelError(msg) from error

    def _file(self, uri: str, name: str) -> Path | None:
        """A file stored beside the model, on this machine; None if it was not stored."""
        import mlflow

        flavors = self._info(uri).flavors.values()
        stored = {Path(extra["path"]).name for flavor in flavors for extra in flavor.get("extra_files") or []}
        return (
            Path(mlflow.artifacts.download_artifacts(f"{uri}/extra_files/{name}")) if name in stored else None
        )


def _require(flavor: str) -> None:
    """Raise a MissingExtraError if the flavour's library is optional and absent."""
    library, module = _EXTRAS.get(flavor, ("", ""))
    if module and importlib.util.find_spec(module) is None:
        raise MissingExtraError(library, flavor)


def _required(folder: Path) -> tuple[str, ...]:
    """The packages that the requirements of the model in a folder name."""
    file = folder / "requirements.txt"
    return packages.required(file.read_text(encoding="utf-8", errors="ignore")) if file.is_file() else ()


def _whole(uri: str, flavor: dict[str, Any]) -> str:
    """The folder of a LightGBM model here, if its text is whole; LightGBM would die of a cut one."""
    import mlflow

    folder, name = str(mlflow.artifacts.download_artifacts(uri)), flavor.get("data", "")
    if not name.endswith(".lgb"):
        return folder
    try:
        require_whole((Path(folder) / name).read_text(encoding="utf-8"))
    except (ModelError, OSError, UnicodeDecodeError) as error:
        msg = f"{uri} cannot be loaded in its lightgbm flavour; the file {name} is broken or was cut."
        raise ModelError(msg) from error
    return folder
