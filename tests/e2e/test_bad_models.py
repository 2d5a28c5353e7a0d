"""Models and samples that cannot be explained: one line, the right exit code, nothing written."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import mlflow
import numpy as np
import pandas as pd
import pytest
import xgboost as xgb
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from blank import blank_store
from churn import churn
from conftest import make_project
from mxt.cli import main
from mxt.explainers.base.kernels.engine import available
from mxt.services import MlflowService
from reviews import review

if TYPE_CHECKING:
    from conftest import Project

CANARY = "canary-4711"
NUMBERS = ["tenure", "MonthlyCharges", "SeniorCitizen"]
MANY = [f"n{place}" for place in range(13)]
TREES = "job.explainer={KIND: TreeExplainer}"
AGAINST = "job.explainer={KIND: TreeExplainer, feature_perturbation: interventional}"
CHANCES = "job.explainer={KIND: TreeExplainer, unit: probability}"


class Fault(NamedTuple):
    """Which model is explained and how, and how that must end."""

    model: str
    code: int
    message: str
    words: tuple[str, ...] = ()
    samples: str = "whole"
    env: dict[str, str] = {}


FAULTS = {
    "infinite values": Fault("trees", 3, r"60 rows have an infinite 'MonthlyCharges'", samples="infinite"),
    "wrong type": Fault("trees", 3, r"'tenure' is of type str, expected int64", samples="typed"),
    "other columns": Fault("trees", 3, r"'tenure'.* missing", samples="lacking"),
    "no rows in the background": Fault(
        "trees",
        3,
        r"header\.csv: no rows",
        (AGAINST, "job.background={KIND: CsvReader, path: header.csv, id_column: customerID}"),
    ),
    "no background": Fault("trees", 4, r"compares with a background, and the model keeps none", (AGAINST,)),
    "cut file": Fault("cut", 4, r"cannot be loaded in its xgboost flavour: its file was cut"),
    "no training weights": Fault("weightless", 4, r"keep no training weight \(cover\)", (TREES,)),
    "unknown link": Fault("hinge", 4, r"no known function of its scores", (CHANCES,)),
    "no link": Fault("numbers", 4, r"predicts numbers and has no probabilities", (CHANCES,)),
    "no trees": Fault("line", 4, r"TreeExplainer does not serve a LogisticRegression", (TREES,)),
    "no exact explainer": Fault("opaque", 4, r"sampling: true", samples="wide"),
    "threads that are no number": Fault(
        "trees", 2, r"MXT_NUM_THREADS is 'many'", env={"MXT_NUM_THREADS": "many"}
    ),
}


def weightless(booster: xgb.Booster) -> xgb.Booster:
    """The same booster with no training rows in any node."""
    saved = json.loads(booster.save_raw("json"))
    for tree in saved["learner"]["gradient_booster"]["model"]["trees"]:
        tree["sum_hessian"] = [0.0] * len(tree["sum_hessian"])
    return xgb.Booster(model_file=bytearray(json.dumps(saved), "ascii"))


def models() -> dict[str, Any]:
    """Fitted models by name."""
    inputs, targets = churn(200)
    numbers, churned = inputs[NUMBERS], (targets == "Yes").astype(int)
    trees: dict[str, Any] = {"n_estimators": 3, "max_depth": 2}
    wide = pd.DataFrame(np.random.default_rng(0).normal(size=(200, len(MANY))), columns=MANY)
    return {
        "trees": xgb.XGBClassifier(**trees).fit(numbers, churned),
        "cut": xgb.XGBClassifier(**trees).fit(numbers, churned),
        "weightless": weightless(xgb.XGBClassifier(**trees).fit(numbers, churned).get_booster()),
        "hinge": make_pipeline(StandardScaler(), xgb.XGBClassifier(**trees, objective="binary:hinge")).fit(
            numbers, churned
        ),
        "numbers": xgb.XGBRegressor(**trees).fit(numbers, churned),
        "line": make_pipeline(StandardScaler(), LogisticRegression()).fit(numbers, churned),
        "opaque": make_pipeline(StandardScaler(), SVC()).fit(wide, churned),
    }


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with a registry of these models, one of which was cut, and samples of every sort."""
    project = make_project(tmp_path_factory.mktemp("shelf"))
    service = MlflowService(tracking_uri=f"sqlite:///{blank_store(project.root)}", experiment_name="churn")
    service.start()
    mlflow.set_experiment(experiment_id=service.experiment_id)
    for name, native in models().items():
        register(name, native)
    for name in ("hinge", "line", "opaque"):
        review(f"models:/{name}/1", project.root)
    cut = Path(mlflow.artifacts.download_artifacts("models:/cut/1")) / "model.ubj"
    cut.write_bytes(cut.read_bytes()[:-200])
    write_samples(project.root)
    return project


def write_samples(root: Path) -> None:
    whole = churn(60).inputs[NUMBERS]
    tables = {
        "whole": whole,
        "infinite": whole.assign(MonthlyCharges=np.inf),
        "typed": whole.assign(tenure=CANARY),
        "lacking": whole.drop(columns="tenure"),
        "header": whole.head(0),
        "wide": pd.DataFrame(0.5, whole.index, MANY),
    }
    for name, table in tables.items():
        table.to_csv(root / f"{name}.csv")


def register(name: str, native: Any) -> None:
    boosted = isinstance(native, xgb.Booster | xgb.XGBModel)
    flavor: Any = mlflow.xgboost if boosted else mlflow.sklearn
    options = {} if boosted else {"serialization_format": "cloudpickle"}
    example = churn(5).inputs[NUMBERS] if name != "opaque" else pd.DataFrame(0.0, range(5), MANY)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        flavor.log_model(
            native,
            name="model",
            registered_model_name=name,
            signature=mlflow.models.infer_signature(example),
            pip_requirements=["scikit-learn"],
            **options,
        )


KERNELS = {"no background", "no training weights", "threads that are no number"}


@pytest.mark.parametrize("name", [name for name in FAULTS if available() or name not in KERNELS])
def test_what_cannot_be_explained_ends_in_one_line_and_writes_nothing(
    name: str, shelf: Project, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = FAULTS[name]
    monkeypatch.chdir(shelf.root)
    for variable, value in fault.env.items():
        monkeypatch.setenv(variable, value)
    code = main(
        [
            "confs/explanations.yaml",
            f"job.mlflow_service.registry_name={fault.model}",
            "job.alias_or_version='1'",
            f"job.inputs_samples.path={fault.samples}.csv",
            *fault.words,
        ]
    )
    out, err = capfd.readouterr()
    assert code == fault.code, err
    assert len([line for line in err.splitlines() if re.search(fault.message, line)]) == 1, err
    assert "Traceback" not in err
    assert CANARY not in out + err
    assert re.search(fault.message, json.loads(out.splitlines()[-1])["error"])
    assert not [*(shelf.root / "outputs").glob("*")]
