"""Saving models in MLflow."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mxt import packages
from mxt.errors import ModelError
from mxt.registries.savers.base import BACKGROUND_FILE, FITTED_FILE, METADATA, SCHEMA_FILE, Saver

if TYPE_CHECKING:
    import pandas as pd

    from mxt.datasets.fitted import FittedRows
    from mxt.models import Model
    from mxt.schemas import InputsSchema


class MlflowSaver(Saver):
    """Saves in MLflow's own flavour of the library, without pickle.

    xgboost goes as UBJSON, LightGBM as its text, CatBoost as its binary form, scikit-learn as skops. Of a
    LightGBM classifier the booster is saved; its classes stand in the version's metadata.

    Example:
        {KIND: MlflowSaver}
    """

    KIND: Literal["MlflowSaver"] = "MlflowSaver"

    def save(
        self,
        model: Model,
        schema: InputsSchema,
        sample: pd.DataFrame,
        target: str,
        fitted: FittedRows | None = None,
    ) -> str:
        import mlflow

        predictor = model.predictor
        facts = {
            "target": target,
            "task": predictor.task,
            "classes": predictor.classes,
            "columns": predictor.columns,
        }
        if model.positive is not None:
            facts["positive"] = model.positive
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            common: dict[str, Any] = {
                "name": "model",
                "signature": mlflow.models.infer_signature(sample, model.predict(sample)["prediction"]),
                "metadata": {METADATA: facts},
                "extra_files": _extra_files(Path(folder), model, schema, fitted),
                "pip_requirements": requirements(model),
            }
            return str(_log(predictor.flavor, predictor.native, common).model_uri)


def requirements(model: Model) -> list[str]:
    """The exact versions of the packages that a model needs; inferring them would cost MLflow ten seconds."""
    return packages.written(*model.packages).split()


def _log(flavor: str, native: object, common: dict[str, Any]) -> Any:
    import mlflow

    match flavor:
        case "xgboost":
            return mlflow.xgboost.log_model(native, model_format="ubj", **common)
        case "lightgbm":
            return mlflow.lightgbm.log_model(getattr(native, "booster_", native), **common)
        case "catboost":
            return mlflow.catboost.log_model(native, **common)
        case "onnx":
            return mlflow.onnx.log_model(native, **common)
        case "sklearn":
            import skops.io

            trusted = skops.io.get_untrusted_types(data=skops.io.dumps(native))
            return mlflow.sklearn.log_model(
                native, serialization_format="skops", skops_trusted_types=trusted, **common
            )
    msg = f"MlflowSaver cannot save the flavour {flavor!r}."
    raise ModelError(msg)


def _extra_files(folder: Path, model: Model, schema: InputsSchema, fitted: FittedRows | None) -> list[str]:
    (folder / SCHEMA_FILE).write_text(schema.to_yaml(), encoding="utf-8")
    files = [str(folder / SCHEMA_FILE)]
    if fitted is not None:
        (folder / FITTED_FILE).write_bytes(fitted.to_bytes())
        files.append(str(folder / FITTED_FILE))
    if model.background is not None:
        model.background.reset_index(drop=True).to_parquet(folder / BACKGROUND_FILE)
        files.append(str(folder / BACKGROUND_FILE))
    return files
