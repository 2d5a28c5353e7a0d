"""Models that someone else logged in MLflow's sklearn or xgboost flavour: loaded, scored, explained."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import catboost
import lightgbm as lgb
import mlflow
import numpy as np
import pandas as pd
import pytest
import xgboost as xgb
from mlflow.models import ModelSignature
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.feature_selection import VarianceThreshold
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeRegressor

import mxt
from blank import blank_store
from churn import churn
from mxt.errors import DataError, ModelError
from mxt.explainers.auto import AutoExplainer
from mxt.registries.contents import predictor_of_stored
from mxt.registries.loaders.mlflow import MlflowLoader, _reason
from mxt.services import MlflowService
from reviews import reviewing

if TYPE_CHECKING:
    from collections.abc import Callable

    from mxt.models import Model

NUMBERS = ["tenure", "MonthlyCharges", "TotalCharges", "SeniorCitizen"]
TEXTS = ["Contract", "InternetService", "gender"]


@pytest.fixture(scope="module", autouse=True)
def _store(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("store")
    service = MlflowService(tracking_uri=f"sqlite:///{blank_store(folder)}")
    service.start()
    mlflow.set_experiment(experiment_id=service.experiment_id)


def encoding() -> ColumnTransformer:
    numbers = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
    texts = OneHotEncoder(
        handle_unknown="infrequent_if_exist", min_frequency=0.3, drop="first", sparse_output=False
    )
    both = FeatureUnion([("as_codes", OrdinalEncoder()), ("one_hot", OneHotEncoder(sparse_output=False))])
    return ColumnTransformer(
        [
            ("texts", texts, ["Contract", "InternetService"]),
            ("both", both, ["gender"]),
            ("numbers", numbers, NUMBERS),
        ]
    )


def piped(core: Any) -> Pipeline:
    return Pipeline([("encoding", encoding()), ("kept", VarianceThreshold()), ("core", core)])


def load(flavor: Any, native: Any, **options: Any) -> tuple[Model, str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        info = flavor.log_model(native, name="model", pip_requirements=["scikit-learn"], **options)
        return reviewing(info.model_uri).load(info.model_uri), info.model_uri


PICKLED = {"serialization_format": "cloudpickle"}

CLASSIFIERS: dict[str, Callable[[], Any]] = {
    "logistic": lambda: piped(LogisticRegression(max_iter=500)),
    "linear_svc": lambda: piped(LinearSVC()),
    "forest": lambda: piped(RandomForestClassifier(10, max_depth=5)),
    "extra_trees": lambda: piped(ExtraTreesClassifier(10, max_depth=5)),
    "boosting": lambda: piped(GradientBoostingClassifier(n_estimators=10)),
    "xgboost_in_a_pipeline": lambda: piped(xgb.XGBClassifier(n_estimators=10, max_depth=3)),
    "calibrated": lambda: CalibratedClassifierCV(
        piped(RandomForestClassifier(10, max_depth=5)), ensemble=False, cv=3
    ),
}


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_pipeline_is_explained_in_its_source_columns(name: str) -> None:
    inputs, targets = churn(400)
    inputs = inputs[[*NUMBERS, *TEXTS]]
    native = CLASSIFIERS[name]().fit(inputs, targets == "Yes")
    model, _ = load(mlflow.sklearn, native, **PICKLED)
    model = model.with_background(inputs.head(100))
    assert list(model.predict(inputs)["prediction"]) == list(native.predict(inputs))
    explanation = model.explain(inputs.head(40))
    assert explanation.columns == [*NUMBERS, *TEXTS]
    assert np.abs(explanation.residual).max() < 1e-4
    assert (np.abs(explanation.values).mean(axis=0) > 0).sum() >= 3


@pytest.mark.parametrize("core", [KNeighborsClassifier(), SVC()])
def test_a_model_that_nothing_serves_exactly_is_sampled_only_if_allowed(core: Any) -> None:
    inputs, targets = churn(200)  # of more columns than can be enumerated
    model, _ = load(mlflow.sklearn, piped(core).fit(inputs, targets), **PICKLED)
    model = model.with_background(inputs.head(30))
    with pytest.raises(ModelError, match="sampling: true"):
        model.explain(inputs.head(3))
    explanation = model.explain(inputs.head(3), AutoExplainer(sampling=True))
    assert "Permutation" in explanation.method
    assert np.abs(explanation.residual).max() < 1e-9


@pytest.mark.parametrize(
    "core", [Ridge(), DecisionTreeRegressor(max_depth=4), HistGradientBoostingRegressor(max_iter=10)]
)
def test_a_regression_is_explained_in_units_of_its_target(core: Any) -> None:
    inputs, _ = churn(300)
    native = piped(core).fit(inputs[[*NUMBERS[1:], *TEXTS]].assign(tenure=0), inputs["tenure"])
    model, _ = load(mlflow.sklearn, native, **PICKLED)
    shown = inputs.head(20).assign(tenure=0)
    explanation = model.with_background(shown).explain(shown)
    assert explanation.unit == "target"
    np.testing.assert_allclose(explanation.prediction[:, 0], native.predict(shown[native.feature_names_in_]))


@pytest.mark.parametrize(("flavor", "options"), [("xgboost", {}), ("sklearn", PICKLED)])
def test_a_bare_xgboost_model_is_explained_whichever_flavour_holds_it(flavor: str, options: Any) -> None:
    inputs, targets = churn(300)
    native = xgb.XGBClassifier(n_estimators=10, max_depth=3).fit(inputs[NUMBERS], targets == "Yes")
    model, _ = load(getattr(mlflow, flavor), native, **options)
    explanation = model.explain(inputs.head(10))
    assert explanation.unit == "log-odds"
    probabilities = model.predict_proba(inputs.head(10))
    assert probabilities is not None
    np.testing.assert_allclose(
        probabilities.iloc[:, 1], native.predict_proba(inputs[NUMBERS].head(10))[:, 1], atol=1e-7
    )


def test_a_booster_that_stopped_early_is_scored_and_explained_up_to_its_best_round() -> None:
    inputs, targets = churn(600)
    train, test = inputs[NUMBERS][:400], inputs[NUMBERS][400:]
    codes = (targets == "Yes").astype(int)
    native = xgb.XGBClassifier(n_estimators=200, learning_rate=0.5, early_stopping_rounds=3)
    native.fit(train, codes[:400], eval_set=[(test, codes[400:])], verbose=False)
    assert native.best_iteration < 195
    model, _ = load(mlflow.xgboost, native)
    probabilities = model.predict_proba(test)
    assert probabilities is not None
    np.testing.assert_allclose(probabilities.iloc[:, 1], native.predict_proba(test)[:, 1], atol=1e-7)
    assert np.abs(model.explain(test.head(20)).residual).max() < 1e-4


def test_a_native_booster_without_names_takes_them_from_its_signature() -> None:
    inputs, targets = churn(300)
    numbers = inputs[NUMBERS].fillna(0.0).astype(float)
    booster = xgb.train(
        {"objective": "binary:logistic"}, xgb.DMatrix(numbers.to_numpy(), targets == "Yes"), 5
    )
    signature = mlflow.models.infer_signature(numbers, booster.predict(xgb.DMatrix(numbers.to_numpy())))
    model, uri = load(mlflow.xgboost, booster, signature=signature)
    schema = MlflowLoader().load_schema(uri)
    assert schema is not None
    assert schema.columns == NUMBERS
    np.testing.assert_allclose(
        model.predict(numbers)["probability_1"], booster.predict(xgb.DMatrix(numbers.to_numpy())), atol=1e-7
    )
    assert model.explain(numbers.head(5)).columns == NUMBERS


ODD = [
    *("a [kg]", "b]", "c<d", "{e}", 'f"', "g,h", "i:j", "k\\l", "Größe", "名前", "spaces in it", " outer "),
    *("x" * 300, "x" * 299 + "y", "row", "index", "class", "f0", "Column_1", "tab\t", "a_b", "a b"),
]
REFUSED = {"lightgbm": '[]{}",:', "xgboost": "[]<"}
"""Letters that a library itself refuses in names."""


def odd_table(flavor: str) -> pd.DataFrame:
    """Numbers under all odd names that a library takes, and a column without any value."""
    names = [name for name in ODD if not {*name} & {*REFUSED.get(flavor, "")}]
    names = [name for name in names if flavor != "lightgbm" or name != "a b"]  # it makes both `a_b`
    numbers = np.random.default_rng(0).normal(size=(60, len(names)))
    return pd.DataFrame(numbers, columns=names).assign(nothing=np.nan)


@pytest.mark.parametrize(
    ("flavor", "make"),
    [
        ("lightgbm", lambda: lgb.LGBMRegressor(n_estimators=5, min_child_samples=5, n_jobs=1, verbose=-1)),
        ("xgboost", lambda: xgb.XGBRegressor(n_estimators=5, n_jobs=1)),
        ("catboost", lambda: catboost.CatBoostRegressor(iterations=5, verbose=0, allow_writing_files=False)),
        (
            "sklearn",
            lambda: make_pipeline(
                SimpleImputer(keep_empty_features=True), RandomForestRegressor(10, random_state=0)
            ),
        ),
    ],
)
def test_a_model_is_explained_in_the_names_of_its_table_whatever_they_hold(flavor: str, make: Any) -> None:
    inputs = odd_table(flavor)
    native = make().fit(inputs, inputs.iloc[:, 0] - inputs.iloc[:, 4])
    signature = mlflow.models.infer_signature(inputs)
    options = PICKLED if flavor == "sklearn" else {}
    model, uri = load(getattr(mlflow, flavor), native, signature=signature, **options)
    schema = MlflowLoader().load_schema(uri)
    assert schema is not None
    assert schema.columns == [*inputs.columns]
    samples = model.explain_samples(schema.check(inputs))
    direct = mxt.explain(native, inputs)
    assert direct.feature_names == [*inputs.columns]
    names = ["class_contribution" if name == "class" else name for name in inputs.columns]
    np.testing.assert_allclose(samples[names], direct.values, atol=1e-9)
    assert np.abs(direct.values).max(axis=0).argsort()[-2:].tolist() in ([0, 4], [4, 0])


@pytest.mark.parametrize("flavor", ["xgboost", "sklearn"])
def test_a_model_of_a_frame_with_numbered_columns_takes_their_texts_from_a_file(flavor: str) -> None:
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(50, 3)), columns=[10, 3, 7])
    kind = {"xgboost": xgb.XGBRegressor(n_estimators=5), "sklearn": RandomForestRegressor(3)}[flavor]
    native = kind.fit(frame, frame[10])
    options = PICKLED if flavor == "sklearn" else {}
    model, uri = load(
        getattr(mlflow, flavor), native, signature=mlflow.models.infer_signature(frame), **options
    )
    schema = MlflowLoader().load_schema(uri)
    assert schema is not None
    assert schema.columns == ["10", "3", "7"]
    shown = schema.check(frame.rename(columns=str))
    explanation = model.explain(shown)
    assert explanation.columns == ["10", "3", "7"]
    np.testing.assert_allclose(explanation.prediction[:, 0], native.predict(frame), atol=1e-6)


def test_a_signature_of_whole_numbers_takes_gaps_and_other_types_of_numbers() -> None:
    plain = pd.DataFrame({"whole": range(30), "real": np.linspace(0, 1, 30)})
    native = HistGradientBoostingRegressor(max_iter=3, min_samples_leaf=2).fit(plain, plain["whole"])
    options = {"signature": mlflow.models.infer_signature(plain), **PICKLED}
    model, uri = load(mlflow.sklearn, native, **options)
    schema = MlflowLoader().load_schema(uri)
    assert schema is not None
    gaps = plain.astype({"whole": "float64"}).mask(plain["whole"] % 5 == 0)
    for table in (
        gaps,
        gaps.astype({"whole": "Int64", "real": "Float64"}),
        gaps.astype({"whole": "Int64"}).convert_dtypes(dtype_backend="pyarrow"),
        plain.astype({"whole": "int32", "real": "float32"}),
        plain.assign(real=1),
    ):
        found = model.explain(schema.check(table))
        wanted = native.predict(table.astype(float))
        np.testing.assert_allclose(found.prediction[:, 0], wanted, atol=1e-9)


def test_a_signature_of_lists_or_of_outputs_alone_is_read_as_far_as_it_goes() -> None:
    frame = pd.DataFrame({"number": [1.0, 2.0, 3.0], "vector": [[1.0, 2.0]] * 3})
    native = RandomForestRegressor(3).fit(frame[["number"]], [1, 2, 3])
    wide, outputs = mlflow.models.infer_signature(frame), mlflow.models.infer_signature(frame).inputs
    model, uri = load(mlflow.sklearn, native, signature=wide, **PICKLED)
    schema = MlflowLoader().load_schema(uri)
    assert schema is not None
    assert schema.columns == ["number", "vector"]
    model, uri = load(mlflow.sklearn, native, signature=ModelSignature(outputs=outputs), **PICKLED)
    assert MlflowLoader().load_schema(uri) is None
    assert model.explain(frame).columns == ["number"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            Exception("... because 'MLFLOW_ALLOW_PICKLE_DESERIALIZATION' is not set to 'true' ..."),
            "where you trust who logged it, set MLFLOW_ALLOW_PICKLE_DESERIALIZATION=true",
        ),
        (
            TypeError("Untrusted types found in the file: ['a.B', 'c.D'].\n\n- a.B: ..."),
            "log it with skops_trusted_types=['a.B', 'c.D']",
        ),
        (
            AttributeError("Can't get attribute 'Own' on <module '__main__' from 'fit.py'>"),
            "has no Own here; define it in a module and log it with code_paths, which names that module",
        ),
        (
            ModuleNotFoundError("No module named 'theirs'", name="theirs"),
            "the module theirs is absent; install it, or log the model with code_paths, which names it",
        ),
        (ValueError("a cell of a row"), "its files may be broken"),
    ],
)
def test_a_model_that_cannot_be_loaded_is_refused_with_what_allows_it(error: Exception, reason: str) -> None:
    assert _reason(error).endswith(reason)


def test_the_list_of_trusted_types_in_a_version_itself_is_not_read() -> None:
    native = HistGradientBoostingRegressor(max_iter=2).fit(np.ones((30, 1)), range(30))
    tree = "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"
    model, uri = load(mlflow.sklearn, native, skops_trusted_types=[tree])
    assert model.predictor.trees is not None
    file = Path(mlflow.artifacts.download_artifacts(uri)) / "MLmodel"
    file.write_text(
        re.sub(r"skops_trusted_types:\n(\s+- .*\n)+", "skops_trusted_types: null\n", file.read_text())
    )
    assert MlflowLoader().load(uri).predictor.trees is not None


def test_a_model_that_does_not_tell_its_columns_is_refused() -> None:
    inputs, targets = churn(200)
    model, uri = load(
        mlflow.sklearn, LogisticRegression().fit(inputs[["tenure"]].to_numpy(), targets), **PICKLED
    )
    assert MlflowLoader().load_schema(uri) is None
    with pytest.raises(ModelError, match="does not name its columns"):
        model.predict(inputs)


def test_a_table_that_lacks_a_column_of_the_model_is_refused() -> None:
    inputs, targets = churn(200)
    native = DecisionTreeRegressor().fit(inputs[["tenure", "MonthlyCharges"]], targets == "Yes")
    model, _ = load(mlflow.sklearn, native, **PICKLED)
    with pytest.raises(DataError, match=r"needs the columns \['MonthlyCharges'\]"):
        model.predict(inputs[["tenure"]])


def test_preprocessing_that_mixes_columns_is_told_by_name() -> None:
    inputs, targets = churn(200)
    mixing = make_pipeline(FunctionTransformer(np.cumsum, kw_args={"axis": 1}), RandomForestClassifier(3))
    model, _ = load(mlflow.sklearn, mixing.fit(inputs[["tenure", "MonthlyCharges"]], targets), **PICKLED)
    with pytest.raises(ModelError, match="FunctionTransformer cannot be traced"):
        model.explain(inputs.head(3))


@pytest.mark.parametrize(
    ("flavors", "loaded"),
    [
        (["sklearn", "xgboost", "python_function"], "xgboost"),
        (["catboost", "lightgbm"], "lightgbm"),
        (["onnx", "sklearn"], "sklearn"),
        (["python_function", "statsmodels"], "python_function"),
    ],
)
def test_of_several_flavours_the_same_one_is_loaded_in_whatever_order_they_stand(
    flavors: list[str], loaded: str
) -> None:
    for order in (flavors, flavors[::-1]):
        assert predictor_of_stored("models:/m/1", dict.fromkeys(order)).flavor == loaded


def test_another_flavour_is_refused_by_name() -> None:
    with mlflow.start_run():
        info = mlflow.models.Model.log("model", OnlyFacts)
    with pytest.raises(ModelError, match="stored in the flavours facts; no predictor serves any of them"):
        MlflowLoader().load(info.model_uri)


class OnlyFacts:
    """A flavour that nobody loads, with what MLflow asks of a flavour."""

    @staticmethod
    def save_model(path: str, mlflow_model: Any) -> None:
        Path(path).mkdir()
        mlflow_model.add_flavor("facts", answer=42)
        mlflow_model.save(f"{path}/MLmodel")
