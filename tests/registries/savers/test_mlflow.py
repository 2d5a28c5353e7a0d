"""Models of optional libraries in a real store: saved natively, and loaded back the same."""

from __future__ import annotations

import importlib.util
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import catboost
import lightgbm as lgb
import mlflow
import numpy as np
import pytest
from skl2onnx import to_onnx
from sklearn.ensemble import RandomForestClassifier

from blank import blank_store
from churn import churn
from mxt.errors import MissingExtraError, ModelError
from mxt.models import Model
from mxt.predictors.base.library import predictor_of
from mxt.registries.loaders.mlflow import MlflowLoader
from mxt.registries.savers.mlflow import MlflowSaver, _refuse_unreviewed
from mxt.schemas import InputsSchema
from mxt.services import MlflowService
from reviews import reviewing

if TYPE_CHECKING:
    import pandas as pd

NUMBERS = ["tenure", "MonthlyCharges", "TotalCharges", "SeniorCitizen"]
TEXTS = ["Contract", "gender"]


@pytest.fixture(scope="module", autouse=True)
def _store(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("store")
    service = MlflowService(tracking_uri=f"sqlite:///{blank_store(folder)}")
    service.start()
    mlflow.set_experiment(experiment_id=service.experiment_id)


def table(count: int = 300) -> tuple[pd.DataFrame, pd.Series[Any]]:
    inputs, targets = churn(count)
    return inputs[[*NUMBERS, *TEXTS]], targets


def lightgbm() -> Any:
    inputs, targets = table()
    options: dict[str, Any] = {"n_estimators": 5, "min_data_per_group": 5, "verbose": -1, "n_jobs": 1}
    return lgb.LGBMClassifier(**options).fit(inputs.astype(dict.fromkeys(TEXTS, "category")), targets)


def catboosted() -> Any:
    inputs, targets = table()
    options = {"iterations": 5, "verbose": 0, "allow_writing_files": False, "thread_count": 1}
    return catboost.CatBoostClassifier(**options, cat_features=TEXTS).fit(inputs, targets)


def onnx() -> Any:
    inputs, targets = table()
    matrix = inputs[NUMBERS].fillna(0).to_numpy(dtype=np.float32)
    forest = RandomForestClassifier(5, max_depth=4, random_state=0).fit(matrix, targets)
    return to_onnx(forest, matrix[:1], options={id(forest): {"zipmap": False}})


NATIVES = {
    "lightgbm": (lightgbm, [*NUMBERS, *TEXTS]),
    "catboost": (catboosted, [*NUMBERS, *TEXTS]),
    "onnx": (onnx, NUMBERS),
}


def saved(name: str) -> tuple[Model, str]:
    make, columns = NATIVES[name]
    inputs = table()[0][columns]
    model = Model(predictor_of(make(), columns, [])).with_background(inputs.head(20))
    with mlflow.start_run():
        uri = MlflowSaver().save(model, InputsSchema.infer(inputs), inputs.head(5), "Churn")
    return model, f"models:/{name}/{mlflow.register_model(uri, name).version}"


@pytest.mark.parametrize("name", NATIVES)
def test_a_saved_model_comes_back_the_same(name: str) -> None:
    model, uri = saved(name)
    again, inputs = MlflowLoader().load(uri), table()[0]
    assert again.predictor.flavor == name
    assert again.predictor.columns == model.predictor.columns
    assert again.predictor.classes == model.predictor.classes == ["No", "Yes"]
    assert again.predict(inputs).equals(model.predict(inputs))
    np.testing.assert_array_equal(
        again.predictor.scores(inputs).values, model.predictor.scores(inputs).values
    )
    assert (again.predictor.trees is None) == (name == "catboost")
    assert again.background is not None


@pytest.mark.parametrize("name", NATIVES)
def test_no_pickle_is_saved_and_the_library_is_among_the_requirements(name: str) -> None:
    _, uri = saved(name)
    folder = Path(mlflow.artifacts.download_artifacts(uri))
    assert not [file for file in folder.rglob("*") if file.suffix in {".pkl", ".pickle", ".joblib"}]
    assert f"\n{name}==" in (folder / "requirements.txt").read_text(encoding="utf-8")


def cut(uri: str, name: str) -> None:
    """Cut the model's own file in half, where the store keeps it."""
    info = mlflow.models.get_model_info(uri)
    logged = mlflow.get_logged_model(info.model_id)
    file = Path(logged.artifact_location.removeprefix("file://")) / info.flavors[name]["data"]
    file = next(file.rglob("*.onnx")) if file.is_dir() else file
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


@pytest.mark.parametrize("name", NATIVES)
def test_a_model_whose_file_was_cut_is_refused(name: str) -> None:
    _, uri = saved(name)
    cut(uri, name)
    with pytest.raises(ModelError, match=rf"cannot be loaded in its {name} flavour"):
        MlflowLoader().load(uri)


@pytest.mark.parametrize(
    ("name", "module", "library"),
    [
        ("lightgbm", "lightgbm", "LightGBM"),
        ("catboost", "catboost", "CatBoost"),
        ("onnx", "onnxruntime", "ONNX Runtime"),
    ],
)
def test_an_absent_library_is_told_with_the_command_that_installs_it(
    name: str, module: str, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, uri = saved(name)
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda wanted, *rest: None if wanted == module else find(wanted, *rest)
    )
    with pytest.raises(
        MissingExtraError, match=rf"{library} is not installed; run: pip install 'mxt\[{name}\]'"
    ):
        MlflowLoader().load(uri)


def test_a_wrapper_of_lightgbm_that_someone_else_logged_is_loaded() -> None:
    native, inputs = lightgbm(), table()[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        info = mlflow.lightgbm.log_model(native, name="model", pip_requirements=["lightgbm"])
    model = reviewing(info.model_uri).load(info.model_uri)
    assert model.predictor.classes == ["No", "Yes"]
    own = native.predict_proba(inputs.astype(dict.fromkeys(TEXTS, "category")))
    np.testing.assert_array_equal(model.predict(inputs)["probability_Yes"], own[:, 1])


def test_a_model_of_no_known_flavour_is_loaded_as_a_pyfunc() -> None:
    class Charges(mlflow.pyfunc.PythonModel):  # type: ignore[misc] # MLflow is untyped
        def predict(self, context: Any, model_input: pd.DataFrame) -> Any:  # noqa: ARG002 - MLflow's signature
            return model_input["MonthlyCharges"] * 2 + model_input["tenure"]

    inputs = table()[0][["tenure", "MonthlyCharges"]].astype(float)
    signature = mlflow.models.infer_signature(inputs, inputs["tenure"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        info = mlflow.pyfunc.log_model(
            python_model=Charges(),
            name="model",
            signature=signature,
            pip_requirements=["pandas", "lightgbm>=4"],
        )
    with pytest.raises(ModelError, match=rf"the pickle python_model\.pkl.*: mxt trust {info.model_uri}"):
        MlflowLoader().load(info.model_uri)
    model = reviewing(info.model_uri).load(info.model_uri)
    assert {"lightgbm", "mlflow", "pandas"} <= {*model.packages}
    assert model.predictor.flavor == "python_function"
    assert model.predictor.columns == ["tenure", "MonthlyCharges"]
    expected = inputs["MonthlyCharges"] * 2 + inputs["tenure"]
    np.testing.assert_allclose(model.predict(inputs)["prediction"], expected)
    with pytest.raises(ModelError, match="cannot save the flavour 'python_function'"), mlflow.start_run():
        MlflowSaver().save(model, InputsSchema.infer(inputs), inputs.head(5), "Charges")


KINDS = ("MlflowSaver", "MlflowLoader")


def test_types_that_nobody_has_reviewed_are_saved_only_if_the_config_allows_them() -> None:
    options = {"skops_trusted_types": ["acme.features.Log", "numpy.dtype"]}
    lines = [f"{{KIND: {kind}, allow_types: [acme.features.Log]}}" for kind in KINDS]
    with pytest.raises(ModelError, match=".*".join(map(re.escape, lines))):
        _refuse_unreviewed(options, ())
    _refuse_unreviewed(options, ("acme.features.Log",))
    _refuse_unreviewed({}, ())
