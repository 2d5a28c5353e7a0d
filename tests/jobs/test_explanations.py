"""Explaining a registered model as a whole: what a config may ask for, and what comes of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from xgboost import XGBClassifier

from mxt.errors import ConfigError, DataError
from mxt.explainers.auto import AutoExplainer
from mxt.explainers.base import join
from mxt.explainers.base.kernels.engine import available
from mxt.explainers.lime import LimeExplainer
from mxt.explainers.permutation import PermutationExplainer
from mxt.explainers.tree import TreeExplainer
from mxt.models import Model
from mxt.predictors.base.library import predictor_of
from mxt.schemas import SHAPValuesSchema
from runs import CHURN, run, train

if TYPE_CHECKING:
    from mxt.explainers.base import Explainer

PARQUET = {"KIND": "ParquetWriter"}
ALL = [
    {"KIND": "LibraryImportance"},
    {"KIND": "ShapImportance"},
    {"KIND": "PermutationImportance", "repeats": 2},
    {"KIND": "PartialDependenceImportance", "points": 4, "rows": 50},
    {"KIND": "AccumulatedEffectsImportance", "points": 4},
    {"KIND": "SurrogateTreeImportance", "depth": 2},
]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    train(folder, alias="First")
    return folder


@pytest.fixture(scope="module")
def mixed() -> tuple[Model, pd.DataFrame]:
    """A pipeline of xgboost with gaps and categories, its background, and 20 rows."""
    chance = np.random.default_rng(0)
    inputs = pd.DataFrame(chance.normal(size=(300, 4)), columns=[*"abcd"]).mask(chance.random((300, 4)) < 0.1)
    inputs["kind"] = chance.choice(["u", "v", "w"], 300)
    target = (inputs["a"].fillna(1) + inputs["b"].fillna(0) + (inputs["kind"] == "u") > 0.5).astype(int)
    encoding = make_column_transformer((OneHotEncoder(), ["kind"]), remainder="passthrough")
    native = make_pipeline(encoding, XGBClassifier(n_estimators=10, max_depth=3)).fit(inputs, target)
    return Model(predictor_of(native, [*inputs], []), inputs.head(20)), inputs.tail(20)


def explain(root: Path, **fields: Any) -> dict[str, Any]:
    outputs = {
        name: {**PARQUET, "path": f"{name}.parquet"}
        for name in ("models_explanations", "samples_explanations")
    }
    inputs = {**CHURN, "sample": {"rows": 60, "seed": 1}}
    return run(
        root,
        "ExplanationsJob",
        **{"inputs_samples": inputs, "alias_or_version": "First", **outputs, **fields},
    )


def artifacts(result: str) -> tuple[str, set[str]]:
    """The page of the latest run, and the names of its files."""
    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name("churn")
    latest = client.search_runs([experiment.experiment_id], "tags.`mxt.job` = 'ExplanationsJob'")[0]
    run_id = latest.info.run_id
    page = mlflow.artifacts.load_text(f"runs:/{run_id}/{result}")
    return page, {item.path for item in client.list_artifacts(run_id)}


def test_every_importance_comes_in_one_table(root: Path) -> None:
    effects = {**PARQUET, "path": "effects.parquet"}
    result = explain(root, importances=ALL, effects=effects)
    table = pd.read_parquet(root / "models_explanations.parquet")
    assert {*table["method"]} == {
        *("gain", "cover", "split_count", "mean_abs_shap", "permutation"),
        *("partial_dependence", "accumulated_local_effects", "surrogate_tree"),
    }
    columns = table.groupby("method")["feature"].nunique()
    assert (columns == 19).all()
    shap = table[table["method"] == "mean_abs_shap"]
    assert (shap["ci_low"] < shap["ci_high"]).sum() > 5
    curves = pd.read_parquet(root / "effects.parquet")
    assert {*curves["method"]} == {"partial_dependence", "accumulated_local_effects"}
    assert result["facts"]["effects_rows"] == len(curves)
    page, files = artifacts("explanations.md")
    assert "with a fidelity of" in page
    assert "surrogate_tree (share of variance told, class Yes, 42 of 60 rows, fidelity 0." in page
    assert "partial_dependence (probability, class Yes, 50 of 60 rows)" in page
    assert "mean_abs_shap (log-odds, class Yes)" in page
    assert "95 % interval" in page
    assert {"effects.csv", "partial_dependence.png", "accumulated_local_effects.png"} <= files


def test_the_default_importances_need_no_further_predictions(root: Path) -> None:
    result = explain(root)
    assert {*result["models_explanations"]["method"]} == {"gain", "cover", "split_count", "mean_abs_shap"}
    assert result["effects"] is None
    assert "effects.csv" not in artifacts("explanations.md")[1]


def test_the_truth_may_lie_in_another_table_in_another_order(root: Path) -> None:
    table = pd.read_csv(CHURN["path"])[["customerID", "Churn"]]
    table.iloc[::-1].rename(columns={"Churn": "left"}).to_csv(root / "truth.csv", index=False)
    targets = {"KIND": "CsvReader", "path": "truth.csv", "id_column": "customerID"}
    importances = ALL[2:3]
    own = explain(root, importances=importances)["models_explanations"]
    other = explain(root, importances=importances, targets=targets, target="left")["models_explanations"]
    pd.testing.assert_frame_equal(own, other)
    table.head(30).to_csv(root / "truth.csv", index=False)
    with pytest.raises(DataError, match="rows have no target"):
        explain(root, importances=importances, targets=targets)


def test_a_table_without_the_truth_is_refused_before_any_prediction(root: Path) -> None:
    pd.read_csv(CHURN["path"]).head(30).drop(columns="Churn").to_csv(root / "blind.csv", index=False)
    blind = {**CHURN, "path": "blind.csv"}
    with pytest.raises(DataError, match="the target column 'Churn' is missing"):
        explain(root, importances=ALL[2:3], inputs_samples=blind)


@pytest.mark.parametrize(
    "fields",
    [
        {"part_rows": 100},
        {"part_rows": 601},
        pytest.param({"part_rows": 30, "budget": {"rows": 60}}, marks=pytest.mark.slow),
    ],
    ids=["a last part of one row, and others of one target", "one part", "few rows of a sample in a part"],
)
def test_the_truth_may_be_the_same_in_some_parts_but_not_in_all(root: Path, fields: dict[str, Any]) -> None:
    table = pd.read_csv(CHURN["path"]).head(601).sort_values("Churn", kind="stable")
    table.to_csv(root / "sorted.csv", index=False)
    table.assign(Churn="No").to_csv(root / "same.csv", index=False)
    ways = {"importances": ALL[2:3], "rows": "training", **fields}
    result = explain(root, inputs_samples={**CHURN, "path": "sorted.csv"}, **ways)
    if "budget" not in fields:
        assert (result["models_explanations"]["n"] == len(table)).all()
    with pytest.raises(DataError, match=r"'Churn' is the same in all \d+ rows explained") as caught:
        explain(root, inputs_samples={**CHURN, "path": "same.csv"}, **ways)
    assert str(caught.value).startswith(str(root / "same.csv"))


@pytest.mark.parametrize(
    "explainer",
    [
        AutoExplainer(),
        AutoExplainer(unit="probability"),
        pytest.param(
            TreeExplainer(feature_perturbation="interventional"),
            marks=pytest.mark.skipif(not available(), reason="no compiled kernels"),
        ),
        PermutationExplainer(orders=2, background_rows=2),
        LimeExplainer(samples=30),
    ],
    ids=["paths", "probability", "background", "permutation", "lime"],
)
def test_contributions_do_not_depend_on_the_size_of_a_part(explainer: Explainer, mixed: Any) -> None:
    model, inputs = mixed
    whole = model.explain(inputs, explainer)
    for rows in (7, 19, 1000):
        starts = range(0, len(inputs), rows)
        parted = join([model.explain(inputs.iloc[start : start + rows], explainer) for start in starts])
        pd.testing.assert_index_equal(parted.ids, whole.ids)
        for name in ("values", "bases", "prediction", "standard_error"):
            np.testing.assert_array_equal(getattr(parted, name), getattr(whole, name))
        assert (parted.method, parted.reason) == (whole.method, whole.reason)


def test_parts_of_sampled_values_without_degrees_of_freedom_are_made_again(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are those of an older release, and other columns and numbers stand in them."""
    ways = {"explainer": {"KIND": "PermutationExplainer", "orders": 3, "background_rows": 2}, "part_rows": 30}
    with monkeypatch.context() as older:
        older.setattr(SHAPValuesSchema, "FREEDOM", "")
        explain(root, **ways, shard="1/2")
    explain(root, **ways)
    table = pd.read_parquet(root / "samples_explanations.parquet")
    assert (table["degrees_of_freedom"] == 2).all()
    assert table.filter(like="standard_error_").notna().all(axis=None)


def test_one_method_is_listed_once(root: Path) -> None:
    with pytest.raises(ConfigError, match="the method surrogate_tree; name each once"):
        explain(root, importances=[ALL[5], ALL[5]])
