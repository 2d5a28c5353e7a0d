"""Saving models in MLflow."""

from __future__ import annotations

import importlib
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from mxt import packages
from mxt.errors import ModelError
from mxt.predictors.base.archives import REVIEWED
from mxt.registries.allowances import TypeName, allowing
from mxt.registries.savers.base import BACKGROUND_FILE, FITTED_FILE, METADATA, SCHEMA_FILE, Saver

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from mxt.datasets.fitted import FittedRows
    from mxt.models import Model
    from mxt.schemas import InputsSchema


class MlflowSaver(Saver):
    """Saves in MLflow's own flavour of the library, without pickle.

    xgboost models are saved as UBJSON, LightGBM models as text, CatBoost models in CatBoost's binary form,
    scikit-learn models with skops. Of a LightGBM classifier the booster is saved; the version's metadata
    holds its classes.

    Example:
        {KIND: MlflowSaver}
    """

    KIND: Literal["MlflowSaver"] = "MlflowSaver"

    allow_types: tuple[TypeName, ...] = Field(default=(), exclude_if=lambda names: not names)
    """Types of installed packages, such as ``acme.features.Log``, that the model may be made of besides those
    that MXT has reviewed; later jobs allow them in their `loader`."""

    def save(
        self,
        model: Model,
        schema: InputsSchema,
        sample: pd.DataFrame,
        target: str,
        fitted: FittedRows | None = None,
    ) -> str:
        import mlflow

        from mxt.predictors.base.prepared import PreparedPredictor

        predictor, stored = model.predictor, model.predictor.inner
        if not stored.savable:
            msg = f"MlflowSaver cannot save the flavour {stored.flavor!r}."
            raise ModelError(msg)
        facts: dict[str, object] = {
            "target": target,
            "task": predictor.task,
            "classes": predictor.classes,
            "columns": predictor.columns,
        }
        if model.positive is not None:
            facts["positive"] = model.positive
        if isinstance(predictor, PreparedPredictor):
            facts["preparation"] = predictor.preparation.facts
        native, options = stored.log_arguments
        _refuse_unreviewed(options, self.allow_types)
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            logged = importlib.import_module(stored.flavor_module).log_model(
                native,
                name="model",
                signature=mlflow.models.infer_signature(sample, model.predict(sample)["prediction"]),
                metadata={METADATA: facts},
                extra_files=_extra_files(Path(folder), model, schema, fitted),
                pip_requirements=requirements(model),
                **options,
            )
        return str(logged.model_uri)


def _refuse_unreviewed(options: Mapping[str, Any], allowed: tuple[str, ...]) -> None:
    """Raise a ModelError if a model holds objects that a `MlflowLoader` would not load."""
    others = sorted({*(options.get("skops_trusted_types") or ())} - REVIEWED - {*allowed})
    if others:
        listed = ", ".join(others)
        msg = (
            f"The model holds objects of {listed}, which MXT has not reviewed. If that is code of yours, "
            f"installed wherever jobs run, write saver: {{KIND: MlflowSaver, allow_types: [{listed}]}} here, "
            f"and {allowing(others)} in the jobs that load it."
        )
        raise ModelError(msg)


def requirements(model: Model) -> list[str]:
    """The exact versions of the packages that a model needs; inferring them would cost MLflow ten seconds."""
    return packages.written(*model.packages).split()


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
